/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <core/addr.h>
#include <core/check.h>
#include <tools/uki_write.h>

/* Microsoft's "PE Format" document; names shortened.  Offsets of fields that are written. */
#define COFF_SIZE             24 /* with the signature before it */
#define COFF_SECTIONS         6
#define COFF_SYMBOLS          12
#define OPTIONAL_DATA_SIZE    8
#define OPTIONAL_IMAGE_SIZE   56
#define OPTIONAL_HEADERS_SIZE 60
#define OPTIONAL_CHECKSUM     64
#define SECTION_RAW_SIZE      16
#define SECTION_RAW_OFFSET    20
#define DIRECTORY_SIZE        8

/* Of a file without a stub. */
#define DOS_HEADER_SIZE       0x40
#define OPTIONAL_HEADER_SIZE  (112 + DIRECTORY_SIZE * PE_DIRECTORIES)
#define HEADERS_SIZE          (DOS_HEADER_SIZE + COFF_SIZE + OPTIONAL_HEADER_SIZE)
#define FILE_EXECUTABLE       0x0002
#define FILE_LARGE_ADDRESSES  0x0020
#define DLL_NX_COMPATIBLE     0x0100
/* Firmware moves the image; systemd's stub uses the same number. */
#define IMAGE_BASE            UINT64_C(0x14df0f000)

#define SECTION_DATA           0x40000040 /* initialised data, readable */
#define FILE_ALIGNMENT         512
#define SECTION_ALIGNMENT      4096

#define MAX_ADDED              8

struct section {
	const char *name;
	struct span bytes;
	/* Where it lies in the file and in memory. */
	uint64_t offset;
	uint64_t address;
};

/* The headers up to the section table, the stub's sections in it, and the sections that are added. */
struct layout {
	struct uki_stub stub;
	unsigned count;
	struct section section[MAX_ADDED];
	uint64_t headers_size;
	uint64_t file_size;
	uint64_t memory_size;
};

static uint64_t aligned(uint64_t value, uint64_t power)
{
	return (value + power - 1) & ~(power - 1);
}

/* Stores a little-endian number. */
static void pe_put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Headers of a file that has no stub, for sections that may begin at the first page. */
static void write_no_stub(uint8_t *file)
{
	uint8_t *coff = file + DOS_HEADER_SIZE;
	uint8_t *optional = coff + COFF_SIZE;

	memcpy(file, "MZ", 2);
	pe_put(file + 0x3c, DOS_HEADER_SIZE, 4);

	memcpy(coff, "PE\0", 4);
	pe_put(coff + 4, PE_MACHINE_AMD64, 2);
	pe_put(coff + 20, OPTIONAL_HEADER_SIZE, 2);
	pe_put(coff + 22, FILE_EXECUTABLE | FILE_LARGE_ADDRESSES, 2);

	pe_put(optional, PE_MAGIC_64, 2);
	pe_put(optional + 24, IMAGE_BASE, 8);
	pe_put(optional + 32, SECTION_ALIGNMENT, 4);
	pe_put(optional + 36, FILE_ALIGNMENT, 4);
	pe_put(optional + 68, PE_SUBSYSTEM_EFI_APPLICATION, 2);
	pe_put(optional + 70, DLL_NX_COMPATIBLE, 2);
	pe_put(optional + 108, PE_DIRECTORIES, 4);
}

/* As a stub without sections. */
static struct uki_stub no_stub(struct span headers)
{
	return (struct uki_stub){
		.file = headers, .header = pe_header_read(headers), .first = SECTION_ALIGNMENT, .end = SECTION_ALIGNMENT,
	};
}

static struct error add_section(struct layout *layout, const char *name, struct span bytes)
{
	if (bytes.size == 0)
		return error_none();
	if (uki_stub_has(&layout->stub, name))
		return error_make(ERROR_PE_SECTION_TWICE, name, 1, layout->stub.header.section_count);
	CHECK(layout->count < MAX_ADDED);
	layout->section[layout->count++] = (struct section){ .name = name, .bytes = bytes };
	return error_none();
}

static struct error add_sections(struct layout *layout, const struct uki_parts *parts)
{
	TRY(add_section(layout, ".osrel", parts->osrel));
	TRY(add_section(layout, ".uname", parts->uname));
	TRY(add_section(layout, ".cmdline", parts->cmdline));
	TRY(add_section(layout, ".ucode", parts->ucode));
	TRY(add_section(layout, ".splash", parts->splash));
	TRY(add_section(layout, ".initrd", parts->initrd));
	TRY(add_section(layout, ".modules", parts->modules));
	/* Last, as ukify has it. */
	return add_section(layout, ".linux", parts->kernel);
}

/* Where the header of a section is: of the stub's, then of those that are added. */
static uint64_t header_at(const struct layout *layout, unsigned index)
{
	return layout->stub.header.sections + (uint64_t)index * PE_SECTION_BYTES;
}

static struct pe_section_header stub_section(const struct layout *layout, unsigned index)
{
	return pe_section_read(layout->stub.file, &layout->stub.header, index);
}

/* Gives every section its place: those of the stub stay where they are in memory, and move in the file. */
static struct error lay_out(struct layout *layout)
{
	const struct uki_stub *stub = &layout->stub;
	const unsigned sections = stub->header.section_count + layout->count;
	const uint64_t power = stub->header.section_alignment > SECTION_ALIGNMENT ? stub->header.section_alignment :
			       SECTION_ALIGNMENT;

	layout->headers_size = aligned(header_at(layout, sections), FILE_ALIGNMENT);
	if (layout->headers_size > stub->first)
		return error_make(ERROR_PE_SECTION_COUNT, NULL, stub->header.section_count, sections);
	layout->file_size = layout->headers_size;
	for (unsigned i = 0; i < stub->header.section_count; i++)
		layout->file_size += aligned(stub_section(layout, i).raw_size, FILE_ALIGNMENT);
	layout->memory_size = aligned(stub->end, power);
	for (unsigned i = 0; i < layout->count; i++) {
		struct section *section = &layout->section[i];

		section->offset = layout->file_size;
		section->address = layout->memory_size;
		layout->file_size += aligned(section->bytes.size, FILE_ALIGNMENT);
		layout->memory_size += aligned(section->bytes.size, power);
	}
	if (layout->memory_size > UINT32_MAX)
		return error_make(ERROR_PE_SECTION_END, "that is added", UINT32_MAX, layout->memory_size);
	return error_none();
}

static void put_headers(uint8_t *file, const struct layout *layout)
{
	const struct uki_stub *stub = &layout->stub;
	const uint64_t data_size = stub->header.at + COFF_SIZE + OPTIONAL_DATA_SIZE;
	uint8_t *coff = file + stub->header.at, *optional = coff + COFF_SIZE;
	uint64_t added = 0;

	memcpy(file, stub->file.at, header_at(layout, stub->header.section_count));
	for (unsigned i = 0; i < layout->count; i++)
		added += aligned(layout->section[i].bytes.size, FILE_ALIGNMENT);
	pe_put(coff + COFF_SECTIONS, stub->header.section_count + layout->count, 2);
	/* Symbols, a checksum and a signature are of the stub alone. */
	pe_put(coff + COFF_SYMBOLS, 0, 8);
	pe_put(optional + OPTIONAL_DATA_SIZE, span_u32(stub->file, data_size) + added, 4);
	pe_put(optional + OPTIONAL_IMAGE_SIZE, layout->memory_size, 4);
	pe_put(optional + OPTIONAL_HEADERS_SIZE, layout->headers_size, 4);
	pe_put(optional + OPTIONAL_CHECKSUM, 0, 4);
	pe_put(optional + stub->header.fixed_size + PE_DIRECTORY_SECURITY * DIRECTORY_SIZE, 0, 8);
}

/* Copies the stub's sections; one without bytes in the file has no place there. */
static void put_stub(uint8_t *file, const struct layout *layout)
{
	uint64_t offset = layout->headers_size;

	for (unsigned i = 0; i < layout->stub.header.section_count; i++) {
		const struct pe_section_header section = stub_section(layout, i);

		pe_put(file + header_at(layout, i) + SECTION_RAW_OFFSET, section.raw_size != 0 ? offset : 0, 4);
		if (section.raw_size != 0)
			memcpy(file + offset, layout->stub.file.at + section.raw_offset, section.raw_size);
		offset += aligned(section.raw_size, FILE_ALIGNMENT);
	}
}

static void put_section(uint8_t *file, uint8_t *header, const struct section *section)
{
	memcpy(header, section->name, strlen(section->name));
	/* VirtualSize is the exact size: what SizeOfRawData has more is padding, and no part of a kernel. */
	pe_put(header + 8, section->bytes.size, 4);
	pe_put(header + 12, section->address, 4);
	pe_put(header + SECTION_RAW_SIZE, aligned(section->bytes.size, FILE_ALIGNMENT), 4);
	pe_put(header + SECTION_RAW_OFFSET, section->offset, 4);
	pe_put(header + 36, SECTION_DATA, 4);
	memcpy(file + section->offset, section->bytes.at, section->bytes.size);
}

struct error uki_build_stub(const struct uki_stub *stub, const struct uki_parts *parts, struct span *out)
{
	struct layout layout = { .stub = *stub };
	uint8_t *file;

	*out = span(NULL, 0);
	TRY(add_sections(&layout, parts));
	TRY(lay_out(&layout));
	file = calloc(1, layout.file_size);
	if (!file)
		return error_none();
	put_headers(file, &layout);
	put_stub(file, &layout);
	for (unsigned i = 0; i < layout.count; i++)
		put_section(file, file + header_at(&layout, layout.stub.header.section_count + i), &layout.section[i]);
	*out = span(file, layout.file_size);
	return error_none();
}

bool uki_build(const struct uki_parts *parts, struct span *out)
{
	uint8_t headers[HEADERS_SIZE] = { 0 };
	struct uki_stub stub;

	write_no_stub(headers);
	stub = no_stub(span(headers, sizeof(headers)));
	/* A page has room for all headers that there can be. */
	CHECK(!failed(uki_build_stub(&stub, parts, out)));
	return out->size != 0;
}
