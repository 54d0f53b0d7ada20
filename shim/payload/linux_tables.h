/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_tables.c: where the patch tables of an uncompressed Linux kernel are, for pv/engine/linux/sites_linux.h.
 */
#ifndef LULL_SHIM_PAYLOAD_LINUX_TABLES_H
#define LULL_SHIM_PAYLOAD_LINUX_TABLES_H

#include <pv/engine/linux/sites_linux.h>
#include <shim/payload/elf_sections.h>

/*
 * Finds the text and the tables, their bytes in the file, and what else is executed.  What is wrong with the section of a table
 * is a matter of that table (sites_linux.wrong).  Errors: those of elf_sections_find(), of one section too if it is a text;
 * LINUX_NO_TABLES (no section headers, no text, none of the tables, or a 32-bit kernel).
 */
struct error linux_tables_find(const struct elf_image *image, struct sites_linux *out);

#endif
