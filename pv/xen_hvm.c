/* SPDX-License-Identifier: MIT */
/*
 * Xen HVM and PVH guests.
 *
 * What masks: RFLAGS.IF.  Event channels arrive by an interrupt vector (HVM_PARAM_CALLBACK_IRQ), and Xen injects it
 * only while IF is set.  evtchn_upcall_mask masks nothing here: Xen does not look at it in an HVM guest
 * (xen/arch/x86/hvm/irq.c).
 *
 * What still gets in: NMI, #MC and faults.  Their handlers (arch/x86/traps.c) have no patch sites.
 *
 * The proof is made with a real event: an IPI event channel of our own, sent while masked.  For that shared_info is
 * mapped into a page of address space above 4 GiB that the memory map does not mention, so that no RAM is given up for
 * it, and is unmapped again at the end.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/paging.h>
#include <arch/x86/traps.h>
#include <core/fatal.h>
#include <lull/site.h>
#include <pv/flag.h>
#include <pv/hypervisor.h>
#include <pv/platform.h>
#include <pv/xen.h>
#include <pv/xen_hypercall.h>

#include <string.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#define CALLBACK_VIA_VECTOR (UINT64_C(2) << 56)
#define CALLBACK_VIA_NONE 0
#define LEAF_TIME 3
#define BITS 64
#define WORDS 64

static uint64_t shared_info_page;

/* What the loader's side of shared_info looked like before the proof borrowed it. */
static struct {
	struct shared_info *shared;
	uint32_t port;
	uint8_t upcall_pending;
	xen_ulong_t pending_sel;
	xen_ulong_t mask[WORDS];
	uint32_t delivered;
} proof;

static int64_t hvm_param(unsigned index, uint64_t *value)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };
	int64_t result = xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (uint64_t)&param, 0, 0);

	*value = result < 0 ? 0 : param.value;
	return result;
}

static int64_t set_callback(uint64_t via)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ, .value = via };

	return xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param, (uint64_t)&param, 0, 0);
}

static struct error hypercall_error(const char *name, int64_t result)
{
	return error_make(ERROR_HYPERCALL, name, 0, (uint64_t)-result);
}

/* The proof. */

WINDOW_CODE static bool our_event_pending(void)
{
	return proof.shared->evtchn_pending[proof.port / BITS] >> proof.port % BITS & 1;
}

/* Runs in the interrupt, after the window: takes our event and leaves every other where it is. */
static void on_event(void)
{
	struct vcpu_info *vcpu = &proof.shared->vcpu_info[0];
	uint64_t bit = proof.port % BITS;

	__atomic_store_n(&vcpu->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (!our_event_pending())
		return;
	/* Xen sets bits beside ours from CPUs of its own, however few this guest has: this lock stays. */
	__atomic_fetch_and(&proof.shared->evtchn_pending[proof.port / BITS], ~((xen_ulong_t)1 << bit), __ATOMIC_SEQ_CST);
	asm volatile(LULL_LOCK "incl %0" : "+m"(proof.delivered) : : "cc");
}

static struct error map_shared_info(void)
{
	struct xen_add_to_physmap request = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = shared_info_page >> PAGE_SHIFT,
	};
	struct range page = { shared_info_page, shared_info_page + PAGE_SIZE };
	int64_t result = xen_hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uint64_t)&request, 0, 0);

	if (result < 0)
		return hypercall_error("XENMEM_add_to_physmap", result);
	if (!paging_reach(page))
		return error_make(ERROR_REACH, NULL, 0, shared_info_page);
	proof.shared = (struct shared_info *)shared_info_page;
	return error_none();
}

/* Masks every channel but ours, and makes the vCPU look as if nothing were pending. */
static void borrow(void)
{
	struct vcpu_info *vcpu = &proof.shared->vcpu_info[0];

	for (unsigned i = 0; i < WORDS; i++) {
		xen_ulong_t ours = i == proof.port / BITS ? (xen_ulong_t)1 << proof.port % BITS : 0;

		proof.mask[i] = __atomic_exchange_n(&proof.shared->evtchn_mask[i], ~ours, __ATOMIC_SEQ_CST);
	}
	proof.upcall_pending = __atomic_exchange_n(&vcpu->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	proof.pending_sel = __atomic_exchange_n(&vcpu->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

static struct error begin(void)
{
	struct evtchn_bind_ipi bind = { .vcpu = 0 };

	TRY(map_shared_info());
	int64_t result = xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (uint64_t)&bind, 0, 0);
	if (result < 0)
		return hypercall_error("EVTCHNOP_bind_ipi", result);
	proof.port = bind.port;
	proof.delivered = 0;
	borrow();
	traps_on_event(on_event);
	result = set_callback(CALLBACK_VIA_VECTOR | VECTOR_EVENT);
	if (result < 0)
		return hypercall_error("HVM_PARAM_CALLBACK_IRQ", result);
	flag_unmask();
	return error_none();
}

WINDOW_CODE static void raise(void)
{
	struct evtchn_send send = { .port = proof.port };

	xen_hypercall_plain(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&send, 0, 0);
}

WINDOW_CODE static bool pending(void)
{
	return proof.shared->vcpu_info[0].evtchn_upcall_pending != 0 && our_event_pending();
}

WINDOW_CODE static uint32_t delivered(void) { return proof.delivered; }

/* Puts shared_info back; whatever came in meanwhile is announced again, so that no event is lost. */
static void give_back(void)
{
	struct vcpu_info *vcpu = &proof.shared->vcpu_info[0];
	xen_ulong_t sel = proof.pending_sel;

	for (unsigned i = 0; i < WORDS; i++) {
		__atomic_store_n(&proof.shared->evtchn_mask[i], proof.mask[i], __ATOMIC_SEQ_CST);
		if (proof.shared->evtchn_pending[i] & ~proof.mask[i])
			sel |= (xen_ulong_t)1 << i;
	}
	__atomic_fetch_or(&vcpu->evtchn_pending_sel, sel, __ATOMIC_SEQ_CST);
	if (sel || proof.upcall_pending)
		__atomic_store_n(&vcpu->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
}

/* Nothing is handed over with a page of Xen's in place of a hole: what cannot be put back ends the boot. */
static void put_back(const char *name, int64_t result)
{
	if (result < 0)
		fatal(hypercall_error(name, result));
}

static void end(void)
{
	struct evtchn_close close = { .port = proof.port };
	struct xen_remove_from_physmap unmap = { .domid = DOMID_SELF, .gpfn = shared_info_page >> PAGE_SHIFT };

	/* Not the site: after a refused window nothing is patched. */
	flag_mask();
	traps_on_event(NULL);
	put_back("HVM_PARAM_CALLBACK_IRQ", set_callback(CALLBACK_VIA_NONE));
	put_back("EVTCHNOP_close",
		 xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (uint64_t)&close, 0, 0));
	give_back();
	put_back("XENMEM_remove_from_physmap",
		 xen_hypercall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, (uint64_t)&unmap, 0, 0));
}

/* The platform. */

static bool detect(void) { return privilege_level() == 0 && hypervisor_base(XEN_SIGNATURE) != 0; }

/* The end of a region that a page touches; 0 when it touches none. */
static uint64_t end_of_region_at(const struct memory_map *memory, uint64_t page)
{
	struct range wanted = { page, page + PAGE_SIZE }, region;

	for (uint64_t i = 0; i < memory->count && i < BOOT_MAX_REGIONS; i++)
		if (range_make(memory->region[i].start, memory->region[i].size, &region) &&
		    range_overlaps(region, wanted))
			return region.end;
	return 0;
}

/* The first 2 MiB boundary from 4 GiB up that no region of the memory map has; each region is stepped over once. */
static uint64_t hole_above_memory(const struct memory_map *memory)
{
	uint64_t page = 4 * GIB;

	for (uint64_t i = 0; i < memory->count; i++) {
		uint64_t end = end_of_region_at(memory, page);

		if (end == 0)
			break;
		page = round_down(end + 2 * MIB - 1, 2 * MIB);
	}
	return page;
}

static struct error start(struct boot_info *info)
{
	struct xen_console console = { 0, 0 };
	uint64_t page, port;

	xen_hypercall_start();
	if (hvm_param(HVM_PARAM_CONSOLE_PFN, &page) >= 0 && hvm_param(HVM_PARAM_CONSOLE_EVTCHN, &port) >= 0 && page) {
		struct range where = { page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT };

		if (paging_reach(where))
			console = (struct xen_console){ where.start, (uint32_t)port };
	}
	/* Who cannot read the start flags tries Xen's own console: it costs a domU nothing and is dom0's only one. */
	xen_console_start(xen_is_dom0(info) || failed(info->error), console);
	if (info->memory.count == 0 && !failed(info->error))
		TRY(xen_memory_map(&info->memory));
	shared_info_page = hole_above_memory(&info->memory);
	return error_none();
}

static uint64_t clock_khz(void) { return cpuid(hypervisor_base(XEN_SIGNATURE) + LEAF_TIME, 0).ecx; }

static const struct backend backend = {
	.name = "xen-hvm",
	.suits = flag_suits,
	.is_masked = flag_is_masked,
	.mask = flag_mask,
	.unmask = flag_unmask,
	.serialise = serialise,
	.proof_begin = begin,
	.proof_raise = raise,
	.proof_pending = pending,
	.proof_delivered = delivered,
	.proof_end = end,
};

const struct platform platform_xen_hvm = {
	.name = "xen-hvm",
	.backend = &backend,
	.feature = LULL_FEATURE_BACKEND_XEN_HVM,
	.detect = detect,
	.start = start,
	.cpu_limit = xen_cpu_limit,
	.clock_khz = clock_khz,
	.console_write = xen_console_write,
	.console_drain = xen_console_drain,
	.crash = xen_crash,
};
