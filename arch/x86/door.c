/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From head.S to the story: the address space, the traps, and whichever door it was.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/doors.h>
#include <arch/x86/paging.h>
#include <arch/x86/thread.h>
#include <arch/x86/traps.h>
#include <core/boot_params.h>
#include <core/embedded.h>

/* Made by the link script and by head.S. */
extern const char shim_start[], data_end[];
extern const struct embedded_header embedded_header;

/* Where the loader had put the shim, and where what lay at its place is saved, when linux_image.S has moved it; else both 0. */
uint64_t shim_came_from, shim_saved;

static struct boot_info boot_info;
static struct door_strings strings;

static bool is_moved(void) { return shim_came_from != 0 && shim_came_from != (uint64_t)shim_start; }

/* Memory as the loader left it. */
static struct span reach_loader(uint64_t address, uint64_t size)
{
	uint64_t inside = address - (uint64_t)shim_start;
	uint64_t saved = (uint64_t)(&embedded_header + 1) - (uint64_t)shim_start;

	if (is_moved() && inside < saved && size <= saved - inside)
		return reach_memory(shim_saved + inside, size);
	return reach_memory(address, size);
}

/* What lull pack put behind the shim, or nothing.  The magic is for lull pack, which finds the header in the file by it. */
static void find_embedded(struct boot_info *info)
{
	uint64_t moved = is_moved() ? shim_came_from - (uint64_t)shim_start : 0;

	info->embedded = span((const char *)(&embedded_header + 1) + moved, embedded_header.size);
	info->shim = (struct range){ (uint64_t)shim_start, (uint64_t)data_end };
}

/* What gcc puts between a frame's buffers and its return address; door_entry() stirs in the time of day. */
uintptr_t __stack_chk_guard = 0x6c756c6c00ff0a0d;

/* Reads what the loader left, by the magic number that it left with it. */
static struct error read_structure(uint32_t magic, uint64_t structure, struct boot_info *info)
{
	switch (magic) {
	case 0:
		info->door = DOOR_PVH;
		return start_info_read(structure, reach_memory, &strings, info);
	case MULTIBOOT1_MAGIC:
		info->door = DOOR_MULTIBOOT1;
		return multiboot1_read(structure, reach_memory, &strings, info);
	case BOOT_PARAMS_HDRS:
		info->door = DOOR_LINUX;
		return boot_params_read(span((const void *)structure, BOOT_PARAMS_SIZE), reach_loader, &strings, info);
	default:
		info->door = DOOR_MULTIBOOT2;
		return multiboot2_read(magic, structure, reach_memory, &strings, info);
	}
}

/* Called by head.S on the boot stack; `magic` is 0 at the PVH entry, else eax as a multiboot loader left it. */
_Noreturn void door_entry(uint32_t magic, uint64_t structure);
_Noreturn __attribute__((no_stack_protector)) void door_entry(uint32_t magic, uint64_t structure)
{
	__stack_chk_guard ^= read_tsc() << 16;
	traps_start();
	paging_start();
	thread_start();
	boot_info.cmdline = "";
	find_embedded(&boot_info);
	boot_info.error = read_structure(magic, structure, &boot_info);
	for (uint32_t i = 0; i < boot_info.module_count && !failed(boot_info.error); i++) {
		struct range where = boot_info.module[i].where;

		if (!range_empty(where) && !paging_reach(where))
			boot_info.error = error_make(ERROR_MODULE_REACH, NULL, i, where.end);
	}
	lull_main(&boot_info);
}

/* Reads what Xen's start_info names: it is mapped there, and nothing is known yet to check an address against. */
static struct span reach_bootstrap(uint64_t address, uint64_t size)
{
	return span((const void *)address, size);
}

/* Called by xen_pv.S on the boot stack, with Xen's start_info and stack pointer. */
_Noreturn void xen_pv_door_entry(uint64_t structure, uint64_t stack);
_Noreturn __attribute__((no_stack_protector)) void xen_pv_door_entry(uint64_t structure, uint64_t stack)
{
	__stack_chk_guard ^= read_tsc() << 16;
	boot_info.cmdline = "";
	find_embedded(&boot_info);
	boot_info.door = DOOR_XEN_PV;
	boot_info.error = xen_start_info_read(structure, stack, reach_bootstrap, &strings, &boot_info);
	lull_main(&boot_info);
}
