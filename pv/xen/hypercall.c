/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ways to make a hypercall.  The ABI: number in rax, arguments in rdi, rsi, rdx, r10, result in rax, all
 * else preserved but for the rcx and r11 of SYSCALL (xen/include/public/arch-x86/xen-x86_64.h).
 */
#include <arch/x86/cpu.h>
#include <lull/site.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/xen/hypercall.h>

static enum { BY_VMCALL, BY_VMMCALL, BY_SYSCALL } instruction;
static bool site_patched;

void xen_hypercall_start(void)
{
	if (privilege_level() != 0)
		instruction = BY_SYSCALL;
	else
		instruction = cpu_is_amd() ? BY_VMMCALL : BY_VMCALL;
}

void xen_hypercall_use_site(bool patched) { site_patched = patched; }

#define HYPERCALL_OPERANDS \
	"+a"(result), "+D"(first), "+S"(second), "+d"(third), "+r"(r10) : : "rcx", "r11", "memory"

/* Chooses the instruction by a branch and not by a patch site: before the first window, and after a failure. */
static int64_t hypercall_plain(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth)
{
	register uint64_t r10 asm("r10") = fourth;
	int64_t result = (int64_t)number;

	if (instruction == BY_SYSCALL)
		asm volatile("syscall" : HYPERCALL_OPERANDS);
	else if (instruction == BY_VMMCALL)
		asm volatile("vmmcall" : HYPERCALL_OPERANDS);
	else
		asm volatile("vmcall" : HYPERCALL_OPERANDS);
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
		     LULL_CHOICE(LULL_FEATURE_BACKEND_XEN_PV, "syscall")
		     LULL_SITE_END
		     : HYPERCALL_OPERANDS);
	return result;
}

struct error xen_result(const char *name, int64_t result)
{
	return result < 0 ? error_make(ERROR_HYPERCALL, name, 0, (uint64_t)-result) : error_none();
}
