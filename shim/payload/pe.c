/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microsoft "PE Format": "MS-DOS Stub", "COFF File Header", "Optional Header", "Section Table". */
#include <shim/payload/pe.h>

enum {
	DOS_PE_OFFSET = 0x3c,

	COFF_MACHINE = 4,
	COFF_SECTIONS = 6,
	COFF_OPTIONAL_SIZE = 20,
	COFF_CHARACTERISTICS = 22,
	COFF_SIZE = 24,

	/* Of the optional header; the same in both widths, but for the last four. */
	OPTIONAL_ENTRY = 16,
	OPTIONAL_SECTION_ALIGNMENT = 32,
	OPTIONAL_IMAGE_SIZE = 56,
	OPTIONAL_HEADERS_SIZE = 60,
	OPTIONAL_SUBSYSTEM = 68,
	OPTIONAL_BASE_32 = 28,
	OPTIONAL_BASE_64 = 24,
	OPTIONAL_FIXED_32 = 96,
	OPTIONAL_FIXED_64 = 112,

	DIRECTORY_SIZE = 8,

	SECTION_NAME_SIZE = 8,
	SECTION_VIRTUAL_SIZE = 8,
	SECTION_ADDRESS = 12,
	SECTION_RAW_SIZE = 16,
	SECTION_RAW_OFFSET = 20,
};

_Static_assert(COFF_SIZE == 4 + 20, "the signature and a COFF header of 20 bytes");

/* All sums are of a few 32-bit numbers. */
struct pe_header pe_header_read(struct span file)
{
	const uint64_t at = span_is(file, 0, "MZ", 2) ? span_u32(file, DOS_PE_OFFSET) : 0;
	const uint64_t optional = at + COFF_SIZE;
	const bool is_32 = span_u16(file, optional) == PE_MAGIC_32;
	const uint32_t fixed = is_32 ? OPTIONAL_FIXED_32 : OPTIONAL_FIXED_64;

	return (struct pe_header){
		.at = at,
		.signature = span_u32(file, at),
		.machine = span_u16(file, at + COFF_MACHINE),
		.section_count = span_u16(file, at + COFF_SECTIONS),
		.optional_size = span_u16(file, at + COFF_OPTIONAL_SIZE),
		.characteristics = span_u16(file, at + COFF_CHARACTERISTICS),
		.magic = span_u16(file, optional),
		.entry = span_u32(file, optional + OPTIONAL_ENTRY),
		.image_base = is_32 ? span_u32(file, optional + OPTIONAL_BASE_32) : span_u64(file, optional + OPTIONAL_BASE_64),
		.section_alignment = span_u32(file, optional + OPTIONAL_SECTION_ALIGNMENT),
		.image_size = span_u32(file, optional + OPTIONAL_IMAGE_SIZE),
		.headers_size = span_u32(file, optional + OPTIONAL_HEADERS_SIZE),
		.subsystem = span_u16(file, optional + OPTIONAL_SUBSYSTEM),
		.directory_count = span_u32(file, optional + fixed - 4),
		.fixed_size = fixed,
		.sections = optional + span_u16(file, at + COFF_OPTIONAL_SIZE),
	};
}

struct pe_section_header pe_section_read(struct span file, const struct pe_header *header, uint32_t index)
{
	const uint64_t at = header->sections + (uint64_t)index * PE_SECTION_BYTES;
	struct pe_section_header section = {
		.virtual_size = span_u32(file, at + SECTION_VIRTUAL_SIZE),
		.address = span_u32(file, at + SECTION_ADDRESS),
		.raw_size = span_u32(file, at + SECTION_RAW_SIZE),
		.raw_offset = span_u32(file, at + SECTION_RAW_OFFSET),
	};

	span_cut(file, at, SECTION_NAME_SIZE, &section.name);
	return section;
}

bool pe_name_is(struct span name, const char *wanted)
{
	const uint64_t size = __builtin_strlen(wanted);

	return span_is(name, 0, wanted, size) && (size == SECTION_NAME_SIZE || span_u8(name, size) == 0);
}

struct pe_directory pe_directory_read(struct span file, const struct pe_header *header, uint32_t index)
{
	const uint64_t at = header->at + COFF_SIZE + header->fixed_size + (uint64_t)index * DIRECTORY_SIZE;

	return (struct pe_directory){ span_u32(file, at), span_u32(file, at + 4) };
}
