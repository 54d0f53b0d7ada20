/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every door fills, and all that the story (shim/) knows of where it woke up.
 *
 * A door copies and bounds what the loader passed; it does not judge it.  What is wrong is either recorded in `error`
 * (the loader's structures cannot be read) or left for the story to find (a memory map that overlaps).
 */
#ifndef LULL_CORE_BOOT_INFO_H
#define LULL_CORE_BOOT_INFO_H

#include <core/addr.h>
#include <core/error.h>
#include <core/span.h>

/* Linux takes 128 regions in its zero page (E820_MAX_ENTRIES_ZEROPAGE); more are refused, never dropped. */
#define BOOT_MAX_REGIONS 128
/* A Hurd has six, Xen three; more are refused, never dropped. */
#define BOOT_MAX_MODULES 8
/* Longest command line a door passes on, its end included.  Xen allows 1024, QEMU 4096, Linux takes 2048. */
#define BOOT_CMDLINE_SIZE 4096

/* Types of memory regions: those of E820 (ACPI 6.5, section 15), which PVH and multiboot2 share. */
enum region_type {
	REGION_RAM = 1,
	REGION_RESERVED = 2,
	REGION_ACPI = 3,
	REGION_NVS = 4,
	REGION_UNUSABLE = 5,
};

struct region {
	uint64_t start;
	uint64_t size;
	uint32_t type;
};

struct memory_map {
	/* Regions the loader has; more than BOOT_MAX_REGIONS means that only the first ones were copied. */
	uint64_t count;
	struct region region[BOOT_MAX_REGIONS];
	/* UEFI firmware's own map (core/efi_map.h), where there was one, with descriptors `efi_step` bytes apart. */
	struct span efi;
	uint32_t efi_step;
};

struct boot_module {
	struct range where;
	/* The module's own command line, or NULL. */
	const char *cmdline;
};

enum door {
#define DOOR(constant, name) DOOR_##constant,
#include <core/door_list.h>
#undef DOOR
};

/* Nodes of setup_data that the Linux door keeps; more are refused, never dropped.  Loaders leave one or two. */
#define BOOT_MAX_SETUP_DATA 8

/* What only the Linux door has: the loader's own words to Linux (core/boot_params.h), which a Linux gets too. */
struct linux_boot {
	/* The loader's page, in memory of the shim; empty at the other doors. */
	struct span params;
	/* The nodes of setup_data, and the firmware's memory map, where the loader left them; to be kept until they are copied. */
	uint32_t data_count;
	struct span data[BOOT_MAX_SETUP_DATA];
	struct span efi_map;
};

/*
 * What only the Xen PV door has.  There an address in physical memory means a pseudo-physical one (pfn * PAGE_SIZE), and
 * the memory map is lull's own: the next kernel asks Xen for its map.
 */
struct xen_pv_boot {
	/* struct start_info (xen/include/public/xen.h), as Xen left it; NULL at the other doors. */
	const void *start_info;
	/* The pages of the xenstore and console rings; 0 for one that there is not, as in dom0.  Filled by machine_wake(). */
	pfn_t store, console;
};

/* What add-ons have added to a UKI from a disk (shim/disk/entry_addons.h). */
struct boot_added {
	/* Words, or NULL. */
	const char *line;
	/* Its own initrd, and theirs behind it, in place of its own; empty where they have none. */
	struct range initrd;
};

struct boot_info {
	enum door door;
	/* What the door could not read; everything below is then incomplete. */
	struct error error;
	/* As the loader passed them; "" when it passed none. */
	const char *cmdline;
	struct memory_map memory;
	uint32_t module_count;
	struct boot_module module[BOOT_MAX_MODULES];
	/* Of module 0. */
	struct boot_added added;
	/* ACPI root pointer, 0 when the loader gave none. */
	gpa_t rsdp;
	/* The start_info.flags of Xen (SIF_PRIVILEGED, SIF_INITDOMAIN); 0 elsewhere. */
	uint32_t start_flags;
	/* The shim itself in memory, from its first byte to the end of its bss. */
	struct range shim;
	/* The UKI that lull pack put behind the shim, in memory where the loader put it; empty when there is none. */
	struct span embedded;
	struct xen_pv_boot xen_pv;
	struct linux_boot linux_boot;
};

/*
 * The story (shim/main.c).  Called once by a door, on the shim's stack, masked as the hypervisor started the CPU, with
 * memory below 4 GiB and every module reachable at its own address.  Never returns.
 */
_Noreturn void lull_main(struct boot_info *info);

#endif
