/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * door_multiboot2_linux.c: what a multiboot2 loader says that only a Linux wants to know.
 */
#ifndef LULL_ARCH_DOOR_MULTIBOOT2_H
#define LULL_ARCH_DOOR_MULTIBOOT2_H

#include <arch/x86/doors.h>

/* The tags, whole; each without bytes where the loader has none. */
struct multiboot2_more {
	/* Framebuffer, type 8. */
	struct span screen;
	/* EFI 64-bit system table pointer, type 12. */
	struct span table;
	/* EFI memory map, type 17. */
	struct span map;
};

/*
 * Fills info->linux_boot, info->rsdp and the firmware's map in info->memory from these tags.  Without any of them, and without
 * firmware's table for its map, nothing is filled.  A screen without colours of its own is none.
 * Errors: EFI_TABLE (that table is none), MULTIBOOT_TAG.
 */
struct error multiboot2_tell_linux(const struct multiboot2_more *more, reach_function reach, struct door_strings *strings,
				   struct boot_info *info);

#endif
