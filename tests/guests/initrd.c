/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules: all in RAM, not upon us, and the bytes of a test initrd as they were made.
 *
 * A test initrd: the 16 characters "LULL-TEST-INITRD", its whole length (u64), the sum of the bytes that follow (u32),
 * those bytes.  A loader may round the size of a module up to pages, so the length is taken from inside.
 */
#include "guest.h"

#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define HEADER 28u

extern const char image_start[], image_end[];

/* False when module 0 is not a test initrd at all. */
static bool check_test_initrd(uint64_t address, uint64_t size)
{
	uint8_t *bytes = size >= HEADER ? reach(address) : NULL;
	uint32_t sum = 0, expected;
	uint64_t length;

	if (bytes == NULL || !text_equal((const char *)bytes, "LULL-TEST-INITRD", 16))
		return false;
	memcpy(&length, bytes + 16, 8);
	memcpy(&expected, bytes + 24, 4);
	if (fault("initrd"))
		bytes[HEADER] ^= 1;
	if (fault("initrd-size"))
		size = HEADER;
	if (length < HEADER || length > size) {
		wrong("the initrd is cut short: it says %llx", length);
		return true;
	}
	for (uint64_t i = HEADER; i < length; i++)
		sum += bytes[i];
	fact("initrd %llx bytes, sum %x", length, sum);
	if (sum != expected)
		wrong("the initrd's bytes changed");
	return true;
}

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
	if (info->nr_modules)
		known = check_test_initrd(module[0].paddr, module[0].size);
	if (asked("expect-initrd") && !known)
		wrong("module 0 is not the test initrd");
}
