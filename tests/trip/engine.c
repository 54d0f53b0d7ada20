/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine with something wrong: its tables, its text, its mask, its event, its window.
 */
#include "trip.h"

#include <arch/x86/layout.h>
#include <arch/x86/traps.h>
#include <lull/site.h>
#include <pv/engine/commit.h>
#include <pv/engine/journal.h>
#include <string.h>

extern const char text_start[], text_end[], sites_start[];

static uint8_t *writable(uint64_t address) { return (uint8_t *)(TEXT_ALIAS_BASE + address); }

uint64_t text_hash(void)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *at = text_start; at < text_end; at++)
		hash = (hash ^ (uint8_t)*at) * 0x100000001b3;
	return hash;
}

/* The text. */

/* Changes the first byte of the first site of the table, before anybody has looked. */
void change_site(void)
{
	const struct lull_site *site = (const struct lull_site *)sites_start;

	*writable((uint64_t)&site->site + (uint64_t)(int64_t)site->site) ^= 1;
}

/* The plan. */

WRAP(struct error, plan_make, struct plan *plan, const struct plan_input *input, struct arena *arena)
{
	struct patched_text text = *input->text;
	struct plan_input changed = *input;

	if (tripping("text-window")) {
		text.length = UINT64_C(1) << 40;
		changed.text = &text;
	}
	struct error error = __real_plan_make(plan, &changed, arena);

	/* The self-test's site gets the bytes that it has. */
	for (uint64_t at = 0; tripping("self-test") && at + 5 <= plan->byte_count; at++) {
		uint32_t value;

		memcpy(&value, plan->new_bytes + at, sizeof(value));
		if (value == LULL_SELF_TEST_PATCHED)
			memset((uint8_t *)(uintptr_t)plan->new_bytes + at, 0, sizeof(value));
	}
	return error;
}

/* The mask. */

static bool pretending;
static unsigned unmasked;

WINDOW_CODE static void mask_by(void (*real)(void))
{
	pretending = tripping("mask-pretends");
	/* Which a Xen PV guest must not believe in. */
	if (tripping("mask-cli"))
		asm volatile("cli" : : : "memory");
	else if (!pretending && !tripping("mask-off"))
		real();
}

WINDOW_CODE static bool is_masked_by(bool (*real)(void))
{
	if (tripping("mask-pretends"))
		return pretending;
	return tripping("mask-stuck") || real();
}

/* The first call is proof_begin()'s, the second ends the window. */
WINDOW_CODE static void unmask_by(void (*real)(void))
{
	pretending = false;
	if (unmasked++ == 0 || !tripping("event-lost"))
		real();
}

WRAP(struct error, flag_suits, void)
{
	return tripping("mask-unsuited") ? error_make(ERROR_MASK_UNSUITED, "RFLAGS.IF", 0, 3) : __real_flag_suits();
}

WRAP(struct error, xen_pv_suits, void)
{
	if (tripping("mask-unsuited"))
		return error_make(ERROR_MASK_UNSUITED, "evtchn_upcall_mask", 3, 0);
	return __real_xen_pv_suits();
}

WINDOW_CODE WRAP(void, flag_mask, void) { mask_by(__real_flag_mask); }
WINDOW_CODE WRAP(bool, flag_is_masked, void) { return is_masked_by(__real_flag_is_masked); }
WINDOW_CODE WRAP(void, flag_unmask, void) { unmask_by(__real_flag_unmask); }
WINDOW_CODE WRAP(void, xen_pv_mask, void) { mask_by(__real_xen_pv_mask); }
WINDOW_CODE WRAP(bool, xen_pv_is_masked, void) { return is_masked_by(__real_xen_pv_is_masked); }
WINDOW_CODE WRAP(void, xen_pv_unmask, void) { unmask_by(__real_xen_pv_unmask); }

/* The event. */

static void (*handler)(void);
static bool twice;

static void handle_twice(void)
{
	handler();
	if (!twice)
		trip_backend()->proof_raise();
	twice = true;
}

WINDOW_CODE WRAP(void, xen_pv_proof_raise, void)
{
	if (!tripping("event-never"))
		__real_xen_pv_proof_raise();
}

WRAP(void, traps_on_event, void (*wanted)(void))
{
	handler = wanted;
	__real_traps_on_event(wanted && tripping("event-twice") ? handle_twice : wanted);
}

/* The window. */

static void commit_halves(struct mask_token *token, const struct patched_text *text, const struct edit *edit,
			  uint32_t count, const uint8_t *bytes);

WINDOW_CODE WRAP(void, commit, struct mask_token *token, const struct patched_text *text, const struct edit *edit,
		 uint32_t count, const uint8_t *bytes)
{
	/* Room for any one site (struct lull_site, site_length). */
	static uint8_t elsewhere[UINT8_MAX];
	struct patched_text window = *text;
	struct mask_token copy = *token, zeroed = { 0 };

	if (tripping("nmi-in-window")) {
		commit_halves(token, text, edit, count, bytes);
		return;
	}
	if (tripping("mask-opened"))
		trip_backend()->unmask();
	if (tripping("read-back")) {
		window.write = (uint8_t *)((uintptr_t)elsewhere - edit->offset);
		count = 1;
	}
	if (tripping("token-copied"))
		token = &copy;
	if (tripping("token-zeroed"))
		token = &zeroed;
	__real_commit(token, &window, edit, count, bytes);
}

/* An NMI while half of the sites are patched. */
WINDOW_CODE static void commit_halves(struct mask_token *token, const struct patched_text *text,
				      const struct edit *edit, uint32_t count, const uint8_t *bytes)
{
	uint32_t half = count / 2;

	__real_commit(token, text, edit, half, bytes);
	send_nmi();
	for (uint32_t i = 0; i < half; i++)
		bytes += edit[i].length;
	__real_commit(token, text, edit + half, count - half, bytes);
}

void misuse_window(void)
{
	const struct patched_text text = { .run = (const uint8_t *)text_start };
	const struct plan nothing = { .text = &text };
	struct journal journal = journal_make(&nothing);
	struct mask_token token;

	if (failed(mask_enter(trip_backend(), &token)))
		return;
	if (tripping("not-serialised"))
		mask_note_store(&token);
	if (tripping("journal-twice")) {
		journal_apply(&journal, &token);
		journal_apply(&journal, &token);
	}
	if (tripping("journal-not-applied"))
		journal_revert(&journal, &token);
	mask_exit(&token);
	if (tripping("token-spent"))
		__real_commit(&token, &text, NULL, 0, NULL);
	if (tripping("token-spent-serialise"))
		mask_serialise(&token);
}

/* After the window. */

WRAP(struct error, journal_verify, const struct journal *journal)
{
	if (tripping("text-changed-after"))
		*writable(journal->plan->text->address + journal->plan->edit[0].offset) ^= 1;
	return __real_journal_verify(journal);
}
