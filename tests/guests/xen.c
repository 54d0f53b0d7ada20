/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls from PVH, and what they tell.
 *
 * The instruction goes by CPU vendor: no hypercall page is asked for, because writing its MSR would latch the width of
 * shared_info, which is one of the things to look at.
 */
#include "pvh.h"
#include "xen_guest.h"

#include <xen/hvm/params.h>
#include <xen/memory.h>

static bool vmmcall;
static int xen_state;		/* 0 unknown, 1 no, 2 yes */

bool on_xen(void)
{
	uint32_t r[4];

	if (xen_state)
		return xen_state == 2;
	xen_state = 1;
	cpuid(1, r);
	if (!(r[2] & 1u << 31))
		return false;
	for (uint32_t leaf = 0x40000000; leaf < 0x40010000; leaf += 0x100) {
		cpuid(leaf, r);
		if (r[1] == 0x566e6558 && r[2] == 0x65584d4d && r[3] == 0x4d4d566e)	/* "XenVMMXenVMM" */
			xen_state = 2;
	}
	cpuid(0, r);
	vmmcall = r[1] == 0x68747541 || r[1] == 0x6f677948;	/* "Auth"enticAMD, "Hygo"nGenuine */
	return xen_state == 2;
}

long hypercall3(unsigned number, uintptr_t a, uintptr_t b, uintptr_t c)
{
	long result;

	if (!on_xen())
		return -1;
#ifdef __x86_64__
	if (vmmcall)
		__asm__ volatile("vmmcall" : "=a"(result), "+D"(a), "+S"(b), "+d"(c) : "0"(number) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(result), "+D"(a), "+S"(b), "+d"(c) : "0"(number) : "memory");
#else
	if (vmmcall)
		__asm__ volatile("vmmcall" : "=a"(result), "+b"(a), "+c"(b), "+d"(c) : "0"(number) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(result), "+b"(a), "+c"(b), "+d"(c) : "0"(number) : "memory");
#endif
	return result;
}

long hypercall2(unsigned number, uintptr_t a, uintptr_t b) { return hypercall3(number, a, b, 0); }

uint64_t hvm_parameter(uint32_t index)
{
	struct xen_hvm_param parameter = { .domid = DOMID_SELF, .index = index };

	return hypercall2(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&parameter) == 0 ? parameter.value : 0;
}

/* The entries of E820 as XENMEM_memory_map stores them (public/memory.h). */
struct __attribute__((packed)) e820_entry {
	uint64_t start, size;
	uint32_t type;
};

bool xen_memory_map(struct found *into)
{
	static struct e820_entry entry[MAX_AREAS];
	struct xen_memory_map map = { .nr_entries = MAX_AREAS };

	set_xen_guest_handle(map.buffer, (void *)entry);
	if (hypercall2(__HYPERVISOR_memory_op, XENMEM_memory_map, (uintptr_t)&map))
		return false;
	into->area_count = map.nr_entries;
	for (uint32_t i = 0; i < map.nr_entries; i++)
		into->area[i] = (struct area){ entry[i].start, entry[i].start + entry[i].size, entry[i].type == 1 };
	return true;
}

void xen_console_start(bool dom0)
{
	uint64_t page = dom0 ? 0 : hvm_parameter(HVM_PARAM_CONSOLE_PFN);

	xen_console_use(dom0, page ? reach(page * PAGE) : NULL, (uint32_t)hvm_parameter(HVM_PARAM_CONSOLE_EVTCHN));
}
