/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From head.S to the story: the address space, the traps, and whichever door it was.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/doors.h>
#include <arch/x86/paging.h>
#include <arch/x86/thread.h>
#include <arch/x86/traps.h>
#include <core/embedded.h>

/* Made by the link script and by head.S. */
extern const char shim_start[], data_end[];
extern const struct embedded_header embedded_header;

static struct boot_info boot_info;
static struct door_strings strings;

/* What lull pack put behind the shim, or nothing.  The magic is for lull pack, which finds the header in the file by it. */
static void find_embedded(struct boot_info *info)
{
	const char *start = (const char *)&embedded_header + sizeof(embedded_header);

	info->embedded = span(start, embedded_header.size);
	info->shim = (struct range){ (uint64_t)shim_start, (uint64_t)data_end };
}

/* What gcc puts between a frame's buffers and its return address; door_entry() stirs in the time of day. */
uintptr_t __stack_chk_guard = 0x6c756c6c00ff0a0d;

/* Called by head.S on the boot stack; `magic` is 0 at the PVH entry, else eax as multiboot2 left it. */
_Noreturn void door_entry(uint32_t magic, uint64_t structure);
_Noreturn __attribute__((no_stack_protector)) void door_entry(uint32_t magic, uint64_t structure)
{
	__stack_chk_guard ^= read_tsc() << 16;
	traps_start();
	paging_start();
	thread_start();
	boot_info.cmdline = "";
	find_embedded(&boot_info);
	if (magic == 0) {
		boot_info.door = DOOR_PVH;
		boot_info.error = start_info_read(structure, reach_memory, &strings, &boot_info);
	} else {
		boot_info.door = DOOR_MULTIBOOT2;
		boot_info.error = multiboot2_read(magic, structure, reach_memory, &strings, &boot_info);
	}
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
