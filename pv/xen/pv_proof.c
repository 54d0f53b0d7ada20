/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event of the boot-time proof in a Xen PV guest: an event channel bound to this vCPU itself (EVTCHNOP_bind_ipi).
 *
 * All other channels are masked meanwhile, one by one (evtchn_mask), so that what waits for the next kernel stays
 * pending.  Nothing of it is lost: what is pending when the channels are unmasked again is marked for delivery again, as
 * whoever unmasks a channel must (xen.h: "the edge is lost").
 */
#include <arch/x86/cpu.h>
#include <arch/x86/traps.h>
#include <lull/site.h>
#include <pv/engine/mask.h>
#include <pv/engine/x86/evtchn.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/pv.h>

#include <xen/callback.h>
#include <xen/event_channel.h>

#define WORDS 64

_Static_assert(sizeof(((struct shared_info *)0)->evtchn_mask) == WORDS * sizeof(uint64_t), "xen.h: 64 words of 64 channels");

extern const char xen_pv_event[];

static struct {
	uint64_t masks[WORDS];
	uint32_t port;
	uint32_t count;
	struct evtchn_send send;
} proof;

static struct vcpu_info *vcpu(void) { return &xen_pv_shared.info.vcpu_info[0]; }

static uint64_t port_bit(void) { return UINT64_C(1) << proof.port % 64; }

/* Both: Xen makes an upcall pending only when it is the first to set the channel's bit in the selector. */
static void clear_upcall(void)
{
	__atomic_store_n(&vcpu()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vcpu()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

static void on_event(void)
{
	uint64_t *pending = (uint64_t *)&xen_pv_shared.info.evtchn_pending[proof.port / 64];

	clear_upcall();
	if (!(__atomic_fetch_and(pending, ~port_bit(), __ATOMIC_SEQ_CST) & port_bit()))
		return;
	asm volatile(LULL_LOCK "incl %0" : "+m"(proof.count) : : "cc");
}

static void mask_channels(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		proof.masks[i] = __atomic_exchange_n(&xen_pv_shared.info.evtchn_mask[i], ~UINT64_C(0), __ATOMIC_SEQ_CST);
	clear_upcall();
}

/* Puts the masks back and marks again what is pending behind them.  Called with the vCPU masked. */
static void restore_channels(void)
{
	clear_upcall();
	for (unsigned i = 0; i < WORDS; i++) {
		__atomic_store_n(&xen_pv_shared.info.evtchn_mask[i], proof.masks[i], __ATOMIC_SEQ_CST);
		if (!(__atomic_load_n(&xen_pv_shared.info.evtchn_pending[i], __ATOMIC_SEQ_CST) & ~proof.masks[i]))
			continue;
		__atomic_fetch_or(&vcpu()->evtchn_pending_sel, UINT64_C(1) << i, __ATOMIC_SEQ_CST);
		__atomic_store_n(&vcpu()->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	}
}

struct error xen_pv_proof_begin(void)
{
	struct callback_register callback = { .type = CALLBACKTYPE_event, .address = (uint64_t)xen_pv_event };
	struct evtchn_bind_ipi bind = { .vcpu = 0 };

	TRY(xen_result("CALLBACKOP_register",
		       xen_hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, (uint64_t)&callback, 0, 0)));
	TRY(xen_event_channel(EVTCHNOP_bind_ipi, &bind, "EVTCHNOP_bind_ipi"));
	proof.port = bind.port;
	proof.send = (struct evtchn_send){ .port = bind.port };
	proof.count = 0;
	mask_channels();
	__atomic_fetch_and(&xen_pv_shared.info.evtchn_mask[proof.port / 64], ~port_bit(), __ATOMIC_SEQ_CST);
	traps_on_event(on_event);
	xen_pv_unmask();
	return error_none();
}

WINDOW_CODE void xen_pv_proof_raise(void)
{
	xen_pv_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&proof.send);
}

WINDOW_CODE bool xen_pv_proof_pending(void)
{
	return xen_pv_shared.info.evtchn_pending[proof.port / 64] >> proof.port % 64 & 1;
}

WINDOW_CODE uint32_t xen_pv_proof_delivered(void) { return __atomic_load_n(&proof.count, __ATOMIC_RELAXED); }

void xen_pv_proof_end(void)
{
	struct evtchn_close close = { .port = proof.port };

	xen_pv_mask();
	traps_on_event(NULL);
	xen_event_channel(EVTCHNOP_close, &close, "EVTCHNOP_close");
	restore_channels();
}
