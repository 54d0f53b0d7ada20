/* SPDX-License-Identifier: MIT */
#include <arch/x86/cpu.h>
#include <pv/hypervisor.h>

#include <string.h>

#define FIRST_BASE 0x40000000u
#define LAST_BASE  0x4000ff00u
#define BASE_STEP  0x100u

uint32_t hypervisor_base(const char signature[12])
{
	if (!(cpuid(1, 0).ecx & 1u << 31))
		return 0;
	for (uint32_t base = FIRST_BASE; base <= LAST_BASE; base += BASE_STEP) {
		struct cpuid leaf = cpuid(base, 0);
		uint32_t words[3] = { leaf.ebx, leaf.ecx, leaf.edx };

		if (memcmp(words, signature, sizeof(words)) == 0)
			return base;
		if (leaf.eax < base || leaf.eax > base + 0xff)
			return 0;
	}
	return 0;
}
