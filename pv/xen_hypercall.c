/* SPDX-License-Identifier: MIT */
/*
 * The two ways to make a hypercall.  The ABI: number in rax, arguments in rdi, rsi, rdx, r10, result in rax, all
 * else preserved (xen/include/public/arch-x86/xen-x86_64.h).
 */
#include <arch/x86/cpu.h>
#include <lull/site.h>
#include <pv/xen_hypercall.h>

static bool vmmcall;
static bool site_patched;

bool cpu_wants_vmmcall(void)
{
	struct cpuid vendor = cpuid(0, 0);
	bool amd = vendor.ebx == 0x68747541 && vendor.edx == 0x69746e65 && vendor.ecx == 0x444d4163;
	bool hygon = vendor.ebx == 0x6f677948 && vendor.edx == 0x6e65476e && vendor.ecx == 0x656e6975;

	return amd || hygon;
}

void xen_hypercall_start(void) { vmmcall = cpu_wants_vmmcall(); }

void xen_hypercall_use_site(bool patched) { site_patched = patched; }

/* By a branch on the vendor, without a site: before the window, and after a failure. */
static int64_t hypercall_plain(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	register uint64_t r10 asm("r10") = fourth;
	int64_t result = (int64_t)number;

	if (vmmcall)
		asm volatile("vmmcall" : "+a"(result), "+D"(first), "+S"(second), "+d"(third), "+r"(r10) : : "memory");
	else
		asm volatile("vmcall" : "+a"(result), "+D"(first), "+S"(second), "+d"(third), "+r"(r10) : : "memory");
	return result;
}

int64_t xen_hypercall(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	register uint64_t r10 asm("r10") = fourth;
	int64_t result = (int64_t)number;

	if (!site_patched)
		return hypercall_plain(number, first, second, third, fourth);
	asm volatile(LULL_SITE_TRAPPED
		     LULL_CHOICE(LULL_FEATURE_ALWAYS, "vmcall")
		     LULL_CHOICE(LULL_FEATURE_VENDOR_AMD, "vmmcall")
		     LULL_SITE_END
		     : "+a"(result), "+D"(first), "+S"(second), "+d"(third), "+r"(r10) : : "memory");
	return result;
}
