/* SPDX-License-Identifier: MIT */
/* Text that was patched at boot: what was there, the plan that was applied, and other plans, all from the tables. */
#include "test_engine.h"

#include <pv/engine/boot_plan.h>
#include <pv/engine/sites_lull.h>

#define SITES   UINT64_C(0xffffffff82000000)
#define IMAGES  UINT64_C(0xffffffff82100000)
#define DATA    UINT64_C(0xffffffff82200000)
#define LENGTH  256
#define RECORDS 10

static struct {
	struct lull_site site[RECORDS];
	unsigned count;
	uint8_t images[64];
	uint64_t slot;
	struct patched_text text;
	struct sites_lull tables;
	struct arena arena;
	struct plan_input input;
	uint8_t linked[LENGTH], copy[LENGTH];
} t;

static void record(unsigned kind, unsigned key, unsigned offset, unsigned length, uint64_t image, unsigned image_length)
{
	const uint64_t at = SITES + 16 * t.count;

	t.site[t.count++] = (struct lull_site){
		.site = (int32_t)(TEXT_ADDRESS + offset - at), .image = image ? (int32_t)(image - (at + 4)) : 0,
		.key = (uint16_t)key, .kind = (uint8_t)kind, .site_length = (uint8_t)length,
		.image_length = (uint8_t)image_length,
	};
}

static void put_branch(uint8_t *at, unsigned opcode_size, uint64_t address, uint64_t target)
{
	int32_t distance = (int32_t)(target - (address + opcode_size + 4));

	memcpy(at + opcode_size, &distance, 4);
}

/* Code that begins with a call, a trap, a call through a slot, a lock prefix in an outer site. */
static int begin(void **state)
{
	(void)state;
	fake_reset(NULL);
	memset(&t, 0, sizeof(t));
	t.text = text_make(LENGTH);
	memset(t.text.write, 0x48, LENGTH);
	t.slot = TEXT_ADDRESS + 200;
	memcpy(t.images, "\xe8\0\0\0\0\xb8\2\0\0\0\x31\xc0\x90", 13);
	put_branch(t.images, 1, IMAGES, TEXT_ADDRESS + 180);
	t.text.write[16] = 0xe8;
	put_branch(t.text.write + 16, 1, TEXT_ADDRESS + 16, TEXT_ADDRESS + 180);
	memset(t.text.write + 21, 0x90, 2);
	record(LULL_KIND_CODE, 0, 16, 7, IMAGES, 5);
	record(LULL_KIND_CHOICE, LULL_FEATURE_OWN(0), 16, 7, IMAGES + 5, 5);
	memset(t.text.write + 32, 0xcc, 2);
	record(LULL_KIND_TRAPPED, 0, 32, 2, 0, 0);
	record(LULL_KIND_CHOICE, LULL_FEATURE_ALWAYS, 32, 2, IMAGES + 10, 2);
	memcpy(t.text.write + 48, "\xff\x15", 2);
	put_branch(t.text.write + 48, 2, TEXT_ADDRESS + 48, DATA);
	record(LULL_KIND_CALL, 0, 48, 6, DATA, 0);
	t.text.write[64] = 0xf0;
	record(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 64, 1, 0, 0);
	record(LULL_KIND_CHOICE, LULL_FEATURE_OWN(1), 64, 3, IMAGES + 12, 1);
	record(LULL_KIND_OUTER, 0, 64, 3, 0, 0);
	t.tables = (struct sites_lull){
		.sites = span(t.site, t.count * 16), .sites_address = SITES,
		.images = { span(t.images, 13), IMAGES },
		.data = span(&t.slot, 8), .data_address = DATA,
	};
	t.arena = arena_make(65536);
	memcpy(t.linked, t.text.run, LENGTH);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(t.arena.at);
	text_free(&t.text);
	return 0;
}

static void read_for(unsigned feature)
{
	struct lull_features features = { { 0, 0 } };

	lull_features_set(&features, feature);
	t.input = (struct plan_input){ .text = &t.text };
	assert_fine(sites_lull_read(&t.tables, &features, &t.arena, &t.input));
}

/* What the shim did: another plan, which nobody remembers. */
static void patch_at_boot(unsigned feature)
{
	struct journal journal;
	struct plan plan;

	read_for(feature);
	assert_fine(plan_make(&plan, &t.input, &t.arena));
	journal = journal_make(&plan);
	apply(&journal);
	assert_memory_not_equal(t.text.run, t.linked, LENGTH);
}

static void there_and_back(void **state)
{
	uint8_t booted[LENGTH];
	struct plan boot, next;
	struct journal from, to;
	struct mask_token token;

	(void)state;
	patch_at_boot(LULL_FEATURE_ONE_CPU);
	memcpy(booted, t.text.run, LENGTH);
	read_for(LULL_FEATURE_ONE_CPU);
	assert_fine(boot_plan(&boot, &t.input, t.copy, &t.arena));
	assert_memory_equal(t.copy, t.linked, LENGTH);
	assert_ptr_equal(boot.text, &t.text);
	read_for(LULL_FEATURE_OWN(0));
	assert_fine(boot_plan_next(&next, &t.input, t.copy, &t.arena));
	assert_ptr_equal(next.text, &t.text);
	assert_memory_equal(t.text.run, booted, LENGTH);

	from = (struct journal){ &boot, true };
	to = journal_make(&next);
	assert_fine(journal_verify(&from));
	assert_fine(mask_enter(&fake_backend, &token));
	journal_revert(&from, &token);
	assert_memory_equal(t.text.run, t.linked, LENGTH);
	journal_apply(&to, &token);
	assert_int_equal(t.text.run[64], 0xf0);
	assert_memory_equal(t.text.run + 16, "\xb8\2\0\0\0\x66\x90", 7);
	journal_revert(&to, &token);
	journal_apply(&from, &token);
	mask_exit(&token);
	assert_memory_equal(t.text.run, booted, LENGTH);
}

/* Other features than those of the boot, or a byte that somebody else changed. */
static void not_what_was_done(void **state)
{
	struct error error;
	struct plan plan;

	(void)state;
	patch_at_boot(LULL_FEATURE_ONE_CPU);
	read_for(LULL_FEATURE_OWN(5));
	error = boot_plan(&plan, &t.input, t.copy, &t.arena);
	assert_error(error, ERROR_SITE_BYTES);
	assert_int_equal(error.site, TEXT_ADDRESS + 64);
	read_for(LULL_FEATURE_ONE_CPU);
	t.text.write[17] ^= 1;
	error = boot_plan(&plan, &t.input, t.copy, &t.arena);
	assert_error(error, ERROR_SITE_BYTES);
	assert_int_equal(error.site, TEXT_ADDRESS + 17);
}

/* The choice of an outer site was taken: the bytes between the sites in it are nowhere. */
static void lost(void **state)
{
	struct error error;
	struct plan plan;

	(void)state;
	patch_at_boot(LULL_FEATURE_OWN(1));
	read_for(LULL_FEATURE_OWN(1));
	error = boot_plan(&plan, &t.input, t.copy, &t.arena);
	assert_error(error, ERROR_SITE_LOST);
	assert_int_equal(error.expected, 7);
	assert_int_equal(error.site, TEXT_ADDRESS + 64);
}

/* Chosen for a site in front of an outer one, which has the same address or another one. */
static void chosen_before(void **state)
{
	struct plan plan;

	(void)state;
	t.count = 4;
	record(LULL_KIND_OUTER, 0, 32, 3, 0, 0);
	t.tables.sites.size = 16 * t.count;
	patch_at_boot(LULL_FEATURE_ONE_CPU);
	read_for(LULL_FEATURE_ONE_CPU);
	assert_fine(boot_plan(&plan, &t.input, t.copy, &t.arena));
	memcpy(t.text.write, t.linked, LENGTH);
	t.site[4].site -= 1;
	t.site[4].site_length = 5;
	patch_at_boot(LULL_FEATURE_ONE_CPU);
	read_for(LULL_FEATURE_ONE_CPU);
	assert_fine(boot_plan(&plan, &t.input, t.copy, &t.arena));
}

/* What PLAN refuses is not written to the copy either. */
static void outside(void **state)
{
	struct plan plan;

	(void)state;
	patch_at_boot(LULL_FEATURE_ONE_CPU);
	t.site[5].site += 1000;
	t.tables.sites.size = 16 * 6;
	read_for(LULL_FEATURE_ONE_CPU);
	assert_error(boot_plan(&plan, &t.input, t.copy, &t.arena), ERROR_SITE_REACH);
	t.site[5].site -= 1000 - (LENGTH - 64);
	read_for(LULL_FEATURE_ONE_CPU);
	assert_error(boot_plan(&plan, &t.input, t.copy, &t.arena), ERROR_SITE_REACH);
	assert_int_equal(plan.edit_count, 0);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "engine: patched at boot", there_and_back, not_what_was_done, lost,
			 chosen_before, outside);
}
