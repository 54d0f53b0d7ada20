/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_sections.c: reads the section headers of an ELF file (System V gABI, "Sections"), where it has any.
 */
#ifndef LULL_SHIM_PAYLOAD_ELF_SECTIONS_H
#define LULL_SHIM_PAYLOAD_ELF_SECTIONS_H

#include <shim/payload/elf.h>

/* Types of sections (sh_type). */
enum {
	ELF_SECTION_NOTE = 7,
	ELF_SECTION_NO_BYTES = 8,
};

/* One section header, nothing of it judged. */
struct elf_section {
	/* sh_name, an offset into the section of names. */
	uint32_t name;
	uint32_t type;
	uint64_t address;
	/* Its bytes in the file, if its type has any. */
	uint64_t offset;
	uint64_t size;
	uint64_t alignment;
};

/* How many section headers there are; 0 when there is no table.  ELF_TRUNCATED, ELF_KIND (their size). */
struct error elf_section_count(const struct elf_image *image, uint32_t *count);

/* Section header `index`, below the count. */
struct elf_section elf_section_read(const struct elf_image *image, uint32_t index);

/* A section found by its name. */
struct elf_found {
	/* False: no section has the name, and the rest is empty. */
	bool present;
	/* Its bytes in the file; none of an SHT_NOBITS. */
	struct span bytes;
	/* sh_addr. */
	va_t address;
};

/*
 * Finds sections by name.  Writes `count` of them.  Errors: ELF_TRUNCATED, ELF_KIND; LINUX_SECTION_TWICE (two have one
 * name); LINUX_SECTION_LOAD (not all of it is loaded with one segment, where its address says).
 */
struct error elf_sections_find(const struct elf_image *image, const char *const *name, uint32_t count,
			       struct elf_found *out);

#endif
