/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_tables.c: where the patch tables of an uncompressed Linux kernel are, for pv/sites_linux.h.
 */
#ifndef LULL_SHIM_PAYLOAD_LINUX_TABLES_H
#define LULL_SHIM_PAYLOAD_LINUX_TABLES_H

#include <pv/sites_linux.h>
#include <shim/payload/elf_sections.h>

struct linux_tables {
	/* Their bytes in the file. */
	struct sites_linux sites;
	/* What to add to a virtual address of any of them for the physical address that it is loaded at (modulo 2^64). */
	uint64_t to_physical;
};

/*
 * Finds the tables.  Errors: those of elf_sections_find(); LINUX_NO_TABLES (no section headers, no text, none of the
 * tables, or a 32-bit kernel); LINUX_SECTION_LOAD when the sections are not loaded as they are linked to one another.
 */
struct error linux_tables_find(const struct elf_image *image, struct linux_tables *out);

#endif
