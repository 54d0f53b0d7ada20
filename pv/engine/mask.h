/* SPDX-License-Identifier: MIT */
/*
 * The contract of a backend, and the mask: the quiet in which code is patched.
 *
 * The rule: code is patched only while nothing can run it.  What masks differs from one hypervisor to the next, and some
 * masks look right and do nothing (cli under Xen PV, the PV mask byte in an HVM guest), so mask_enter() checks its own
 * effect, and nothing stores to text without the token that only mask_enter() makes.
 */
#ifndef LULL_PV_ENGINE_MASK_H
#define LULL_PV_ENGINE_MASK_H

#include <core/error.h>

/*
 * Marks what runs inside the window.  The section holds no patch site: the build checks that, and so does PLAN when its
 * caller lists the section among the forbidden ranges.  Nothing in it calls a function outside of it, not even memcpy().
 */
#define WINDOW_CODE __attribute__((section(".text.window")))

/*
 * What a backend supplies.  All of it but suits() and proof_*() runs inside the window: WINDOW_CODE, no sites.
 */
struct backend {
	/* What masks: "RFLAGS.IF", "evtchn_upcall_mask".  Errors name it. */
	const char *name;

	/* Mask. */

	/* An error (MASK_UNSUITED, or a better one) when the CPU is in a mode in which this mask masks nothing. */
	struct error (*suits)(void);
	/* Reads back the flag or the byte that masks; never what the backend remembers. */
	bool (*is_masked)(void);
	void (*mask)(void);
	/* Store, barrier, then test pending, then force the callback.  Pending events are kept, never cleared. */
	void (*unmask)(void);

	/* Serialise. */

	/* SERIALIZE or IRET; never CPUID or WBINVD, which exit.  A compiler barrier too. */
	void (*serialise)(void);

	/* Prove: the event of the boot-time proof.  Begin and end are called outside of the window. */

	/* Sets up one event of our own and leaves the CPU unmasked. */
	struct error (*proof_begin)(void);
	/* Makes the event pending, once.  Called masked; WINDOW_CODE. */
	void (*proof_raise)(void);
	/* True while the event is pending and not yet delivered.  Called masked; WINDOW_CODE. */
	bool (*proof_pending)(void);
	/* How many times the event arrived since proof_begin().  WINDOW_CODE. */
	uint32_t (*proof_delivered)(void);
	/* Takes the event down again and leaves the mask as proof_begin() found it. */
	void (*proof_end)(void);
};

/*
 * The right to store to text.  Made by mask_enter(), spent by mask_exit(); members are mask.c's own.  It knows its own
 * address, so that a zeroed token, a copy and a spent one are refused alike.
 */
struct mask_token {
	const struct mask_token *self_;
	const struct backend *backend_;
	bool was_masked_;
	bool unserialised_;
};

/* mask.c: the window. */

/*
 * Masks and makes the token.  An error, and everything as it was, when the backend does not suit the CPU's mode or
 * masking had no effect.  Windows nest: the inner exit leaves the mask closed.
 */
struct error mask_enter(const struct backend *backend, struct mask_token *token);

/*
 * Ends the window and spends the token; unmasks unless the window was entered masked.  CHECKs that the CPU has been
 * serialised since the last store and that it is still masked.
 */
void mask_exit(struct mask_token *token);

/* CHECKs that this is a live token and that the CPU is masked. */
void mask_check(const struct mask_token *token);

/* Notes that text is about to be stored to: from now on, mask_exit() wants a mask_serialise(). */
void mask_note_store(struct mask_token *token);

/* Serialises the CPU, and notes it. */
void mask_serialise(struct mask_token *token);

/* True when the window was entered masked, that is, when mask_exit() will not unmask. */
bool mask_was_masked(const struct mask_token *token);

/* mask.c: the proof. */

/*
 * One event is made pending before the text is touched.  It must not arrive inside the window and must arrive exactly
 * once after it.  In this order:
 *
 *	backend->proof_begin(); mask_enter();
 *	proof_raise(); ...commit...; proof_hold();
 *	mask_exit();
 *	proof_settle(); backend->proof_end();
 */
struct proof {
	/* Events that were pending at the end of the window and had not arrived: 0 or 1. */
	uint32_t held;
	/* Events that arrived after it. */
	uint32_t delivered;
	/* Events that had arrived when the window ended: must be 0. */
	uint32_t inside;
	/* Events that had arrived when ours was made pending, and were not ours: the same interrupt may have been somebody's before. */
	uint32_t before;
};

/* Counts what has arrived so far, and makes the event pending. */
void proof_raise(struct mask_token *token, struct proof *proof);

/* Called at the end of the window: notes whether the event is still held. */
void proof_hold(struct mask_token *token, struct proof *proof);

/* Waits a bounded time, unmasked, for the event.  Errors: PROOF_HELD, PROOF_DELIVERED, unless held and delivered are both 1. */
struct error proof_settle(const struct backend *backend, struct proof *proof);

#endif
