/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serialising.  It runs inside the window, so it lies in the section that has no patch site.
 */
#include <arch/x86/cpu.h>

/* Found before the first window, because CPUID may exit and must not run inside one. */
static bool has_serialize;

bool cpu_has_serialize(void)
{
	has_serialize = cpuid(0, 0).eax >= 7 && (cpuid(7, 0).edx & 1u << 14);
	return has_serialize;
}

QUIET_CODE void serialise(void)
{
	if (has_serialize) {
		asm volatile(".byte 0x0f, 0x01, 0xe8" : : : "memory");
		return;
	}
	asm volatile("movl %%ss, %%eax\n\t"
		     "pushq %%rax\n\t"
		     "leaq 8(%%rsp), %%rcx\n\t"
		     "pushq %%rcx\n\t"
		     "pushfq\n\t"
		     "movl %%cs, %%eax\n\t"
		     "pushq %%rax\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "iretq\n"
		     "1:"
		     : : : "rax", "rcx", "memory", "cc");
}
