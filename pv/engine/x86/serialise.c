/* SPDX-License-Identifier: MIT */
/*
 * Serialising.  It runs inside the window, so it lies in the section that has no patch site.
 */
#include "../mask.h"
#include "serialise.h"

#include <stdint.h>

#define LEAF_FEATURES     7
#define SERIALIZE_IN_EDX (UINT32_C(1) << 14)

static bool has_serialize;

/* EDX of a leaf of CPUID, subleaf 0; EAX of leaf 0 is the highest leaf. */
static uint32_t cpuid_word(uint32_t leaf, bool want_eax)
{
	uint32_t eax = leaf, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return want_eax ? eax : edx;
}

bool serialise_start(void)
{
	has_serialize = cpuid_word(0, true) >= LEAF_FEATURES && (cpuid_word(LEAF_FEATURES, false) & SERIALIZE_IN_EDX);
	return has_serialize;
}

WINDOW_CODE void serialise(void)
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
