/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * told.c: what the two multiboot protocols tell a kernel alike, and a writer that first counts and then writes.
 */
#ifndef LULL_SHIM_HANDOVER_TOLD_H
#define LULL_SHIM_HANDOVER_TOLD_H

#include <core/boot_info.h>
#include <core/span.h>

/* What is told so far: `size` bytes at `at`, or as many that are only counted where `at` is 0. */
struct told {
	uint64_t at;
	uint64_t size;
};

/* Bytes as they are. */
void told_put(struct told *told, struct span bytes);
/* A number of so many bytes, at most 8, the lowest first. */
void told_number(struct told *told, uint64_t value, unsigned bytes);
/* A string with its terminator. */
void told_string(struct told *told, struct span text);
/* Zeros up to a multiple of a power of two. */
void told_align(struct told *told, uint64_t alignment);

/*
 * KiB of RAM from address 0, 640 at most, and from the first MiB to the first hole (Multiboot 0.6.96, section 3.3,
 * mem_lower and mem_upper).
 */
uint32_t told_lower(const struct memory_map *memory);
uint32_t told_upper(const struct memory_map *memory);

/*
 * ACPI's root pointer, where the loader gave one and it is one: its bytes, 20 or as many as it says (ACPI 6.5, section
 * 5.2.5.3).  Else no bytes.
 */
struct span told_rsdp(const struct boot_info *info);
#define TOLD_RSDP_OLD_SIZE 20

/*
 * The loader's name.  Xen takes the first word of each line for a file's name unless the loader is called GRUB, and not
 * GRUB 0 (xen/arch/x86/setup.c, loader_is_grub2()); lull's lines begin with no such word, as GRUB 2's.
 */
#define TOLD_LOADER_NAME "lull, whose lines are as of GRUB 2"

#endif
