/* SPDX-License-Identifier: MIT */
/*
 * lull/site.h for real: this program declares sites of every kind, reads its own tables, patches its own text through a
 * writable alias and runs what came out.
 */
#include "test_engine.h"
#include "own_image.h"

#include <cpuid.h>

#include <pv/engine/sites_lull.h>

/* The sites. */

int macro_two(void);
int macro_three(void);
int macro_two(void) { return 2; }
int macro_three(void) { return 3; }
int (*macro_slot)(void) = macro_two;

/* Around code that calls: leaves the red zone alone and aligns the stack. */
#define CALL_BEGIN	"mov %%rsp, %%rbx\n\tsub $256, %%rsp\n\tand $-16, %%rsp\n\t"
#define CALL_END	"mov %%rbx, %%rsp"
#define CALL_CLOBBERS	"rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc", "memory"

static __attribute__((noinline)) int trapped(int value)
{
	__asm__ volatile(LULL_SITE_TRAPPED
			 LULL_CHOICE(LULL_FEATURE_ALWAYS, "add $1, %0")
			 LULL_CHOICE(LULL_FEATURE_VENDOR_AMD, "add $1000, %0")
			 LULL_CHOICE(LULL_FEATURE_OWN(0), "add $4, %0")
			 LULL_SITE_END : "+r"(value) : : "cc");
	return value;
}

static __attribute__((noinline)) int called(void)
{
	int answer;

	__asm__ volatile(CALL_BEGIN LULL_SITE_CALL(macro_slot) LULL_SITE_END CALL_END : "=a"(answer) : : CALL_CLOBBERS);
	return answer;
}

static __attribute__((noinline)) int call_or_inline(void)
{
	int answer;

	__asm__ volatile(CALL_BEGIN
			 LULL_SITE_CALL(macro_slot)
			 LULL_CHOICE(LULL_FEATURE_BACKEND_XEN_HVM, "xor %%eax, %%eax")
			 LULL_CHOICE(LULL_FEATURE_BACKEND_KVM, "mov $7, %%eax; nop; nop; nop")
			 LULL_SITE_END CALL_END : "=a"(answer) : : CALL_CLOBBERS);
	return answer;
}

static __attribute__((noinline)) int branches(void)
{
	int answer;

	__asm__ volatile(CALL_BEGIN
			 LULL_SITE_CODE(LULL_CALL_TO(macro_two))
			 LULL_CHOICE(LULL_FEATURE_FSRM, LULL_CALL_TO(macro_three))
			 LULL_SITE_END CALL_END : "=a"(answer) : : CALL_CLOBBERS);
	return answer;
}

/* Sixteen bits: the assembler may put the operand-size prefix first, which must not move the site. */
static __attribute__((noinline)) unsigned short locked(unsigned short value)
{
	__asm__ volatile(LULL_LOCK "incw %0" : "+m"(value) : : "cc");
	return value;
}

/* Not optimised away, never run: what a site without a choice looks like. */
static __attribute__((noinline)) int bare(int value)
{
	__asm__ volatile(LULL_SITE_CODE("nop; nop; nop") LULL_CHOICE(LULL_FEATURE_SERIALIZE, "ud2") LULL_SITE_END
			 : "+r"(value) :);
	return value;
}

static __attribute__((noinline)) int branch(void)
{
	if (lull_branch(LULL_FEATURE_OWN(1)))
		return 1;
	return 0;
}

/* True as long as the feature is not absent: the jump is there first, and goes. */
static __attribute__((noinline)) int branch_taken(void)
{
	if (lull_branch_taken(LULL_FEATURE_NOT | LULL_FEATURE_OWN(1)))
		return 1;
	return 0;
}

/* Three sites of different kinds in code that has a choice of its own, longer than itself. */
static __attribute__((noinline)) int outer(int value)
{
	int counter = 0;

	__asm__ volatile(LULL_OUTER
			 "inc %0\n\t"
			 LULL_SITE_TRAPPED
			 LULL_CHOICE(LULL_FEATURE_ALWAYS, "add $10, %0")
			 LULL_CHOICE(LULL_FEATURE_OWN(0), "add $20, %0")
			 LULL_SITE_END
			 LULL_BRANCH(LULL_FEATURE_OWN(1), 1f)
			 "add $100, %0\n"
			 "1:\n\t"
			 LULL_LOCK "incl %1\n\t"
			 LULL_OUTER_CHOICE(LULL_FEATURE_OWN(2), "add $7, %0")
			 LULL_OUTER_CHOICE(LULL_FEATURE_OWN(3), "add $8, %0; .fill 60, 1, 0x90")
			 LULL_OUTER_END : "+r"(value), "+m"(counter) : : "cc");
	return value + 1000 * counter;
}

/* Every use of it is a site; here it is one. */
static __attribute__((noinline)) uint32_t self_test(void) { return lull_self_test(); }

/* This program's own sections. */

static struct {
	struct own_image image;
	struct patched_text text;
	struct sites_lull tables;
	struct arena arena;
	struct plan plan;
} t;

static struct backend backend;

static void serialise_by_cpuid(void)
{
	unsigned a, b, c, d;

	__cpuid(0, a, b, c, d);
}

static int begin(void **state)
{
	(void)state;
	t.image = own_image_map();
	t.text = own_image_alias(own_image_section(t.image, ".text"));
	t.tables.sites = own_image_section(t.image, ".lull_sites");
	t.tables.sites_address = (uint64_t)t.tables.sites.at;
	t.tables.images.bytes = own_image_section(t.image, ".lull_images");
	t.tables.images.address = (uint64_t)t.tables.images.bytes.at;
	t.tables.data = span(&macro_slot, sizeof(macro_slot));
	t.tables.data_address = (uint64_t)&macro_slot;
	t.arena = arena_make(65536);
	backend = fake_backend;
	backend.serialise = serialise_by_cpuid;
	return 0;
}

static struct error plan_for(const unsigned *features, unsigned count)
{
	struct plan_input input = { .text = &t.text };
	struct lull_features vector = { { 0, 0 } };

	for (unsigned i = 0; i < count; i++)
		lull_features_set(&vector, features[i]);
	t.arena.used = 0;
	TRY(sites_lull_read(&t.tables, &vector, &t.arena, &input));
	return plan_make(&t.plan, &input, &t.arena);
}


static void write_journal(void (*how)(struct journal *, struct mask_token *), struct journal *journal)
{
	struct mask_token token;

	assert_fine(mask_enter(&backend, &token));
	how(journal, &token);
	mask_exit(&token);
}

static void unpatched_answers(void)
{
	assert_int_equal(self_test(), 0);
	assert_int_equal(called(), 2);
	assert_int_equal(call_or_inline(), 2);
	assert_int_equal(branches(), 2);
	assert_int_equal(locked(0xffff), 0);
	assert_int_equal(bare(5), 5);
	assert_int_equal(branch(), 0);
	assert_int_equal(branch_taken(), 1);
}

/* Sites of this program by kind, those inside the outer one included. */
static const uint32_t declared[PLAN_KINDS] = {
	[LULL_KIND_TRAPPED] = 2, [LULL_KIND_CODE] = 3, [LULL_KIND_CALL] = 2, [LULL_KIND_LOCK] = 2, [LULL_KIND_BRANCH] = 3,
	[LULL_KIND_OUTER] = 1,
};

/* Plans for the features, patches, and has the caller look; then reverts, to the byte. */
static void with(const unsigned *features, unsigned count, void (*look)(void))
{
	const uint64_t before = hash(t.text.run, t.text.length);
	struct journal journal = journal_make(&t.plan);

	unpatched_answers();
	assert_fine(plan_for(features, count));
	assert_int_equal(t.plan.site_count, 10);
	for (unsigned kind = LULL_KIND_TRAPPED; kind <= LULL_KIND_OUTER; kind++)
		assert_int_equal(t.plan.kind[kind].patched + t.plan.kind[kind].left, declared[kind]);
	write_journal(journal_apply, &journal);
	assert_int_equal(self_test(), LULL_SELF_TEST_PATCHED);
	look();
	write_journal(journal_revert, &journal);
	assert_int_equal(hash(t.text.run, t.text.length), before);
	unpatched_answers();
}

static void look_plain(void)
{
	assert_int_equal(trapped(1), 2);
	/* The calls are direct: the slot is not asked any more. */
	macro_slot = macro_three;
	assert_int_equal(called(), 2);
	assert_int_equal(call_or_inline(), 2);
	macro_slot = macro_two;
	assert_int_equal(branches(), 2);
	assert_int_equal(locked(8), 9);
	assert_int_equal(bare(5), 5);
	assert_int_equal(branch(), 0);
	assert_int_equal(branch_taken(), 1);
	assert_int_equal(outer(0), 1111);
	assert_int_equal(t.plan.kind[LULL_KIND_TRAPPED].left, 0);
	assert_int_equal(t.plan.kind[LULL_KIND_LOCK].left, 2);
	assert_int_equal(t.plan.kind[LULL_KIND_BRANCH].left, 3);
	assert_int_equal(t.plan.kind[LULL_KIND_OUTER].left, 1);
}

static void plain(void **state)
{
	(void)state;
	with(NULL, 0, look_plain);
}

static void look_some(void)
{
	assert_int_equal(trapped(1), 2);
	assert_int_equal(call_or_inline(), 0);
	assert_int_equal(branches(), 3);
	assert_int_equal(locked(0x00ff), 0x0100);
}

static void some(void **state)
{
	static const unsigned features[] = { LULL_FEATURE_ONE_CPU, LULL_FEATURE_FSRM, LULL_FEATURE_BACKEND_XEN_HVM };

	(void)state;
	with(features, 3, look_some);
}

static void look_amd(void) { assert_int_equal(trapped(1), 1001); }

static void amd(void **state)
{
	static const unsigned features[] = { LULL_FEATURE_VENDOR_AMD };

	(void)state;
	with(features, 1, look_amd);
}

static void look_last(void)
{
	assert_int_equal(trapped(1), 5);
	assert_int_equal(call_or_inline(), 7);
	assert_int_equal(called(), 2);
}

static void last_match_wins(void **state)
{
	static const unsigned features[] = { LULL_FEATURE_VENDOR_AMD, LULL_FEATURE_OWN(0), LULL_FEATURE_BACKEND_KVM };

	(void)state;
	with(features, 3, look_last);
}

/* The branches turned, in the outer code too. */
static void look_branches(void)
{
	assert_int_equal(branch(), 1);
	assert_int_equal(branch_taken(), 0);
	assert_int_equal(outer(0), 1021);
	assert_int_equal(t.plan.kind[LULL_KIND_BRANCH].patched, 3);
	assert_int_equal(t.plan.kind[LULL_KIND_LOCK].patched, 2);
}

static void turned_branches(void **state)
{
	static const unsigned features[] = { LULL_FEATURE_ONE_CPU, LULL_FEATURE_OWN(0), LULL_FEATURE_OWN(1) };

	(void)state;
	with(features, 3, look_branches);
}

/* A choice of the outer code replaces what its sites chose. */
static void look_outer(void)
{
	assert_int_equal(outer(0), 7);
	assert_int_equal(t.plan.kind[LULL_KIND_OUTER].patched, 1);
	assert_int_equal(t.plan.kind[LULL_KIND_LOCK].patched, 1);
	assert_int_equal(t.plan.kind[LULL_KIND_BRANCH].patched, 3);
}

static void outer_choice(void **state)
{
	static const unsigned features[] = { LULL_FEATURE_OWN(1), LULL_FEATURE_OWN(2) };

	(void)state;
	with(features, 2, look_outer);
}

static void look_last_outer(void) { assert_int_equal(outer(0), 8); }

static void last_outer_choice(void **state)
{
	static const unsigned features[] = { LULL_FEATURE_OWN(2), LULL_FEATURE_OWN(3) };

	(void)state;
	with(features, 2, look_last_outer);
}

/* A second plan does not find the bytes that it was made for. */
static void not_twice(void **state)
{
	struct journal journal = journal_make(&t.plan);
	struct plan plan;
	struct arena arena;

	(void)state;
	assert_fine(plan_for(NULL, 0));
	write_journal(journal_apply, &journal);
	plan = t.plan;
	arena = t.arena;
	t.arena = arena_make(65536);
	assert_error(plan_for(NULL, 0), ERROR_SITE_BYTES);
	free(t.arena.at);
	t.arena = arena;
	t.plan = plan;
	write_journal(journal_revert, &journal);
}

/* A slot that nobody has filled stops the plan where no choice makes up for it. */
static void empty_slot(void **state)
{
	(void)state;
	macro_slot = NULL;
	assert_error(plan_for(NULL, 0), ERROR_SITE_UNCHOSEN);
	macro_slot = macro_two;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain), cmocka_unit_test(some), cmocka_unit_test(amd),
		cmocka_unit_test(last_match_wins), cmocka_unit_test(turned_branches), cmocka_unit_test(outer_choice),
		cmocka_unit_test(last_outer_choice), cmocka_unit_test(not_twice), cmocka_unit_test(empty_slot),
	};

	return cmocka_run_group_tests_name("engine: lull/site.h", tests, begin, NULL);
}
