/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_sections.c: reads the section headers of an ELF file (System V gABI, "Sections"), where it has any.
 */
#ifndef LULL_SHIM_PAYLOAD_ELF_SECTIONS_H
#define LULL_SHIM_PAYLOAD_ELF_SECTIONS_H

#include <shim/payload/elf.h>

/* Types of sections (sh_type). */
enum {
	ELF_SECTION_SYMBOLS = 2,
	ELF_SECTION_STRINGS = 3,
	ELF_SECTION_RELA = 4,
	ELF_SECTION_NOTE = 7,
	ELF_SECTION_NO_BYTES = 8,
	ELF_SECTION_REL = 9,
};

/* SHF_ALLOC and SHF_EXECINSTR: it is in memory, and is executed (sh_flags). */
#define ELF_SECTION_EXECUTED 6

/* Where sh_addr is in a section header of a 64-bit file (Elf64_Shdr). */
#define ELF64_SECTION_ADDRESS 16

/* One section header, nothing of it judged. */
struct elf_section {
	/* sh_name, an offset into the section of names. */
	uint32_t name;
	uint32_t type;
	uint64_t flags;
	uint64_t address;
	/* Its bytes in the file, if its type has any. */
	uint64_t offset;
	uint64_t size;
	uint64_t alignment;
	/* sh_link. */
	uint32_t link;
};

/*
 * How many section headers there are; 0 when there is no table.  They may be larger than this class's (e_shentsize).
 * Errors: ELF_TRUNCATED, ELF_KIND (they are smaller).
 */
struct error elf_section_count(const struct elf_image *image, uint32_t *count);

/* Section header `index`, below the count. */
struct elf_section elf_section_read(const struct elf_image *image, uint32_t index);

/* Section header `index` as it is in the file, as many bytes as its class has. */
struct span elf_section_header(const struct elf_image *image, uint32_t index);

/*
 * The bytes in the file of the first section with a name, loaded or not; none where there is no such section.
 * Errors: ELF_TRUNCATED, ELF_KIND.
 */
struct error elf_section_bytes(const struct elf_image *image, const char *name, struct span *out);

/*
 * The offset in the file at which the last segment, section or section header ends.  What follows is not the ELF file's:
 * behind a Linux, its relocations.  Errors: ELF_TRUNCATED, ELF_KIND.
 */
struct error elf_sections_end(const struct elf_image *image, uint64_t *end);

/* A section found by its name. */
struct elf_found {
	/* False: no section has the name, and the rest is empty. */
	bool present;
	/* Its bytes in the file; none of an SHT_NOBITS. */
	struct span bytes;
	/* sh_addr. */
	va_t address;
	/* Why it cannot be used, and then it has no bytes. */
	struct error wrong;
};

/*
 * Finds sections by name.  Writes `count` of them.  Errors of all: ELF_TRUNCATED, ELF_KIND.  Errors of one: ELF_TRUNCATED;
 * LINUX_SECTION_TWICE (two have one name); LINUX_SECTION_LOAD (not all of it is loaded with one segment, where its address
 * says).
 */
struct error elf_sections_find(const struct elf_image *image, const char *const *name, uint32_t count,
			       struct elf_found *out);

/*
 * Finds the sections that are executed and that a segment loads where they say: the first `limit` of them.  Returns how many
 * it wrote.  For images that elf_sections_find() took.
 */
uint32_t elf_sections_executed(const struct elf_image *image, uint32_t limit, struct elf_found *out);

#endif
