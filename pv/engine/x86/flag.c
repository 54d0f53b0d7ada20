/* SPDX-License-Identifier: MIT */
#include "../mask.h"
#include "cpu_state.h"
#include "flag.h"

struct error flag_suits(void)
{
	if (privilege_level() != 0)
		return error_make(ERROR_MASK_UNSUITED, "RFLAGS.IF", 0, privilege_level());
	return error_none();
}

WINDOW_CODE bool flag_is_masked(void) { return !(read_flags() & RFLAGS_IF); }
WINDOW_CODE void flag_mask(void) { asm volatile("cli" : : : "memory"); }
WINDOW_CODE void flag_unmask(void) { asm volatile("sti; nop" : : : "memory"); }
