/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <core/addr.h>
#include <core/check.h>
#include <tools/efi_refusal.h>
#include <tools/uki_write.h>

/* Microsoft's "PE Format" document; names shortened. */
#define DOS_HEADER_SIZE        0x40
#define COFF_HEADER_SIZE       24 /* with the signature before it */
#define DIRECTORIES            16
#define OPTIONAL_HEADER_SIZE   (112 + 8 * DIRECTORIES)
#define SECTION_HEADER_SIZE    40
#define MACHINE_AMD64          0x8664
#define MAGIC_PE32_PLUS        0x20b
#define FILE_EXECUTABLE        0x0002
#define FILE_LARGE_ADDRESSES   0x0020
#define DLL_NX_COMPATIBLE      0x0100
#define SUBSYSTEM_EFI          10
#define SECTION_CODE           0x60000020 /* code, executable, readable */
#define SECTION_DATA           0x40000040 /* initialised data, readable */

#define FILE_ALIGNMENT         512
#define SECTION_ALIGNMENT      4096
/* Firmware moves the image; systemd's stub uses the same number. */
#define IMAGE_BASE             UINT64_C(0x14df0f000)

#define MAX_SECTIONS           5

struct section {
	const char *name;
	struct span bytes;
	uint32_t flags;
	/* Where it lies in the file and in memory. */
	uint64_t offset;
	uint64_t address;
};

struct layout {
	unsigned count;
	struct section section[MAX_SECTIONS];
	uint64_t headers_size;
	uint64_t file_size;
	uint64_t memory_size;
};

static uint64_t aligned(uint64_t value, uint64_t power)
{
	return (value + power - 1) & ~(power - 1);
}

static void add_section(struct layout *layout, const char *name, struct span bytes, uint32_t flags)
{
	if (bytes.size == 0)
		return;
	CHECK(layout->count < MAX_SECTIONS);
	layout->section[layout->count++] = (struct section){ .name = name, .bytes = bytes, .flags = flags };
}

/* Gives every section its place. */
static void lay_out(struct layout *layout)
{
	layout->headers_size = aligned(DOS_HEADER_SIZE + COFF_HEADER_SIZE + OPTIONAL_HEADER_SIZE +
				       (uint64_t)SECTION_HEADER_SIZE * layout->count, FILE_ALIGNMENT);
	layout->file_size = layout->headers_size;
	layout->memory_size = aligned(layout->headers_size, SECTION_ALIGNMENT);
	for (unsigned i = 0; i < layout->count; i++) {
		struct section *section = &layout->section[i];

		section->offset = layout->file_size;
		section->address = layout->memory_size;
		layout->file_size += aligned(section->bytes.size, FILE_ALIGNMENT);
		layout->memory_size += aligned(section->bytes.size, SECTION_ALIGNMENT);
	}
	CHECK(layout->memory_size <= UINT32_MAX);
}

/* Stores a little-endian number. */
static void pe_put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void put_headers(uint8_t *file, const struct layout *layout)
{
	uint8_t *coff = file + DOS_HEADER_SIZE;
	uint8_t *optional = coff + COFF_HEADER_SIZE;
	const struct section *code = &layout->section[0];

	memcpy(file, "MZ", 2);
	pe_put(file + 0x3c, DOS_HEADER_SIZE, 4);

	memcpy(coff, "PE\0", 4);
	pe_put(coff + 4, MACHINE_AMD64, 2);
	pe_put(coff + 6, layout->count, 2);
	pe_put(coff + 20, OPTIONAL_HEADER_SIZE, 2);
	pe_put(coff + 22, FILE_EXECUTABLE | FILE_LARGE_ADDRESSES, 2);

	pe_put(optional, MAGIC_PE32_PLUS, 2);
	pe_put(optional + 4, aligned(code->bytes.size, FILE_ALIGNMENT), 4);
	pe_put(optional + 8, layout->file_size - layout->headers_size - aligned(code->bytes.size, FILE_ALIGNMENT), 4);
	pe_put(optional + 16, code->address, 4);
	pe_put(optional + 20, code->address, 4);
	pe_put(optional + 24, IMAGE_BASE, 8);
	pe_put(optional + 32, SECTION_ALIGNMENT, 4);
	pe_put(optional + 36, FILE_ALIGNMENT, 4);
	pe_put(optional + 56, layout->memory_size, 4);
	pe_put(optional + 60, layout->headers_size, 4);
	pe_put(optional + 68, SUBSYSTEM_EFI, 2);
	pe_put(optional + 70, DLL_NX_COMPATIBLE, 2);
	pe_put(optional + 108, DIRECTORIES, 4);
}

static void put_section(uint8_t *file, uint8_t *header, const struct section *section)
{
	memcpy(header, section->name, strlen(section->name));
	/* VirtualSize is the exact size: what SizeOfRawData has more is padding, and no part of a kernel. */
	pe_put(header + 8, section->bytes.size, 4);
	pe_put(header + 12, section->address, 4);
	pe_put(header + 16, aligned(section->bytes.size, FILE_ALIGNMENT), 4);
	pe_put(header + 20, section->offset, 4);
	pe_put(header + 36, section->flags, 4);
	memcpy(file + section->offset, section->bytes.at, section->bytes.size);
}

bool uki_build(const struct uki_parts *parts, struct span *out)
{
	struct layout layout = { .count = 0 };
	uint8_t *file;

	*out = span(NULL, 0);
	add_section(&layout, ".text", span(efi_refusal_start, (uint64_t)(efi_refusal_end - efi_refusal_start)),
		    SECTION_CODE);
	add_section(&layout, ".uname", parts->uname, SECTION_DATA);
	add_section(&layout, ".cmdline", parts->cmdline, SECTION_DATA);
	add_section(&layout, ".initrd", parts->initrd, SECTION_DATA);
	/* Last, as ukify has it. */
	add_section(&layout, ".linux", parts->kernel, SECTION_DATA);
	lay_out(&layout);
	file = calloc(1, layout.file_size);
	if (!file)
		return false;
	put_headers(file, &layout);
	for (unsigned i = 0; i < layout.count; i++)
		put_section(file, file + DOS_HEADER_SIZE + COFF_HEADER_SIZE + OPTIONAL_HEADER_SIZE +
			    (size_t)i * SECTION_HEADER_SIZE, &layout.section[i]);
	*out = span(file, layout.file_size);
	return true;
}
