/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UEFI firmware as EDK2 builds it for x86-64: LoadImage(), PeCoffLoaderGetPeHeader(), PeCoffLoaderLoadImage(); and
 * systemd-boot, which lists the UKIs in /EFI/Linux and has the firmware load them.
 */
#include <string.h>

#include <shim/payload/pe.h>
#include <shim/payload/uki.h>
#include <tools/loaders.h>

/* What is read of the file at e_lfanew: EFI_IMAGE_OPTIONAL_HEADER_UNION. */
#define HEADERS_READ 264

#define MAKE_ANEW "Make it anew, with lull pack or ukify"

static struct verdict check_kind(struct span file, const struct pe_header *pe, uint16_t machine)
{
	if (!span_has(file, 0, 64) || !span_has(file, pe->at, HEADERS_READ))
		return refuses("Give it an EFI program", "The file is too short for a PE header");
	if (pe->signature != PE_SIGNATURE_VALUE)
		return refuses(linux_is(file) ? "Build the kernel with CONFIG_EFI_STUB=y, or pack it with lull pack" :
			       "Pack it with lull pack, and start the .efi",
			       "It is no PE file: there is no \"PE\" at 0x%llx", (unsigned long long)pe->at);
	if (pe->magic != PE_MAGIC_64 && pe->magic != PE_MAGIC_32)
		return refuses(MAKE_ANEW, "The magic of its optional header is 0x%x", pe->magic);
	/* LoadImage() takes it, StartImage() does not. */
	if (pe->machine == PE_MACHINE_I386 && machine == PE_MACHINE_AMD64)
		return refuses("Start it with 32-bit firmware, or take the 64-bit program", "It is a 32-bit EFI program");
	if (pe->machine != machine)
		return refuses(MAKE_ANEW, "It is for another machine, 0x%x", pe->machine);
	if (pe->subsystem < PE_SUBSYSTEM_EFI_APPLICATION || pe->subsystem > PE_SUBSYSTEM_SAL_RUNTIME_DRIVER)
		return refuses(MAKE_ANEW, "Its subsystem is %u, which is none of EFI", pe->subsystem);
	return takes("efi", 0);
}

/* The sizes in the optional header, in the order in which they are asked for. */
static struct verdict check_headers(struct span file, const struct pe_header *pe)
{
	const struct pe_directory signature = pe_directory_read(file, pe, PE_DIRECTORY_SECURITY);

	if (pe->directory_count > PE_DIRECTORIES)
		return refuses(MAKE_ANEW, "NumberOfRvaAndSizes is %u, above 16", pe->directory_count);
	if (pe->optional_size - pe->fixed_size != pe->directory_count * UINT32_C(8))
		return refuses(MAKE_ANEW, "SizeOfOptionalHeader does not fit NumberOfRvaAndSizes");
	if (pe->image_size <= pe->sections ||
	    (pe->image_size - pe->sections) / PE_SECTION_BYTES <= pe->section_count)
		return refuses(MAKE_ANEW, "SizeOfImage ends inside the section table");
	if (pe->headers_size <= pe->sections ||
	    (pe->headers_size - pe->sections) / PE_SECTION_BYTES < pe->section_count)
		return refuses(MAKE_ANEW, "SizeOfHeaders, 0x%x, ends inside the section table", pe->headers_size);
	if (pe->headers_size >= pe->image_size)
		return refuses(MAKE_ANEW, "SizeOfHeaders is not below SizeOfImage");
	if (pe->headers_size > file.size)
		return refuses("Give it the whole file", "The file ends inside SizeOfHeaders");
	if (pe->directory_count > PE_DIRECTORY_SECURITY && signature.size != 0 &&
	    !span_has(file, signature.address, signature.size))
		return refuses("Sign it anew", "Its signature is not in the file");
	return takes("efi", 0);
}

static struct verdict check_section(struct span file, const struct pe_header *pe, uint32_t index)
{
	const struct pe_section_header section = pe_section_read(file, pe, index);
	const int length = (int)strnlen((const char *)section.name.at, section.name.size);
	const char *name = (const char *)section.name.at;
	const uint32_t size = section.virtual_size != 0 && section.virtual_size < section.raw_size ? section.virtual_size :
			      section.raw_size;

	if (section.raw_size != 0 && (section.address < pe->headers_size || section.raw_offset < pe->headers_size))
		return refuses(MAKE_ANEW, "Section %.*s lies inside SizeOfHeaders, 0x%x", length, name, pe->headers_size);
	if (section.raw_size != 0 && !span_has(file, section.raw_offset, section.raw_size))
		return refuses("Give it the whole file", "The file ends inside section %.*s", length, name);
	/* PeCoffLoaderImageAddress(): the first byte and the last one that VirtualSize has. */
	if (size != 0 && (section.address >= pe->image_size || section.address + section.virtual_size - 1 >= pe->image_size))
		return refuses("Correct SizeOfImage", "Section %.*s ends behind SizeOfImage, 0x%x", length, name, pe->image_size);
	return takes("efi", 0);
}

/* A base at which no program can lie: page 0, and what is not aligned as its sections. */
static struct verdict check_place(struct span file, const struct pe_header *pe)
{
	const struct pe_directory relocations = pe_directory_read(file, pe, PE_DIRECTORY_RELOCATIONS);

	if ((pe->characteristics & PE_RELOCS_STRIPPED) && pe->image_base == 0)
		return refuses("Clear IMAGE_FILE_RELOCS_STRIPPED", "IMAGE_FILE_RELOCS_STRIPPED is set, and ImageBase is 0");
	if (pe->directory_count > PE_DIRECTORY_RELOCATIONS && relocations.size != 0 &&
	    !(pe->characteristics & PE_RELOCS_STRIPPED) &&
	    (uint64_t)relocations.address + relocations.size - 1 >= pe->image_size)
		return refuses(MAKE_ANEW, "Its base relocations lie behind SizeOfImage");
	if (pe->characteristics & PE_RELOCS_STRIPPED)
		return takes_but("efi", pe->entry, "Clear it, and give it relocations or code that needs none",
				 "IMAGE_FILE_RELOCS_STRIPPED is set: it loads only where 0x%llx is free",
				 (unsigned long long)pe->image_base);
	return takes("efi", pe->entry);
}

struct verdict uefi_verdict(struct span file, uint16_t machine)
{
	const struct pe_header pe = pe_header_read(file);
	struct verdict verdict = check_kind(file, &pe, machine);

	if (verdict.answer == ANSWER_TAKES)
		verdict = check_headers(file, &pe);
	for (uint32_t i = 0; i < pe.section_count && verdict.answer == ANSWER_TAKES; i++)
		verdict = check_section(file, &pe, i);
	if (verdict.answer == ANSWER_TAKES)
		verdict = check_place(file, &pe);
	return verdict;
}

struct verdict loader_uefi(const struct loader_file *in)
{
	return uefi_verdict(in->plain.bytes, PE_MACHINE_AMD64);
}

/* A line of .osrel, as boot.c looks for it. */
static bool has_line(struct span text, const char *key)
{
	const size_t size = strlen(key);

	for (uint64_t at = 0; at + size < text.size; at++)
		if ((at == 0 || text.at[at - 1] == '\n') && memcmp(text.at + at, key, size) == 0 && text.at[at + size] == '=')
			return true;
	return false;
}

struct verdict loader_systemd_boot(const struct loader_file *in)
{
	struct verdict verdict = loader_uefi(in);
	const struct span file = in->plain.bytes;
	struct error error;
	struct uki uki;

	if (verdict.answer != ANSWER_TAKES)
		return refuses("", "UEFI firmware refuses it, by which systemd-boot has it loaded");
	if (!uki_is(file))
		return takes_but("efi", verdict.entry, "Write a loader entry for it, with `efi` or `linux`",
				 "It is no UKI (no section .linux), and is listed only by an entry in loader/entries");
	error = uki_parse(file, &uki);
	if (failed(error))
		return refuses(MAKE_ANEW, "Its sections are broken");
	if (!uki.present[UKI_OSREL])
		return refuses("Add .osrel (ukify --os-release, objcopy --add-section)",
			       "It has no .osrel, without which it is not listed");
	if (!has_line(uki.section[UKI_OSREL], "ID") && !has_line(uki.section[UKI_OSREL], "NAME") &&
	    !has_line(uki.section[UKI_OSREL], "PRETTY_NAME") && !has_line(uki.section[UKI_OSREL], "IMAGE_ID"))
		return refuses("Give .osrel an ID= line", "Its .osrel names no system");
	if (verdict.why[0] != '\0')
		return verdict;
	return takes_but("efi", verdict.entry, "", "It is listed when it lies in /EFI/Linux and its name ends in .efi");
}
