/* SPDX-License-Identifier: MIT */
/*
 * Every bit of every field of small tables, flipped one at a time; and tables of a million records.
 *
 * A flip is either refused, with the table and the record named, or it changes a field whose every value is sound: which
 * feature is asked for, or bytes that no one reads.  Nothing is written in either case, and what is planned afterwards is
 * never a store to a byte that is no site.
 */
#include "test_sites_linux.h"

#include <time.h>

#define SITES 5

/* Distances that no flip of one bit bridges; replacements as long as their sites, so that no length can shrink. */
static const uint8_t site_lengths[SITES] = { 3, 5, 6, 7, 9 };

/* Text that is nothing but sites, so that a site cannot move without touching another one. */
static void build(unsigned record_size)
{
	uint64_t site = INIT;

	kernel_begin(record_size);
	for (unsigned i = 0; i < SITES; i++) {
		if (record_size == 14 && site_lengths[i] == 6)
			add_direct_call(site, SLOTS);
		else
			add_alternative(site, 100 + i, record_size != 24 && i % 2, site_lengths[i], "012345678", site_lengths[i]);
		site += site_lengths[i];
	}
	section(SITES_LINUX_INIT_TEXT)->bytes.size = site - INIT;
	section(SITES_LINUX_TEXT)->bytes.size = 0;
	section(SITES_LINUX_EXIT_TEXT)->bytes.size = 0;
}

/* Verifies after a flip and lets PLAN loose on what is sound; returns the error. */
static struct error check(void)
{
	const struct sites_linux_choice choice = { .one_cpu = true };
	const uint64_t before = hash(k.image, IMAGE_SIZE);
	struct patched_text text;
	struct plan_input input = { .text = &text };
	struct error error = verify();
	struct plan plan;

	if (!failed(error)) {
		assert_fine(sites_linux_text(&k.tables, &text));
		assert_fine(sites_linux_read(&k.tables, &k.found, &choice, &k.arena, &input));
		assert_fine(plan_make(&plan, &input, &k.arena));
		for (uint32_t i = 0; i < plan.edit_count; i++)
			assert_int_equal(plan.old_bytes[i], 0xf0);
		k.arena.used = 0;
	}
	assert_true(hash(k.image, IMAGE_SIZE) == before);
	return error;
}

/* Flips all bits of a table.  `harmless` says which bits of a record may have either value. */
static void flip(enum sites_linux_section table, unsigned record_size, bool (*harmless)(unsigned record, unsigned bit))
{
	const uint32_t count = (uint32_t)(section(table)->bytes.size / record_size);
	unsigned refused = 0;

	assert_fine(check());
	for (unsigned bit = 0; bit < count * record_size * 8; bit++) {
		unsigned record = bit / (8 * record_size);
		uint8_t *byte = at(section(table)->address) + bit / 8;
		struct error error;

		*byte ^= (uint8_t)(1 << bit % 8);
		error = check();
		*byte ^= (uint8_t)(1 << bit % 8);
		if (harmless(record, bit % (8 * record_size))) {
			assert_fine(error);
			continue;
		}
		if (!failed(error))
			print_error("bit %u of record %u of %s makes no difference\n", bit % (8 * record_size), record,
				    sites_linux_name[table]);
		assert_true(failed(error));
		assert_in_range(error.code, ERROR_LINUX_TABLE, ERROR_LINUX_CALL_IMAGE);
		assert_string_equal(error.subject, sites_linux_name[table]);
		/* The record itself, or one that it now disagrees with. */
		assert_true(error.expected < count);
		if (error.code != ERROR_LINUX_SHARED)
			assert_in_range(error.expected, record, record + 1);
		refused++;
	}
	print_message("%s, records of %u bytes: %u flips refused\n", sites_linux_name[table], record_size, refused);
}

/* The feature up to 1023, and "not". */
static bool harmless_12(unsigned record, unsigned bit)
{
	(void)record;
	return (bit >= 64 && bit < 74) || bit == 79;
}

/* And a padding that still fits. */
static bool harmless_13(unsigned record, unsigned bit)
{
	return harmless_12(record, bit) || (bit >= 96 && 1u << (bit - 96) <= site_lengths[record]);
}

/* "Not" is bit 80; bit 81 makes an alternative a call, or a call an alternative of five bytes. */
static bool harmless_14(unsigned record, unsigned bit)
{
	return (bit >= 64 && bit < 74) || bit == 80 || (bit == 81 && site_lengths[record] == 6);
}

static bool harmless_24(unsigned record, unsigned bit)
{
	(void)record;
	return (bit >= 128 && bit < 138) || bit >= 160;
}

static void alternatives(void **state)
{
	static const struct { unsigned size; bool (*harmless)(unsigned record, unsigned bit); } layouts[] = {
		{ 12, harmless_12 }, { 13, harmless_13 }, { 14, harmless_14 }, { 24, harmless_24 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		build(layouts[i].size);
		flip(SITES_LINUX_ALTERNATIVES, layouts[i].size, layouts[i].harmless);
	}
}

/* What is behind type and length nobody reads. */
static bool harmless_paravirt(unsigned record, unsigned bit)
{
	(void)record;
	return bit >= 80;
}

static void paravirt(void **state)
{
	(void)state;
	kernel_begin(12);
	for (unsigned i = 0; i < SITES; i++)
		add_paravirt(TEXT + 7 * i, 11 * i);
	flip(SITES_LINUX_PARAVIRT, 16, harmless_paravirt);
}

/* A lock's site may be anywhere in the text: what is not f0 there is left.  check() sees to that. */
static bool harmless_lock(unsigned record, unsigned bit)
{
	uint64_t address = section(SITES_LINUX_LOCKS)->address + 4 * record;
	int32_t offset;

	memcpy(&offset, at(address), 4);
	offset ^= (int32_t)(1u << bit);
	return address + (uint64_t)offset - TEXT < places[SITES_LINUX_TEXT].size;
}

static void locks(void **state)
{
	(void)state;
	kernel_begin(12);
	section(SITES_LINUX_INIT_TEXT)->bytes.size = 0;
	section(SITES_LINUX_EXIT_TEXT)->bytes.size = 0;
	for (unsigned i = 0; i < SITES; i++)
		add_lock(TEXT + 7 * i, 0xf0);
	flip(SITES_LINUX_LOCKS, 4, harmless_lock);
}

/* CPU seconds to verify `count` records whose sites jump about in the text. */
static double time_of(uint32_t count, enum error_code wanted)
{
	uint8_t *text = calloc(count, 4), *table = malloc((size_t)count * 14);
	struct sites_linux tables = { .section = {
		[SITES_LINUX_TEXT] = { span(text, (uint64_t)count * 4), KERNEL },
		[SITES_LINUX_ALTERNATIVES] = { span(table, (uint64_t)count * 14), KERNEL + 0x10000000 },
	} };
	struct arena arena = arena_make(sites_linux_verify_space(&tables));
	struct sites_linux_found found;
	clock_t start;

	for (uint32_t i = 0; i < count; i++) {
		/* An odd factor visits every place once, as count is a power of two; the last one may come twice. */
		uint32_t place = wanted && i == count - 1 ? 0 : i * 2654435761u & (count - 1);
		int32_t fields[2] = { (int32_t)(place * 4 - 0x10000000 - i * 14), (int32_t)-(i * 14 + 4) };

		memcpy(table + (size_t)i * 14, fields, 8);
		memcpy(table + (size_t)i * 14 + 8, "\x07\0\0\0\x04\0", 6);
	}
	tables.section[SITES_LINUX_REPLACEMENTS] = (struct linked_bytes){ span(table, 0), KERNEL + 0x10000000 };
	start = clock();
	assert_fine(sites_linux_verify(&tables, &arena, &found));
	start = clock() - start;
	assert_error(found.unsound[SITES_LINUX_ALTERNATIVES], wanted);
	if (!wanted)
		assert_int_equal(found.alternative_sites, count);
	free(arena.at);
	free(table);
	free(text);
	return (double)start / CLOCKS_PER_SEC;
}

static void a_million_records(void **state)
{
	double few, many;

	(void)state;
	few = time_of(1 << 17, ERROR_NONE);
	many = time_of(1 << 20, ERROR_NONE);
	print_message("%.0f ns a record of 2^17, %.0f ns of 2^20\n", few * 1e9 / (1 << 17), many * 1e9 / (1 << 20));
	/* Eight times as many: quadratic work would take 64 times as long. */
	assert_true(many < 24 * few + 0.1);
	time_of(1 << 20, ERROR_LINUX_SHARED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alternatives),
		cmocka_unit_test(paravirt),
		cmocka_unit_test_teardown(locks, kernel_end),
		cmocka_unit_test(a_million_records),
	};

	return cmocka_run_group_tests_name("sites_linux_bits", tests, NULL, NULL);
}
