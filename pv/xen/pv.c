/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 64-bit Xen PV guests, dom0 and domU.
 *
 * What masks: the byte evtchn_upcall_mask of this vCPU (pv/engine/x86/evtchn.h).  CLI and POPF mask nothing.
 *
 * What still gets in: exceptions, through the trap table below.  NMI and machine check do not: no handler is registered
 * for them, and Xen drops what nobody handles (set_guest_nmi_trapbounce and its like in xen/arch/x86/pv).
 *
 * vcpu_info stays where Xen put it, in shared_info: nobody has called VCPUOP_register_vcpu_info before us.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/thread.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/engine/x86/evtchn.h>
#include <pv/engine/x86/serialise.h>
#include <pv/platform.h>
#include <pv/xen/guest.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/pv.h>
#include <pv/xen/sharing.h>

#include <xen/callback.h>

#define EXCEPTION_NMI 2
#define EXCEPTION_MACHINE_CHECK 18
/* TI_SET_IF: events stay masked while a fault is handled. */
#define TRAP_MASKS_EVENTS 4

extern const char xen_pv_stubs[];

union xen_pv_shared xen_pv_shared __attribute__((aligned(4096)));

static bool is_dom0;

static bool detect(void) { return privilege_level() == 3; }

/* A handler for every exception but two. */
static struct error register_traps(void)
{
	struct trap_info table[EXCEPTION_COUNT + 1];
	unsigned count = 0;

	for (unsigned vector = 0; vector < EXCEPTION_COUNT; vector++) {
		if (vector == EXCEPTION_NMI || vector == EXCEPTION_MACHINE_CHECK)
			continue;
		table[count++] = (struct trap_info){
			.vector = (uint8_t)vector,
			.flags = TRAP_MASKS_EVENTS,
			.cs = FLAT_KERNEL_CS,
			.address = (uint64_t)xen_pv_stubs + vector * TRAP_STUB_SIZE,
		};
	}
	table[count] = (struct trap_info){ .address = 0 };
	return xen_result("set_trap_table", xen_hypercall(__HYPERVISOR_set_trap_table, (uint64_t)table, 0, 0, 0));
}

/* In dom0 the same bytes of start_info say where the description of the screen is. */
static struct xen_console find_rings(const struct start_info *start, struct xen_pv_boot *boot)
{
	if (start->flags & SIF_INITDOMAIN)
		return (struct xen_console){ 0, 0 };
	boot->console = xen_pv_ring(start, (mfn_t){ start->console.domU.mfn });
	if (start->store_mfn != start->console.domU.mfn)
		boot->store = xen_pv_ring(start, (mfn_t){ start->store_mfn });
	return (struct xen_console){ boot->console.v << PAGE_SHIFT, start->console.domU.evtchn };
}

/* For code of the libraries that unpack; 0 is what Xen starts a guest with. */
static struct error set_thread(uint64_t base)
{
	return xen_result("set_segment_base", xen_hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, base, 0, 0));
}

static struct error start(struct boot_info *info)
{
	const struct start_info *start_info = info->xen_pv.start_info;

	xen_hypercall_start();
	xen_pv_memory_look();
	if (!start_info) {
		xen_console_start(true, (struct xen_console){ 0, 0 });
		return error_none();
	}
	is_dom0 = xen_is_dom0(info);
	xen_console_start(is_dom0, find_rings(start_info, &info->xen_pv));
	TRY(register_traps());
	if (failed(info->error))
		return error_none();
	TRY(xen_pv_memory_start(info));
	TRY(xen_pv_map(va((uint64_t)&xen_pv_shared), (mfn_t){ start_info->shared_info >> PAGE_SHIFT },
		       XEN_PTE_PAGE | XEN_PTE_NO_EXECUTE));
	xen_pv_mask_start(&xen_pv_shared.info.vcpu_info[0]);
	return set_thread(thread_block());
}

/*
 * An event callback cannot be unregistered (xen/arch/x86/pv/callback.c: -EINVAL), but address 0 is what a domain begins
 * with.  The stack of the kernel is set by xl's builder (xg_dom_x86.c: vcpu_x86_64()), and not by Xen's own for dom0.
 */
void xen_pv_retire(va_t stack)
{
	struct callback_register callback = { .type = CALLBACKTYPE_event, .address = 0 };

	set_thread(0);
	xen_hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, (uint64_t)&callback, 0, 0);
	if (!is_dom0)
		xen_hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, stack.v, 0, 0);
	xen_hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0);
}

static struct error disks_open(const struct boot_info *info, struct machine_disks *disks)
{
	const struct start_info *start_info = info->xen_pv.start_info;
	struct store_ring ring = { NULL, 0 };

	if (info->xen_pv.store.v != 0)
		ring = (struct store_ring){ (void *)(info->xen_pv.store.v << PAGE_SHIFT), start_info->store_evtchn };
	return blkfront_open(&xen_pv_sharing, ring, info, disks);
}

/* Nanoseconds are ticks * multiplier / 2^32, after a shift (xen.h, struct vcpu_time_info). */
static uint64_t clock_khz(void)
{
	const struct vcpu_time_info *time = &xen_pv_shared.info.vcpu_info[0].time;
	uint64_t khz;

	if (time->tsc_to_system_mul == 0 || time->tsc_shift < -31 || time->tsc_shift > 31)
		return 0;
	khz = (UINT64_C(1000000) << 32) / time->tsc_to_system_mul;
	return time->tsc_shift < 0 ? khz << -time->tsc_shift : khz >> time->tsc_shift;
}

static const struct backend evtchn_backend = {
	.name = "evtchn_upcall_mask",
	.suits = xen_pv_suits,
	.is_masked = xen_pv_is_masked,
	.mask = xen_pv_mask,
	.unmask = xen_pv_unmask,
	.serialise = serialise,
	.proof_begin = xen_pv_proof_begin,
	.proof_raise = xen_pv_proof_raise,
	.proof_pending = xen_pv_proof_pending,
	.proof_delivered = xen_pv_proof_delivered,
	.proof_end = xen_pv_proof_end,
};

const struct platform platform_xen_pv = {
	.backend = &evtchn_backend,
	.detect = detect,
	.start = start,
	.cpu_limit = xen_cpu_limit,
	.clock_khz = clock_khz,
	.is_control_domain = xen_is_dom0,
	.cpuid = xen_pv_cpuid,
	.sites_ready = xen_hypercall_use_site,
	.reach = xen_pv_reach,
	.console_write = xen_console_write,
	.console_read = xen_console_read,
	.yield = xen_yield,
	.console_drain = xen_console_drain,
	.crash = xen_crash,
	.disks_open = disks_open,
	.disks_close = blkfront_close,
};
