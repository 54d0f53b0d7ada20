/* SPDX-License-Identifier: MIT */
/* What the tests of the engine share: text with a writable alias, an arena, and a backend that counts and can lie. */
#ifndef LULL_TESTS_ENGINE_H
#define LULL_TESTS_ENGINE_H

#define _GNU_SOURCE
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include <pv/engine/commit.h>
#include <pv/engine/journal.h>
#include <pv/engine/mask.h>
#include <pv/engine/plan.h>

/* Text: one memory, mapped twice. */

#define TEXT_ADDRESS UINT64_C(0xffffffff81000000)

static inline struct patched_text text_make(uint64_t length)
{
	int memory = memfd_create("text", 0);
	struct patched_text text = { .address = TEXT_ADDRESS, .length = length };

	assert_true(memory >= 0);
	assert_int_equal(ftruncate(memory, (off_t)length), 0);
	text.run = mmap(NULL, length, PROT_READ, MAP_SHARED, memory, 0);
	text.write = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_ptr_not_equal(text.run, MAP_FAILED);
	assert_ptr_not_equal(text.write, MAP_FAILED);
	close(memory);
	return text;
}

static inline void text_free(struct patched_text *text)
{
	munmap((void *)text->run, text->length);
	munmap(text->write, text->length);
}

/* FNV-1a. */
static inline uint64_t hash(const void *bytes, uint64_t size)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (uint64_t i = 0; i < size; i++)
		sum = (sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static inline struct arena arena_make(uint64_t size)
{
	struct arena arena = { aligned_alloc(8, (size + 7) & ~UINT64_C(7)), size, 0 };

	assert_non_null(arena.at);
	return arena;
}

/* The backend: a flag, an event, a log of what was called, and lies to order. */

static struct fake {
	bool masked;
	bool pending;
	uint32_t delivered;
	uint32_t raised;
	/* m mask, u unmask, z serialise, s suits, b begin, r raise, e end. */
	char log[64];
	unsigned logged;
	/* Lies. */
	bool unsuited;
	bool mask_does_nothing;
	bool stuck_masked;
	bool begin_fails;
	bool raise_does_nothing;
	bool always_pending;
	bool leaks;
	bool doubles;
	bool loses;
	/* So often somebody else's event came as soon as the proof began. */
	uint32_t earlier;
} fake;

static inline void fake_log(char what)
{
	if (fake.logged < sizeof(fake.log) - 1)
		fake.log[fake.logged++] = what;
}

static inline struct error fake_suits(void)
{
	fake_log('s');
	return fake.unsuited ? error_make(ERROR_MASK_UNSUITED, "fake", 0, 3) : error_none();
}

static inline bool fake_is_masked(void) { return fake.masked || fake.stuck_masked; }

static inline void fake_deliver(void)
{
	if (fake.pending && !fake.masked) {
		fake.pending = false;
		fake.delivered += fake.loses ? 0 : fake.doubles ? 2 : 1;
	}
}

static inline void fake_mask(void)
{
	fake_log('m');
	if (!fake.mask_does_nothing)
		fake.masked = true;
}

static inline void fake_unmask(void)
{
	fake_log('u');
	fake.masked = false;
	fake_deliver();
}

static inline void fake_serialise(void) { fake_log('z'); }

static inline struct error fake_begin(void)
{
	fake_log('b');
	if (fake.begin_fails)
		return error_make(ERROR_MASK_UNSUITED, "fake", 0, 4);
	fake.masked = false;
	fake.delivered = fake.earlier;
	return error_none();
}

static inline void fake_raise(void)
{
	fake_log('r');
	fake.raised++;
	fake.pending = !fake.raise_does_nothing;
	if (fake.leaks) {
		fake.pending = false;
		fake.delivered++;
	}
	fake_deliver();
}

static inline bool fake_pending(void) { return fake.pending || fake.always_pending; }
static inline uint32_t fake_delivered(void) { return fake.delivered; }
static inline void fake_end(void) { fake_log('e'); }

static const struct backend fake_backend = {
	.name = "fake",
	.suits = fake_suits,
	.is_masked = fake_is_masked,
	.mask = fake_mask,
	.unmask = fake_unmask,
	.serialise = fake_serialise,
	.proof_begin = fake_begin,
	.proof_raise = fake_raise,
	.proof_pending = fake_pending,
	.proof_delivered = fake_delivered,
	.proof_end = fake_end,
};

static inline int fake_reset(void **state)
{
	(void)state;
	fake = (struct fake){ 0 };
	return 0;
}

static inline uint64_t fake_clock(void)
{
	static uint64_t now;

	return now += 10;
}

/* Applies a plan in a window of the fake backend. */
static inline void apply(struct journal *journal)
{
	struct mask_token token;

	assert_fine(mask_enter(&fake_backend, &token));
	journal_apply(journal, &token);
	mask_exit(&token);
}

#endif
