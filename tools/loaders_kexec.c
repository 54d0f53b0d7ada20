/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kexec on x86-64: Linux's own loader (kexec_file_load(), which kexec -s calls, and kexec -l where it can), and those of
 * kexec-tools, which its table of file types tries in turn.
 */
#include <shim/payload/elf_sections.h>
#include <shim/payload/multiboot.h>
#include <tools/elf_programs.h>
#include <tools/loaders.h>

#define TWO_SECTORS       1024
#define PROTOCOL_64       0x20c
#define LOADED_HIGH       1
#define PROGRAM_INTERPRETER 3

/* bzImage64_probe(), the same in both. */
static struct verdict bzimage_64(const struct boot_file *file)
{
	const struct linux_header *setup = &file->setup;
	const uint64_t setup_size = ((setup->setup_sectors ? setup->setup_sectors : 4u) + 1) * UINT64_C(512);

	if (file->bytes.size < TWO_SECTORS || !setup->has_magic)
		return refuses("Give it a bzImage", "It is no bzImage");
	if (setup->boot_flag != 0xaa55)
		return refuses("Give it a bzImage", "There is no 0xaa55 at offset 0x1fe");
	if (setup->protocol < PROTOCOL_64)
		return refuses("Use kexec -c -l", "Its boot protocol is %u.%02u, older than 2.12", setup->protocol >> 8,
			       setup->protocol & 0xffu);
	if (!(setup->loadflags & LOADED_HIGH))
		return refuses("Use kexec -c -l", "It is a zImage");
	if (!(setup->xloadflags & LINUX_XLF_KERNEL_64))
		return refuses("Use kexec -c -l", "xloadflags, 0x%x, says that it has no 64-bit entry", setup->xloadflags);
	if (!(setup->xloadflags & LINUX_XLF_ABOVE_4G))
		return refuses("Use kexec -c -l", "xloadflags, 0x%x, says that it cannot be loaded above 4 GiB",
			       setup->xloadflags);
	if (file->bytes.size < setup_size)
		return refuses("Give it the whole file", "The file ends inside its setup code");
	return takes("linux64", setup->pref_address + LINUX_ENTRY_64);
}

/* Like GRUB, Linux counts the byte at 0x201 with its sign. */
static bool overruns(const struct linux_header *setup)
{
	return LINUX_HEADER_BASE + (int8_t)setup->jump < LINUX_SETUP_HEADER;
}

struct verdict loader_kexec_file(const struct loader_file *in)
{
	struct verdict verdict = bzimage_64(&in->plain);

	if (verdict.answer == ANSWER_REFUSES && elf_is(in->plain.bytes))
		return refuses("Give it a bzImage, or use kexec -c -l", "Linux's own loader takes a bzImage only, not an ELF");
	if (verdict.answer == ANSWER_TAKES && overruns(&in->plain.setup))
		return misreads("Correct the jump at 0x200", "Its setup header ends behind 0x281: Linux counts with a sign, and "
				"crashes");
	return verdict;
}

/* build_elf_exec_info(): kexec-tools reads all of the ELF file before it looks what for. */
static bool elf_is_sound(struct span file, const struct elf_header *header)
{
	const struct elf_image image = { .file = file, .is_64 = header->is_64 };
	uint32_t sections;

	if (!elf_is(file) || header->version != 1 || header->byte_order != ELF_DATA_LITTLE ||
	    (header->type != ELF_TYPE_EXECUTABLE && header->type != ELF_TYPE_DYNAMIC && header->type != ELF_TYPE_CORE) ||
	    header->program_count == 0 || header->program_bytes != header->program_size ||
	    !elf_has_programs(file, header, header->program_size) || failed(elf_section_count(&image, &sections)))
		return false;
	for (uint32_t i = 0; i < header->program_count; i++) {
		const struct elf_program program = elf_program_at(file, header, i, header->program_size);

		if (program.type == PROGRAM_INTERPRETER || !span_has(file, program.offset, program.file_size))
			return false;
	}
	return true;
}

struct verdict loader_kexec_load(const struct loader_file *in)
{
	/* kexec-tools unpacks a gzipped or xz file by itself. */
	const bool unpacks = in->compression == COMPRESSION_GZIP || in->compression == COMPRESSION_XZ;
	const struct boot_file *file = unpacks ? &in->content : &in->plain;
	const struct elf_header header = elf_header_read(file->bytes);
	const bool sound = elf_is_sound(file->bytes, &header);
	struct verdict verdict;
	uint64_t at;

	if (sound && multiboot2_find(file->bytes, MULTIBOOT2_AREA, &at))
		return takes("multiboot2", header.entry);
	if (sound && header.machine == ELF_MACHINE_X86_64)
		return takes_but("elf", header.entry, "", "It is entered at e_entry in 64-bit mode, by kexec's own boot notes, or with "
				 "--args-linux with a zero page");
	if (sound && multiboot1_find(file->bytes, MULTIBOOT1_AREA, &at) &&
	    !(multiboot1_header_read(file->bytes, at).flags & 0xfff8u))
		return takes("multiboot", header.entry);
	if (sound && header.machine == ELF_MACHINE_386)
		return takes_but("elf", header.entry, "", "It is entered at e_entry in 32-bit mode");
	verdict = bzimage_64(file);
	if (verdict.answer == ANSWER_TAKES || !file->setup.has_magic || file->setup.boot_flag != 0xaa55)
		return verdict;
	if (file->bytes.size < TWO_SECTORS || file->setup.protocol < 0x200 || !(file->setup.loadflags & LOADED_HIGH))
		return refuses("Give it a bzImage", "It is neither an ELF file nor a bzImage");
	return takes_but("linux", file->setup.code32_start, "", "It is entered in 32-bit mode");
}
