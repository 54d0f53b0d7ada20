/* SPDX-License-Identifier: MIT */
/* What is patched in Linux's text: lock prefixes, and the safe set of alternatives with their records made inert. */
#include "test_sites_linux.h"

static const struct sites_linux_cpuid all = {
	.leaf1_c = UINT32_MAX, .leaf7_b = UINT32_MAX, .leaf7_d = UINT32_MAX, .extended1_c = UINT32_MAX,
	.extended1_d = UINT32_MAX,
};
static const struct sites_linux_cpuid none;

#define popcnt "\xf3\x0f\xb8\xc7"

/* Verifies, plans and applies; returns how many records there were. */
static uint32_t patch(bool one_cpu, const struct sites_linux_cpuid *cpuid)
{
	const struct sites_linux_choice choice = { one_cpu, cpuid };
	struct patched_text text;
	struct plan_input input = { .text = &text };
	struct journal journal;
	struct plan plan;

	k.arena.used = 0;
	assert_fine(verify());
	assert_fine(sites_linux_text(&k.tables, &text));
	assert_fine(sites_linux_read(&k.tables, &k.found, &choice, &k.arena, &input));
	assert_string_equal(input.table, SITES_LINUX_NAME);
	assert_true(input.count * sizeof(struct plan_record) <= k.arena.used);
	assert_true(k.arena.used <= sites_linux_verify_space(&k.tables) + sites_linux_space(&k.tables, &choice));
	assert_fine(plan_make(&plan, &input, &k.arena));
	fake_reset(NULL);
	journal = journal_make(&plan);
	apply(&journal);
	k.arena.used = 0;
	return input.count;
}

static void assert_bytes(uint64_t address, const void *bytes, unsigned size)
{
	assert_memory_equal(at(address), bytes, size);
}

static void add_locks(void)
{
	add_lock(0, 0);
	add_lock(TEXT + 9, 0xf0);
	add_lock(TEXT + 3, 0x3e);
	add_lock(TEXT + 5, 0x66);
	put(TEXT + 6, 0xf0, 1);
	add_lock(INIT, 0xf0);
	add_lock(KERNEL + 0x5000, 0xf0);
}

static void locks_of_one_cpu(void **state)
{
	(void)state;
	add_locks();
	assert_int_equal(patch(true, NULL), 3);
	assert_bytes(TEXT + 3, "\x3e\0\x66\xf0\0\0\x3e", 7);
	/* Linux leaves what it runs once or never. */
	assert_bytes(INIT, "\xf0", 1);
	assert_bytes(KERNEL + 0x5000, "\xf0", 1);
	/* Linux's own pass, and a second one of ours, find nothing more. */
	assert_int_equal(patch(true, &all), 2);
}

static void locks_of_two_cpus(void **state)
{
	uint64_t before;

	(void)state;
	add_locks();
	before = hash(k.image, IMAGE_SIZE);
	assert_int_equal(patch(false, NULL), 3);
	assert_true(hash(k.image, IMAGE_SIZE) == before);
}

static void memory(void **state)
{
	const struct sites_linux_choice locks = { true, NULL }, safe = { true, &all };
	struct plan_input input;
	uint64_t used;

	(void)state;
	add_locks();
	add_alternative(TEXT + 0x20, POPCNT, 0, 4, popcnt, 4);
	add_alternative(TEXT + 0x24, POPCNT, 0, 4, popcnt, 4);
	assert_fine(verify());
	assert_int_equal(sites_linux_space(&k.tables, &locks), 6 * 32);
	assert_int_equal(sites_linux_space(&k.tables, &safe), 10 * 32 + 2 * 8);
	/* Behind what verification took, which is read. */
	used = k.arena.used;
	k.arena.size = used + 10 * 32 + 2 * 8;
	assert_fine(sites_linux_read(&k.tables, &k.found, &safe, &k.arena, &input));
	k.arena.used = used;
	k.arena.size--;
	assert_error(sites_linux_read(&k.tables, &k.found, &safe, &k.arena, &input), ERROR_SITE_MEMORY);
	assert_int_equal(k.arena.used, used);
}

/* One site of the safe set; its features are there on a CPU that has all of them. */
static void safe_sites(void **state)
{
	static const struct { unsigned feature; const char *image; unsigned length; } cases[] = {
		{ POPCNT, popcnt, 4 }, { POPCNT, "\xf3\x48\x0f\xb8\xc7", 5 },
		{ CX16, "\x65\x48\x0f\xc7\x0e", 5 }, { CX16, "\x65\x48\x0f\xc7\x0f\x0f\x94\xc0", 8 },
		{ RDTSCP, "\x0f\x01\xf9", 3 }, { CLFLUSHOPT, "\x66\x0f\xae\x38", 4 }, { CLWB, "\x66\x0f\xae\x30", 4 },
		{ PREFETCH, "\x0f\x0d\x0c\x03", 4 }, { PREFETCH, "\x41\x0f\x0d\x0f", 4 },
		{ PREFETCH, "\x0f\x0d\x48\xf8", 4 }, { PREFETCH, "\x0f\x0d\x8f\x80\x05\0\0", 7 },
		{ PREFETCH, "\x0f\x0d\x8c\x06\xc0\xfe\xff\xff", 8 }, { PREFETCH, "\x0f\x0d\x4c\x06\x40", 5 },
		{ PREFETCH, "\x0f\x0d\x0c\x25\x01\x02\x03\x04", 8 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t record;

		kernel_begin(14);
		record = add_alternative(TEXT, cases[i].feature, 0, cases[i].length + 3, cases[i].image, cases[i].length);
		memset(at(TEXT), 0xaa, 32);
		assert_int_equal(patch(false, &none), 0);
		assert_int_equal(patch(false, NULL), 0);
		assert_bytes(TEXT, "\xaa\xaa", 2);
		assert_int_equal(patch(false, &all), 2);
		assert_bytes(TEXT, cases[i].image, cases[i].length);
		assert_bytes(TEXT + cases[i].length, "\x0f\x1f\x00\xaa", 4);
		/* Never selected: NOT, ALWAYS. */
		assert_bytes(record + 8, "\x75\0\x01\0", 4);
		assert_int_equal(patch(false, &all), 0);
	}
}

/* Each feature by itself: of all the registers, the one bit that says whether it is there. */
static void one_bit_each(void **state)
{
	static const struct { unsigned feature; size_t reg; unsigned bit; const char *image; unsigned length; } cases[] = {
		{ CX16, offsetof(struct sites_linux_cpuid, leaf1_c), 13, "\x0f\xc7\x0e", 3 },
		{ POPCNT, offsetof(struct sites_linux_cpuid, leaf1_c), 23, popcnt, 4 },
		{ ERMS, offsetof(struct sites_linux_cpuid, leaf7_b), 9, popcnt, 4 },
		{ CLFLUSHOPT, offsetof(struct sites_linux_cpuid, leaf7_b), 23, "\x66\x0f\xae\x38", 4 },
		{ CLWB, offsetof(struct sites_linux_cpuid, leaf7_b), 24, "\x66\x0f\xae\x30", 4 },
		{ FSRM, offsetof(struct sites_linux_cpuid, leaf7_d), 4, popcnt, 4 },
		{ PREFETCH, offsetof(struct sites_linux_cpuid, extended1_c), 8, "\x0f\x0d\x0f", 3 },
		{ RDTSCP, offsetof(struct sites_linux_cpuid, extended1_d), 27, "\x0f\x01\xf9", 3 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sites_linux_cpuid one = none, lacking = all;

		*(uint32_t *)((uint8_t *)&one + cases[i].reg) = UINT32_C(1) << cases[i].bit;
		*(uint32_t *)((uint8_t *)&lacking + cases[i].reg) = ~(UINT32_C(1) << cases[i].bit);
		kernel_begin(14);
		add_alternative(TEXT, cases[i].feature, 0, cases[i].length, cases[i].image, cases[i].length);
		assert_int_equal(patch(false, &lacking), 0);
		assert_int_equal(patch(false, &one), 2);
	}
}

static void wrong_images(void **state)
{
	static const struct { const char *image; unsigned length; unsigned site; } cases[] = {
		/* Relative to rip; another instruction; another opcode; one more byte; too long a padding; cut short. */
		{ "\x0f\x0d\x0d\1\2\3\4", 7, 7 }, { "\x90", 1, 1 }, { "\x0f\x1f\x00", 3, 3 }, { "\x0f\x0d\x09\x90", 4, 4 },
		{ popcnt, 4, 13 }, { "\x0f\xc7\x0f\x0f\x94\xc1", 6, 6 }, { "\x0f\xc7\x0f\x90", 4, 4 }, { "\x0f\xb8", 2, 2 },
		{ "", 0, 3 }, { "\xe8\0\0\0\0\x90", 6, 6 }, { "\xe9\0\0\0\0", 5, 5 }, { "\x66", 1, 1 },
		{ "\x0f\x0d\x0f\x0f\x94\xc0", 6, 6 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		kernel_begin(14);
		add_alternative(TEXT, POPCNT, 0, cases[i].site, cases[i].image, cases[i].length);
		assert_int_equal(patch(false, &all), 0);
	}
}

/* A call is moved, and all records of the site are made inert, whoever decided it. */
static void calls(void **state)
{
	uint64_t first, image = KERNEL + 0x8000;
	uint8_t call[5] = { 0xe8 };
	int32_t displacement;

	(void)state;
	displacement = (int32_t)(BUG - (image + 5));
	memcpy(call + 1, &displacement, 4);
	first = add_alternative(TEXT, REP_GOOD, 0, 5, call, 5);
	displacement = (int32_t)(BUG + 64 - (image + 10));
	memcpy(call + 1, &displacement, 4);
	add_alternative(TEXT, ERMS, 0, 5, call, 5);
	assert_int_equal(patch(false, &none), 0);
	assert_int_equal(patch(false, &all), 3);
	displacement = (int32_t)(BUG + 64 - (TEXT + 5));
	assert_bytes(TEXT, "\xe8", 1);
	assert_bytes(TEXT + 1, &displacement, 4);
	assert_bytes(first + 8, "\x75\0\x01\0", 4);
	assert_bytes(first + 14 + 8, "\x75\0\x01\0", 4);
}

/* From the image the call reaches its target, from the site before it it would not. */
static void a_call_too_far(void **state)
{
	(void)state;
	add_alternative(TEXT, POPCNT, 0, 5, "\xe8\xff\xff\xff\x7f", 5);
	assert_int_equal(patch(false, &all), 0);
}

static void undecided_sites(void **state)
{
	(void)state;
	/* What Linux decides comes last, or next to last where the last one is not there. */
	add_alternative(TEXT, POPCNT, 0, 4, popcnt, 4);
	add_alternative(TEXT, REP_GOOD, 0, 4, popcnt, 4);
	add_alternative(TEXT + 4, POPCNT, 0, 4, popcnt, 4);
	add_alternative(TEXT + 4, REP_GOOD, 0, 4, popcnt, 4);
	add_alternative(TEXT + 4, POPCNT, ALTERNATIVE_NOT, 4, popcnt, 4);
	/* Lengths differ; a direct call; jumps. */
	add_alternative(TEXT + 8, POPCNT, 0, 4, popcnt, 4);
	add_alternative(TEXT + 8, POPCNT, 0, 5, popcnt, 4);
	add_direct_call(TEXT + 16, SLOTS);
	add_alternative(TEXT + 16, POPCNT, 0, 6, popcnt, 4);
	add_alternative(TEXT + 24, POPCNT, 0, 5, popcnt, 4);
	put(TEXT + 24, 0xe9, 1);
	add_alternative(TEXT + 32, POPCNT, 0, 5, popcnt, 4);
	put(TEXT + 32, 0xeb, 1);
	assert_int_equal(patch(false, &all), 0);
}

static void decided_sites(void **state)
{
	(void)state;
	/* The last that is there wins; ALWAYS is there, and what is not asked for is. */
	add_alternative(INIT, ALTERNATIVE_ALWAYS, 0, 4, popcnt, 4);
	add_alternative(INIT, FSRM, 0, 4, "\x0f\x01\xf9", 3);
	add_alternative(INIT, ERMS, ALTERNATIVE_NOT, 4, "\x0f\x0d\x09", 3);
	assert_int_equal(patch(false, &all), 4);
	assert_bytes(INIT, "\x0f\x01\xf9\x90", 4);
	kernel_begin(14);
	add_alternative(INIT, ALTERNATIVE_ALWAYS, 0, 4, popcnt, 4);
	add_alternative(INIT, FSRM, 0, 4, "\x0f\x01\xf9", 3);
	assert_int_equal(patch(false, &none), 3);
	assert_bytes(INIT, popcnt, 4);
}

/* Where the record of a layout cannot be made inert, nothing is patched. */
static void other_layouts(void **state)
{
	static const unsigned sizes[] = { 12, 13, 24 };
	uint64_t record;

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		kernel_begin(sizes[i]);
		record = add_alternative(TEXT, POPCNT, 0, 4, popcnt, 4);
		assert_int_equal(patch(false, &all), 0);
		if (sizes[i] == 24)
			continue;
		add_alternative(TEXT + 8, REP_GOOD, ALTERNATIVE_NOT, 3, "", 0);
		assert_int_equal(patch(false, &all), sizes[i] == 12 ? 2 : 0);
		if (sizes[i] == 12)
			assert_bytes(record + 8, "\x75\x80\x04\x04", 4);
	}
}

/* Where sections overlap, the bytes that were verified are those that are patched: here of .init.text, since .text has two. */
static void overlapping_texts(void **state)
{
	const uint64_t site = TEXT + places[SITES_LINUX_TEXT].size - 2;
	static uint8_t init[16];

	(void)state;
	*section(SITES_LINUX_INIT_TEXT) = (struct linked_bytes){ span(init, sizeof(init)), site - 4 };
	init[4] = 0xaa;
	put(site, 0xe9, 1);
	add_alternative(site, POPCNT, 0, 4, popcnt, 4);
	assert_int_equal(patch(false, &all), 2);
	assert_memory_equal(init + 4, popcnt, 4);
	assert_bytes(site, "\xe9\0", 2);
	/* A site of one byte is in both: the first one holds it. */
	kernel_begin(14);
	*section(SITES_LINUX_INIT_TEXT) = (struct linked_bytes){ span(init, sizeof(init)), site - 4 };
	add_lock(site, 0xf0);
	assert_int_equal(patch(true, NULL), 1);
	assert_bytes(site, "\x3e", 1);
}

/* What is executed elsewhere is understood and left. */
static void sites_elsewhere(void **state)
{
	const uint64_t code = KERNEL + 0xe000;

	(void)state;
	add_executable(code, 0x20);
	add_alternative(code, POPCNT, 0, 4, popcnt, 4);
	add_alternative(TEXT, POPCNT, 0, 4, popcnt, 4);
	add_lock(code + 8, 0xf0);
	add_lock(TEXT + 8, 0xf0);
	assert_int_equal(patch(true, &all), 3);
	assert_bytes(code, "\0\0\0\0\0\0\0\0\xf0", 9);
	assert_bytes(TEXT, popcnt "\0\0\0\0\x3e", 9);
}

/* Of a kernel one table of which is not sound, the other is patched. */
static void one_unsound_table(void **state)
{
	const struct sites_linux_choice choice = { true, &all };
	struct plan_input input;

	(void)state;
	for (unsigned odd = 0; odd < 2; odd++) {
		kernel_begin(14);
		add_alternative(TEXT, POPCNT, 0, 4, popcnt, 4);
		add_lock(TEXT + 8, 0xf0);
		extend(odd ? SITES_LINUX_LOCKS : SITES_LINUX_REPLACEMENTS, 1);
		assert_error(verify(), odd ? ERROR_LINUX_TABLE : ERROR_LINUX_CHAIN);
		assert_fine(sites_linux_read(&k.tables, &k.found, &choice, &k.arena, &input));
		assert_int_equal(input.count, odd ? 2 : 1);
		assert_int_equal(input.record[0].kind, odd ? SITES_LINUX_ALTERNATIVE : SITES_LINUX_LOCK);
	}
}

/* Lock prefixes of which each is sound, and together they are not: one is there twice. */
static void unsound_locks(void **state)
{
	const struct sites_linux_choice choice = { true, &all };
	struct plan_input input;

	(void)state;
	add_alternative(TEXT, POPCNT, 0, 4, popcnt, 4);
	add_lock(TEXT + 8, 0xf0);
	add_lock(TEXT + 9, 0xf0);
	add_lock(TEXT + 8, 0xf0);
	assert_error(verify(), ERROR_LINUX_SHARED);
	assert_fine(sites_linux_read(&k.tables, &k.found, &choice, &k.arena, &input));
	assert_int_equal(input.count, 2);
	assert_int_equal(input.record[0].kind, SITES_LINUX_ALTERNATIVE);
}

/* A lock prefix inside a site that is replaced: one plan, one image. */
static void lock_in_a_site(void **state)
{
	(void)state;
	add_alternative(TEXT, POPCNT, 0, 6, popcnt, 4);
	add_lock(TEXT + 1, 0xf0);
	assert_int_equal(patch(true, &all), 3);
	assert_bytes(TEXT, popcnt "\x66\x90", 6);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, kernel_end, "sites_linux_plan", locks_of_one_cpu, locks_of_two_cpus, memory,
			      safe_sites, one_bit_each, wrong_images, calls, a_call_too_far, undecided_sites,
			      decided_sites, other_layouts, overlapping_texts, sites_elsewhere, one_unsound_table,
			      unsound_locks, lock_in_a_site);
}
