/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules: as many as were asked for, all in RAM, and not upon us.
 */
#include "pvh.h"

#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

extern const char image_start[], image_end[];

static uint64_t module_start;

static uint8_t *module_page(uint64_t index) { return reach(module_start + index * PAGE); }

static void check_module(uint32_t index, const struct hvm_modlist_entry *module)
{
	uint64_t start = module->paddr, end = start + module->size;
	const char *text = module->cmdline_paddr ? reach(module->cmdline_paddr) : NULL;

	if (fault("module"))
		start = end = UINT64_C(1) << 50;
	if (fault("module-upon-us"))
		start = (uintptr_t)image_start;
	fact("module %u at %llx size %llx cmdline \"%s\"", index, start, end - start, text ? text : "");
	if (module->cmdline_paddr && !inside_ram(module->cmdline_paddr, module->cmdline_paddr + 1) && on_xen())
		wrong("a module's command line is not in RAM");
	if (!inside_ram(start, end))
		wrong("a module is not in RAM: %llx", start);
	if (start < (uintptr_t)image_end && end > (uintptr_t)image_start)
		wrong("a module lies upon the kernel: %llx", start);
}

void check_modules(void)
{
	const struct hvm_start_info *info = reach(entry_state.start_info);
	const struct hvm_modlist_entry *module = reach(info->modlist_paddr);
	bool known = false;

	for (uint32_t i = 0; i < 4; i++) {
		char word[] = "modules=0";

		word[8] = (char)('0' + i);
		if (asked(word) && info->nr_modules != i)
			wrong("not the number of modules that was asked for: %u", info->nr_modules);
	}
	if (info->nr_modules && module == NULL) {
		wrong("the module list cannot be reached: %llx", info->modlist_paddr);
		return;
	}
	for (uint32_t i = 0; i < info->nr_modules; i++)
		check_module(i, &module[i]);
	if (info->nr_modules) {
		module_start = module[0].paddr;
		known = check_test_initrd(module_page, module[0].size);
	}
	if (asked("expect-initrd") && !known)
		wrong("module 0 is not the test initrd");
}
