/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules: as many as were asked for, all in RAM, and not upon us.
 */
#include "pvh.h"

extern const char image_start[], image_end[];

static uint64_t module_start;

static uint8_t *module_page(uint64_t index) { return reach(module_start + index * PAGE); }

static void check_module(uint32_t index, const struct module *module)
{
	uint64_t start = module->start, end = start + module->size;
	const char *text = module->line ? reach(module->line) : NULL;

	if (fault("module"))
		start = end = UINT64_C(1) << 50;
	if (fault("module-upon-us"))
		start = (uintptr_t)image_start;
	fact("module %u at %llx size %llx cmdline \"%s\"", index, start, end - start, text ? text : "");
	if (module->line && !inside_ram(module->line, module->line + 1) && on_xen())
		wrong("a module's command line is not in RAM");
	if (!inside_ram(start, end))
		wrong("a module is not in RAM: %llx", start);
	if (start < (uintptr_t)image_end && end > (uintptr_t)image_start)
		wrong("a module lies upon the kernel: %llx", start);
}

/* `line0` to `line3` on the command line: that module's own line must be "lineN of it". */
static void check_line(uint32_t index)
{
	char name[] = "line0", wanted[] = "line0 of it";
	const char *text = found.module[index].line ? reach(found.module[index].line) : NULL;

	name[4] = wanted[4] = (char)('0' + index);
	if (index < 4 && asked(name) && (text == NULL || !text_equal(text, wanted, sizeof(wanted))))
		wrong("a module has not its own command line: %u", index);
}

/* Every module is a test initrd, if `expect-all`; the first, if `expect-initrd`. */
static void check_bytes(uint32_t index)
{
	bool known;

	module_start = found.module[index].start;
	known = check_test_initrd(module_page, found.module[index].size);
	if (!known && (asked("expect-all") || (index == 0 && asked("expect-initrd"))))
		wrong(index == 0 ? "module 0 is not the test initrd" : "a module is not the test initrd: %u", index);
}

void check_modules(void)
{
	for (uint32_t i = 0; i < 10; i++) {
		char word[] = "modules=0";

		word[8] = (char)('0' + i);
		if (asked(word) && found.modules != i)
			wrong("not the number of modules that was asked for: %u", found.modules);
	}
	if (found.modules > MAX_MODULES) {
		wrong("more modules than this guest can look at: %u", found.modules);
		return;
	}
	for (uint32_t i = 0; i < found.modules; i++) {
		check_module(i, &found.module[i]);
		check_line(i);
		check_bytes(i);
	}
	if (asked("expect-initrd") && found.modules == 0)
		wrong("module 0 is not the test initrd");
}
