/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/acpi.h>
#include <arch/x86/reach.h>
#include <pv/pc.h>

struct error pc_start(struct boot_info *info)
{
	if (info->rsdp.v == 0 && info->door == DOOR_MULTIBOOT2)
		info->rsdp = gpa(acpi_find_rsdp(reach_memory));
	return error_none();
}

unsigned pc_cpu_limit(void) { return 0; }
void pc_console_write(const char *text, size_t size) { (void)text, (void)size; }
void pc_console_drain(void) {}
void pc_crash(void) {}
