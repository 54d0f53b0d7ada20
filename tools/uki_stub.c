/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <core/addr.h>
#include <shim/payload/uki.h>
#include <tools/uki_stub.h>

#define SECTION_ALIGNMENT 4096
/* The largest that a linker asks for.  Each section that is added takes so much of the 4 GiB, at least. */
#define MAX_ALIGNMENT     (2 * MIB)
#define NAME_SIZE         8
/* Most memory that a stub may take; the rest of a PE file's 4 GiB is for the sections that are added. */
#define MAX_MEMORY        (64 * MIB)

static struct error stub_field(const char *subject, uint64_t expected, uint64_t found)
{
	return expected == found ? error_none() : error_make(ERROR_PE_FIELD, subject, expected, found);
}

/* The optional header has the directory of signatures, which is written to, and as many as it says, which firmware asks for. */
static struct error check_directories(const struct pe_header *header)
{
	if (header->optional_size < header->fixed_size + (PE_DIRECTORY_SECURITY + 1) * 8)
		return error_make(ERROR_PE_FIELD, "the size of the optional header", header->fixed_size + PE_DIRECTORIES * 8,
				  header->optional_size);
	if (header->directory_count > PE_DIRECTORIES)
		return error_make(ERROR_PE_FIELD, "NumberOfRvaAndSizes", PE_DIRECTORIES, header->directory_count);
	return stub_field("NumberOfRvaAndSizes", (header->optional_size - header->fixed_size) / 8, header->directory_count);
}

static struct error check_headers(const struct uki_stub *stub)
{
	const struct pe_header *header = &stub->header;
	const uint64_t table_end = header->sections + (uint64_t)header->section_count * PE_SECTION_BYTES;
	const uint64_t alignment = header->section_alignment;

	TRY(uki_check_pe(stub->file));
	TRY(stub_field("subsystem", PE_SUBSYSTEM_EFI_APPLICATION, header->subsystem));
	TRY(check_directories(header));
	if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > MAX_ALIGNMENT)
		return error_make(ERROR_PE_FIELD, "section alignment", SECTION_ALIGNMENT, alignment);
	if (header->section_count == 0)
		return error_make(ERROR_PE_FIELD, "sections, at least", 1, 0);
	if (table_end > stub->file.size)
		return error_make(ERROR_PE_TRUNCATED, "section table", table_end, stub->file.size);
	return error_none();
}

static struct error read_section(struct uki_stub *stub, uint32_t index)
{
	const struct pe_section_header section = pe_section_read(stub->file, &stub->header, index);
	const uint64_t raw_end = (uint64_t)section.raw_offset + section.raw_size;
	const uint64_t size = section.virtual_size > section.raw_size ? section.virtual_size : section.raw_size;

	if (section.raw_size != 0 && raw_end > stub->file.size)
		return error_make(ERROR_PE_SECTION_END, "of the stub", stub->file.size, raw_end);
	if (section.address + size > MAX_MEMORY)
		return error_make(ERROR_PE_SECTION_END, "of the stub", MAX_MEMORY, section.address + size);
	if (section.address < stub->first)
		stub->first = section.address;
	if (section.address + size > stub->end)
		stub->end = section.address + size;
	return error_none();
}

struct error uki_stub_read(struct span file, struct uki_stub *out)
{
	*out = (struct uki_stub){ .file = file, .header = pe_header_read(file), .first = MAX_MEMORY };
	TRY(check_headers(out));
	for (uint32_t i = 0; i < out->header.section_count; i++)
		TRY(read_section(out, i));
	if (uki_is(file))
		return error_make(ERROR_PE_SECTION_TWICE, ".linux", 1, out->header.section_count);
	return error_none();
}

bool uki_stub_has(const struct uki_stub *stub, const char *name)
{
	for (uint32_t i = 0; i < stub->header.section_count; i++) {
		const struct span found = pe_section_read(stub->file, &stub->header, i).name;

		if (strncmp((const char *)found.at, name, NAME_SIZE) == 0)
			return true;
	}
	return false;
}
