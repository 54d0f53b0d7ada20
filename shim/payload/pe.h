/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pe.c: the headers of a PE file as they are (Microsoft "PE Format"), nothing of them judged.
 */
#ifndef LULL_SHIM_PAYLOAD_PE_H
#define LULL_SHIM_PAYLOAD_PE_H

#include <core/span.h>

/* Values of the fields ("Machine Types", "Characteristics", "Optional Header", "Windows Subsystem"). */
enum {
	PE_SIGNATURE_VALUE = 0x4550,
	PE_MACHINE_I386 = 0x14c,
	PE_MACHINE_AMD64 = 0x8664,
	PE_RELOCS_STRIPPED = 1,
	PE_MAGIC_32 = 0x10b,
	PE_MAGIC_64 = 0x20b,
	PE_SUBSYSTEM_EFI_APPLICATION = 10,
	PE_SUBSYSTEM_SAL_RUNTIME_DRIVER = 13,
};

/* Data directories ("Optional Header Data Directories"), by index; each is an address and a size. */
enum {
	PE_DIRECTORY_SECURITY = 4,
	PE_DIRECTORY_RELOCATIONS = 5,
	PE_DIRECTORIES = 16,
};

#define PE_SECTION_BYTES 40

struct pe_header {
	/* Where the signature is: e_lfanew; 0 in a file without the "MZ" of MS-DOS. */
	uint64_t at;
	uint32_t signature;
	uint16_t machine;
	uint16_t section_count;
	uint16_t optional_size;
	uint16_t characteristics;
	/* The optional header; the widths of PE32 and PE32+ differ. */
	uint16_t magic;
	uint32_t entry;
	uint64_t image_base;
	uint32_t section_alignment;
	uint32_t image_size;
	uint32_t headers_size;
	uint16_t subsystem;
	uint32_t directory_count;
	/* Size of the optional header without the directories. */
	uint32_t fixed_size;
	/* Where the section table is. */
	uint64_t sections;
};

struct pe_section_header {
	/* Eight bytes, with NULs behind a shorter name. */
	struct span name;
	uint32_t virtual_size;
	uint32_t address;
	uint32_t raw_size;
	uint32_t raw_offset;
};

struct pe_directory {
	uint32_t address;
	uint32_t size;
};

/* What lies outside the file is 0. */
struct pe_header pe_header_read(struct span file);
struct pe_section_header pe_section_read(struct span file, const struct pe_header *header, uint32_t index);

/* Whether the eight bytes of a section's name are this one; a name of eight letters has no NUL. */
bool pe_name_is(struct span name, const char *wanted);

/* A data directory. */
struct pe_directory pe_directory_read(struct span file, const struct pe_header *header, uint32_t index);

#endif
