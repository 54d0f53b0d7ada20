/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doors: each turns what one loader hands over into a boot_info.  The readers are pure but for `reach`, so that the
 * host tests run them on memory of their own.
 */
#ifndef LULL_ARCH_DOORS_H
#define LULL_ARCH_DOORS_H

#include <arch/x86/reach.h>
#include <core/boot_info.h>

#define MULTIBOOT2_MAGIC 0x36d76289u

/* Where a door keeps the strings that it copies, because the loader's own memory is not ours to keep. */
struct door_strings {
	char cmdline[BOOT_CMDLINE_SIZE];
	char module_cmdline[BOOT_MAX_MODULES][BOOT_CMDLINE_SIZE];
};

/*
 * Reads a PVH start_info (Xen public header arch-x86/hvm/start_info.h), any version, into `info`: modules, command
 * lines, memory map (none before version 1), rsdp and flags.  A module's command line is read only when it lies in RAM
 * of the memory map, since some loaders leave garbage there.
 * Errors: START_INFO_MAGIC, START_INFO_REACH, MODULE_COUNT, DOOR_CMDLINE.
 */
struct error start_info_read(uint64_t address, reach_function reach, struct door_strings *strings,
			     struct boot_info *info);

/*
 * Reads a multiboot2 information structure (specification 2.0, section 3.6) into `info`.
 * Errors: MULTIBOOT_MAGIC, MULTIBOOT_TAG, MODULE_COUNT, DOOR_CMDLINE.
 */
struct error multiboot2_read(uint32_t magic, uint64_t address, reach_function reach, struct door_strings *strings,
			     struct boot_info *info);

/*
 * Copies a string of at most BOOT_CMDLINE_SIZE bytes, its end included.  Errors: DOOR_CMDLINE when it has no end within
 * these or the memory does not have it; START_INFO_REACH is left to the caller.
 */
struct error door_copy_string(uint64_t address, reach_function reach, char *out);

#endif
