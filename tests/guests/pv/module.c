/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module: mapped, or, for a kernel that asks for it with MOD_START_PFN, only somewhere in RAM.
 */
#include "pv.h"

static uint8_t *module_page(uint64_t index)
{
	if (!(info.flags & SIF_MOD_START_PFN))
		return (uint8_t *)info.mod_start + index * PAGE;
	return map_frame(window[0], frame_of(info.mod_start + index), true) ? NULL : window[0];
}

void check_module(void)
{
	uint64_t count = info.mod_len != 0, expected;
	bool known = false;

	if (asked_number("modules", &expected) && count != expected)
		wrong("not the number of modules that was asked for: %u", (uint32_t)count);
	if (layout[MODULE].end <= info.nr_pages && count)
		known = check_test_initrd(module_page, info.mod_len);
	map_own(window[0]);
	if (asked("expect-initrd") && !known)
		wrong("the module is not the test initrd");
}
