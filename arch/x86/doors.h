/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doors: each turns what one loader hands over into a boot_info.  The readers are pure but for `reach`, so that the
 * host tests run them on memory of their own.
 */
#ifndef LULL_ARCH_DOORS_H
#define LULL_ARCH_DOORS_H

#include <arch/x86/reach.h>
#include <core/boot_info.h>
#include <core/boot_params.h>

#define MULTIBOOT1_MAGIC 0x2badb002u
#define MULTIBOOT2_MAGIC 0x36d76289u

/* Where a door keeps what it copies, because the loader's own memory is not ours to keep. */
struct door_strings {
	/* boot_params that the multiboot2 door makes, for a Linux. */
	uint8_t params[BOOT_PARAMS_SIZE];
	char cmdline[BOOT_CMDLINE_SIZE];
	char module_cmdline[BOOT_MAX_MODULES][BOOT_CMDLINE_SIZE];
};

/*
 * Copies a string that the loader left at an address into `out`, of BOOT_CMDLINE_SIZE bytes; "" on an error.
 * Errors: DOOR_CMDLINE (it has no end), CMDLINE_BUFFER (it is longer than what lull keeps).
 */
struct error door_string(uint64_t address, reach_function reach, char *out);

/*
 * Reads a PVH start_info (Xen public header arch-x86/hvm/start_info.h), any version, into `info`: modules, command
 * lines, memory map (none before version 1), rsdp and flags.  A module's command line is read only when it lies in RAM
 * of the memory map, since some loaders leave garbage there.
 * Errors: START_INFO_MAGIC, START_INFO_REACH, MODULE_COUNT, DOOR_CMDLINE (it has no end), CMDLINE_BUFFER (it is longer than
 * what lull keeps).
 */
struct error start_info_read(uint64_t address, reach_function reach, struct door_strings *strings,
			     struct boot_info *info);

/*
 * Reads a multiboot2 information structure (specification 2.0, section 3.6) into `info`; from UEFI firmware, ACPI's root pointer too,
 * and what a Linux is to be told of firmware and of the screen.
 * Errors: MULTIBOOT_MAGIC, MULTIBOOT_TAG, MODULE_COUNT, DOOR_CMDLINE, CMDLINE_BUFFER, EFI_TABLE, EFI_BOOT_SERVICES.
 */
struct error multiboot2_read(uint32_t magic, uint64_t address, reach_function reach, struct door_strings *strings,
			     struct boot_info *info);

/*
 * Reads a multiboot information structure (Multiboot Specification 0.6.96, section 3.3) into `info`.  Without a memory map
 * the two sizes of memory that it has make one of two regions.  Every loader but GRUB puts the file's name before a
 * command line; it is taken off.
 * Errors: MULTIBOOT_REACH, MODULE_COUNT, DOOR_CMDLINE, CMDLINE_BUFFER.
 */
struct error multiboot1_read(uint64_t address, reach_function reach, struct door_strings *strings, struct boot_info *info);

/*
 * Reads Linux's boot_params (core/boot_params.h) into `info`: memory map and what setup_data adds to it, initrd as the
 * only module, command line, root pointer, and what a Linux is to get as it is.  `page` is all of it, and stays.
 * Errors: BOOT_PARAMS, DOOR_CMDLINE, CMDLINE_BUFFER.
 */
struct error boot_params_read(struct span page, reach_function reach, struct door_strings *strings, struct boot_info *info);

/*
 * Reads the struct start_info of a Xen PV guest (Xen public header xen.h) at its address into `info`; `stack` is the
 * stack pointer that Xen started us with.  The memory map it makes has three regions: RAM, what the domain builder put
 * there to start us, RAM.  Errors: XEN_START_INFO, XEN_PAGES, DOOR_CMDLINE.
 */
struct error xen_start_info_read(uint64_t address, uint64_t stack, reach_function reach, struct door_strings *strings,
				 struct boot_info *info);

/* The most pages that the Xen PV door takes: 512 GiB, all that its one table of gigabytes maps. */
#define XEN_PV_MAX_PAGES (512 * GIB / PAGE_SIZE)

#endif
