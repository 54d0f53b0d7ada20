/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program headers of an ELF file one after another, as loaders step through them.
 */
#ifndef LULL_TOOLS_ELF_PROGRAMS_H
#define LULL_TOOLS_ELF_PROGRAMS_H

#include <shim/payload/elf.h>

/* Program header `index`, `stride` bytes behind the one before; zeros where it is not in the file. */
static inline struct elf_program elf_program_at(struct span file, const struct elf_header *header, uint32_t index,
						uint32_t stride)
{
	return elf_program_read(file, header->is_64, header->programs + (uint64_t)index * stride);
}

/* True when all program headers, `stride` bytes each, are in the file. */
static inline bool elf_has_programs(struct span file, const struct elf_header *header, uint32_t stride)
{
	return span_has(file, header->programs, (uint64_t)header->program_count * stride);
}

#endif
