/* SPDX-License-Identifier: MIT */
/* The reader of our own tables: what it makes of every kind, and every way in which a table can be wrong. */
#include "test_engine.h"

#include <pv/engine/sites_lull.h>

#define SITES  UINT64_C(0xffffffff82000000)
#define IMAGES UINT64_C(0xffffffff82100000)
#define DATA   UINT64_C(0xffffffff82200000)
#define SITE   (TEXT_ADDRESS + 0x40)
#define LIMIT  8

static struct {
	struct lull_site site[LIMIT];
	uint8_t images[16];
	uint64_t data[2];
	struct sites_lull tables;
	struct lull_features features;
	struct arena arena;
	struct plan_input input;
} t;

static int begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	for (unsigned i = 0; i < sizeof(t.images); i++)
		t.images[i] = (uint8_t)(i + 1);
	t.data[0] = TEXT_ADDRESS + 0x1000;
	t.tables = (struct sites_lull){
		.sites = span(t.site, 0), .sites_address = SITES,
		.images = { span(t.images, sizeof(t.images)), IMAGES },
		.data = span(t.data, sizeof(t.data)), .data_address = DATA,
	};
	t.arena = arena_make(LIMIT * 64);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(t.arena.at);
	return 0;
}

/* Adds a record whose offsets lead to SITE and to `image`, an address, when that is not 0. */
static struct lull_site *add(unsigned kind, unsigned key, unsigned site_length, uint64_t image, unsigned image_length)
{
	const uint64_t at = SITES + t.tables.sites.size;
	struct lull_site *site = &t.site[t.tables.sites.size / 16];

	*site = (struct lull_site){
		.site = (int32_t)(SITE - at), .image = image ? (int32_t)(image - (at + 4)) : 0,
		.key = (uint16_t)key, .kind = (uint8_t)kind,
		.site_length = (uint8_t)site_length, .image_length = (uint8_t)image_length,
	};
	t.tables.sites.size += 16;
	return site;
}

static struct error read_table(void)
{
	t.arena.used = 0;
	return sites_lull_read(&t.tables, &t.features, &t.arena, &t.input);
}

/* Reads a table with one record. */
static const struct plan_record *read_one(void)
{
	assert_fine(read_table());
	assert_int_equal(t.input.count, 1);
	assert_string_equal(t.input.table, SITES_LULL_NAME);
	assert_int_equal(t.input.record[0].site, SITE);
	return t.input.record;
}

/* The last record is refused, in front of which a good one stands. */
static void refused(enum error_code code, uint64_t found)
{
	struct error error = read_table();

	assert_error(error, code);
	assert_int_equal(error.expected, t.tables.sites.size / 16 - 1);
	assert_int_equal(error.found, found);
	assert_string_equal(error.subject, SITES_LULL_NAME);
	assert_int_equal(t.arena.used, 0);
	t.tables.sites.size -= 16;
}

static void empty(void **state)
{
	(void)state;
	assert_fine(read_table());
	assert_int_equal(t.input.count, 0);
}

static void trapped(void **state)
{
	const struct plan_record *record;

	(void)state;
	add(LULL_KIND_TRAPPED, 0, 3, 0, 0);
	record = read_one();
	assert_int_equal(record->flags, RECORD_SITE | RECORD_TRAPPED | RECORD_MUST);
	assert_int_equal(record->site_length, 3);
	assert_int_equal(record->length, 0);
	assert_null(record->old);
}

static void code(void **state)
{
	const struct plan_record *record;

	(void)state;
	add(LULL_KIND_CODE, 0, 9, IMAGES + 10, 6);
	record = read_one();
	assert_int_equal(record->flags, RECORD_SITE | RECORD_RELOCATE);
	assert_ptr_equal(record->old, t.images + 10);
	assert_int_equal(record->old_length, 6);
	assert_int_equal(record->length, 0);
}

static void choices(void **state)
{
	static const struct { unsigned key; bool without, with; } cases[] = {
		{ LULL_FEATURE_ALWAYS, true, true },
		{ LULL_FEATURE_ALWAYS | LULL_FEATURE_NOT, false, false },
		{ LULL_FEATURE_ERMS, false, true },
		{ LULL_FEATURE_ERMS | LULL_FEATURE_NOT, true, false },
		{ LULL_FEATURE_FSRM, false, false },
		{ LULL_FEATURE_OWN(63), false, true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (unsigned with = 0; with < 2; with++) {
			const struct plan_record *record;

			t.features = (struct lull_features){ { 0, 0 } };
			if (with) {
				lull_features_set(&t.features, LULL_FEATURE_ERMS);
				lull_features_set(&t.features, LULL_FEATURE_OWN(63));
			}
			t.tables.sites.size = 0;
			add(LULL_KIND_TRAPPED, 0, 9, 0, 0);
			add(LULL_KIND_CHOICE, cases[i].key, 9, IMAGES + 1, 4);
			assert_fine(read_table());
			assert_int_equal(t.input.count, 2);
			record = &t.input.record[1];
			assert_int_equal(record->flags & RECORD_SITE, 0);
			assert_int_equal(record->kind, 0);
			assert_int_equal((record->flags & RECORD_SELECTED) != 0,
					 with ? cases[i].with : cases[i].without);
			assert_true((record->flags & RECORD_RELOCATE) != 0);
			assert_ptr_equal(record->bytes, t.images + 1);
			assert_int_equal(record->length, 4);
			assert_null(record->old);
		}
}

static void lock(void **state)
{
	const struct plan_record *record;

	(void)state;
	add(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 1, 0, 0);
	record = read_one();
	assert_int_equal(record->flags, RECORD_SITE);
	assert_int_equal(*record->old, 0xf0);
	lull_features_set(&t.features, LULL_FEATURE_ONE_CPU);
	record = read_one();
	assert_int_equal(record->flags, RECORD_SITE | RECORD_SELECTED);
	assert_int_equal(*record->bytes, 0x3e);
	assert_int_equal(record->length, 1);
	assert_int_equal(record->old_length, 1);
}

static void call(void **state)
{
	const struct plan_record *record;
	int32_t displacement;

	(void)state;
	add(LULL_KIND_CALL, 0, 8, DATA, 0);
	record = read_one();
	assert_int_equal(record->flags, RECORD_SITE | RECORD_SELECTED);
	assert_int_equal(record->old_length, 6);
	assert_memory_equal(record->old, "\xff\x15", 2);
	memcpy(&displacement, record->old + 2, 4);
	assert_int_equal(displacement, (int64_t)(DATA - (SITE + 6)));
	assert_int_equal(record->length, 6);
	assert_memory_equal(record->bytes, "\x2e\xe8", 2);
	memcpy(&displacement, record->bytes + 2, 4);
	assert_int_equal(displacement, 0x1000 - 0x46);
	/* An empty slot. */
	t.data[0] = 0;
	record = read_one();
	assert_int_equal(record->flags, RECORD_SITE | RECORD_MUST);
	assert_int_equal(record->old_length, 6);
}

static void branch(void **state)
{
	static const struct { bool jumps, feature, not, selected; } cases[] = {
		{ false, false, false, false }, { false, true, false, true }, { false, false, true, true },
		{ true, false, false, true }, { true, true, false, false }, { true, true, true, true },
	};
	const struct plan_record *record;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		t.tables.sites.size = 0;
		t.features = (struct lull_features){ { 0, 0 } };
		if (cases[i].feature)
			lull_features_set(&t.features, LULL_FEATURE_OWN(5));
		add(LULL_KIND_BRANCH, LULL_FEATURE_OWN(5) | (cases[i].not ? LULL_FEATURE_NOT : 0), 5, SITE + 5 + 0x1234,
		    cases[i].jumps ? 5 : 0);
		record = read_one();
		assert_int_equal(record->kind, LULL_KIND_BRANCH);
		assert_int_equal((record->flags & RECORD_SELECTED) != 0, cases[i].selected);
		assert_int_equal(record->length, 5);
		assert_int_equal(record->old_length, 5);
		assert_memory_equal(cases[i].jumps ? record->old : record->bytes, "\xe9\x34\x12\0\0", 5);
		assert_memory_equal(cases[i].jumps ? record->bytes : record->old, "\x0f\x1f\x44\0\0", 5);
	}
}

static void bad_branches(void **state)
{
	struct lull_site *site;

	(void)state;
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0);
	add(LULL_KIND_BRANCH, 0, 4, SITE, 0);
	refused(ERROR_SITE_LENGTH, 5);
	add(LULL_KIND_BRANCH, 0, 6, SITE, 5);
	refused(ERROR_SITE_LENGTH, 5);
	add(LULL_KIND_BRANCH, 0, 5, SITE, 4);
	refused(ERROR_SITE_LENGTH, 4);
	/* A target that the table reaches and the site does not. */
	site = add(LULL_KIND_BRANCH, 0, 5, SITES + INT32_MAX - 100, 0);
	site->site -= 0x10000;
	refused(ERROR_SITE_BRANCH, SITES + INT32_MAX - 100);
}

static void outer(void **state)
{
	const struct plan_record *record;

	(void)state;
	add(LULL_KIND_OUTER, 0, 40, 0, 0);
	record = read_one();
	assert_int_equal(record->kind, LULL_KIND_OUTER);
	assert_int_equal(record->flags, RECORD_SITE);
	assert_int_equal(record->site_length, 40);
	assert_int_equal(record->length, 0);
	assert_null(record->old);
}

static void bad_calls(void **state)
{
	struct lull_site *site;

	(void)state;
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0);
	add(LULL_KIND_CALL, 0, 5, DATA, 0);
	refused(ERROR_SITE_LENGTH, 6);
	add(LULL_KIND_CALL, 0, 6, DATA + 9, 0);
	refused(ERROR_SITE_SLOT, DATA + 9);
	add(LULL_KIND_CALL, 0, 6, DATA - 1, 0);
	refused(ERROR_SITE_SLOT, DATA - 1);
	add(LULL_KIND_CALL, 0, 6, DATA, 0);
	t.data[0] = TEXT_ADDRESS + 0x46 + (UINT64_C(1) << 31);
	refused(ERROR_SITE_BRANCH, TEXT_ADDRESS + 0x46 + (UINT64_C(1) << 31));
	add(LULL_KIND_CALL, 0, 6, DATA, 0);
	t.data[0]--;
	assert_fine(read_table());
	t.tables.sites.size -= 16;
	/* A slot that the table reaches and the site does not. */
	t.tables.data_address = SITES + INT32_MAX - 100;
	site = add(LULL_KIND_CALL, 0, 6, t.tables.data_address, 0);
	site->site -= 0x10000;
	refused(ERROR_SITE_SLOT, t.tables.data_address);
}

static void bad_records(void **state)
{
	(void)state;
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0);
	add(0, 0, 1, 0, 0);
	refused(ERROR_SITE_KIND, 0);
	add(LULL_KIND_OUTER + 1, 0, 1, 0, 0);
	refused(ERROR_SITE_KIND, LULL_KIND_OUTER + 1);
	add(255, 0, 1, 0, 0);
	refused(ERROR_SITE_KIND, 255);
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0)->reserved_ = 1;
	refused(ERROR_SITE_KIND, LULL_KIND_TRAPPED);
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0)->reserved2_ = 0x100;
	refused(ERROR_SITE_KIND, LULL_KIND_TRAPPED);
	add(LULL_KIND_CHOICE, LULL_FEATURE_COUNT, 1, IMAGES, 1);
	refused(ERROR_SITE_FEATURE, LULL_FEATURE_COUNT);
	add(LULL_KIND_CHOICE, 0xffff, 1, IMAGES, 1);
	refused(ERROR_SITE_FEATURE, 0xffff);
	add(LULL_KIND_TRAPPED, 0, 0, 0, 0);
	refused(ERROR_SITE_LENGTH, 0);
	add(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 2, 0, 0);
	refused(ERROR_SITE_LENGTH, 1);
	add(LULL_KIND_LOCK, LULL_FEATURE_ERMS, 1, 0, 0);
	refused(ERROR_SITE_FEATURE, LULL_FEATURE_ERMS);
	add(LULL_KIND_CHOICE, 0, 4, IMAGES, 5);
	refused(ERROR_SITE_LENGTH, 5);
	add(LULL_KIND_CODE, 0, 254, IMAGES, 255);
	refused(ERROR_SITE_LENGTH, 255);
	add(LULL_KIND_CHOICE, 0, 4, IMAGES + 13, 4);
	refused(ERROR_SITE_IMAGE, IMAGES + 13);
	add(LULL_KIND_CODE, 0, 4, IMAGES - 1, 4);
	refused(ERROR_SITE_IMAGE, IMAGES - 1);
	add(LULL_KIND_CODE, 0, 4, IMAGES + 12, 4);
	assert_fine(read_table());
}

/* A field that a kind does not use is zero. */
static void unused_fields(void **state)
{
	static const unsigned char without_image[] = { LULL_KIND_TRAPPED, LULL_KIND_LOCK, LULL_KIND_OUTER };
	static const unsigned char without_key[] = { LULL_KIND_TRAPPED, LULL_KIND_CODE, LULL_KIND_CALL, LULL_KIND_OUTER };

	(void)state;
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0);
	for (unsigned i = 0; i < sizeof(without_image); i++) {
		add(without_image[i], 0, 1, IMAGES, 0);
		refused(ERROR_SITE_KIND, without_image[i]);
		add(without_image[i], 0, 1, 0, 1);
		refused(ERROR_SITE_KIND, without_image[i]);
	}
	add(LULL_KIND_CALL, 0, 6, DATA, 1);
	refused(ERROR_SITE_KIND, LULL_KIND_CALL);
	for (unsigned i = 0; i < sizeof(without_key); i++) {
		add(without_key[i], LULL_FEATURE_ERMS, 6, without_key[i] == LULL_KIND_CALL ? DATA : IMAGES, 0)->image *=
			without_key[i] == LULL_KIND_CODE || without_key[i] == LULL_KIND_CALL;
		refused(ERROR_SITE_FEATURE, LULL_FEATURE_ERMS);
	}
}

/* The index-th record is a choice that is nobody's; the sentence says for which bytes it is one. */
static void nobodys(unsigned index)
{
	struct error error = read_table();

	assert_error(error, ERROR_SITE_CHOICE);
	assert_int_equal(error.expected, index);
	assert_int_equal(error.found, error.site);
	assert_int_equal(error.site_length, t.site[index].site_length);
	assert_int_equal(t.arena.used, 0);
}

/* A choice is one for the site that the records beside it declare: right behind it, or in front of an outer one. */
static void owners(void **state)
{
	(void)state;
	add(LULL_KIND_CHOICE, 0, 4, IMAGES, 4);
	nobodys(0);
	add(LULL_KIND_CHOICE, 0, 4, IMAGES + 4, 4);
	nobodys(0);
	add(LULL_KIND_OUTER, 0, 4, 0, 0);
	assert_fine(read_table());
	/* Another address, another length; and what comes next is no outer one, or is one around other bytes. */
	t.site[1].site++;
	nobodys(0);
	t.site[1].site--;
	t.site[1].site_length++;
	nobodys(0);
	t.site[1].site_length--;
	t.site[2].site_length++;
	nobodys(0);
	t.site[2] = (struct lull_site){ .site = t.site[2].site, .kind = LULL_KIND_TRAPPED, .site_length = 4 };
	nobodys(0);
	t.site[2].kind = LULL_KIND_OUTER;
	/* Behind an outer one nothing is its choice, nor behind a lock prefix or a branch. */
	add(LULL_KIND_CHOICE, 0, 4, IMAGES, 4);
	nobodys(3);
	t.tables.sites.size = 0;
	add(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 1, 0, 0);
	add(LULL_KIND_CHOICE, 0, 1, IMAGES, 1);
	nobodys(1);
	t.tables.sites.size = 0;
	add(LULL_KIND_BRANCH, 0, 5, SITE, 0);
	add(LULL_KIND_CHOICE, 0, 5, IMAGES, 1);
	nobodys(1);
	/* The choices of a call, and then one that is an outer site's, until another record comes. */
	t.tables.sites.size = 0;
	add(LULL_KIND_CALL, 0, 6, DATA, 0);
	add(LULL_KIND_CHOICE, 0, 6, IMAGES + 3, 1);
	add(LULL_KIND_CHOICE, 0, 6, IMAGES + 4, 1);
	assert_fine(read_table());
	/* Images of one site lie one behind the other. */
	t.site[2].image++;
	assert_error(read_table(), ERROR_SITE_IMAGE);
	t.site[2].image -= 2;
	assert_error(read_table(), ERROR_SITE_IMAGE);
	t.site[2].image++;
	t.site[1].image_length = 2;
	assert_error(read_table(), ERROR_SITE_IMAGE);
	t.site[1].image_length = 1;
	add(LULL_KIND_CHOICE, 0, 9, IMAGES, 1);
	nobodys(3);
	add(LULL_KIND_CHOICE, 0, 6, IMAGES, 1);
	nobodys(3);
	t.site[4].site_length = 9;
	t.site[4].image++;
	add(LULL_KIND_OUTER, 0, 9, 0, 0);
	assert_fine(read_table());
}

static void bad_tables(void **state)
{
	struct error error;

	(void)state;
	add(LULL_KIND_TRAPPED, 0, 1, 0, 0);
	for (unsigned size = 1; size < 16; size++) {
		t.tables.sites.size = size;
		error = read_table();
		assert_error(error, ERROR_SITE_TABLE);
		assert_int_equal(error.expected, 16);
		assert_int_equal(error.found, size);
	}
	t.tables.sites.size = UINT64_C(16) << 32;
	assert_error(read_table(), ERROR_SITE_TABLE);

	t.tables.sites.size = 16;
	t.arena.size = sites_lull_space(&t.tables) - 1;
	error = read_table();
	assert_error(error, ERROR_SITE_MEMORY);
	assert_int_equal(error.found, t.arena.size);
	t.arena.size++;
	assert_fine(read_table());
}

/* Every bit of every field of a small table: read and planned, or refused; never a wild access, never a byte written. */
static void every_bit(void **state)
{
	struct text_window text = text_make(4096);
	unsigned planned = 0;

	(void)state;
	add(LULL_KIND_CODE, 0, 5, IMAGES, 5);
	add(LULL_KIND_CHOICE, LULL_FEATURE_ERMS, 5, IMAGES + 5, 4);
	add(LULL_KIND_CALL, 0, 6, DATA, 0)->site += 16;
	add(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 1, 0, 0)->site += 32;
	add(LULL_KIND_TRAPPED, 0, 3, 0, 0)->site += 48;
	add(LULL_KIND_CHOICE, 0, 3, IMAGES + 9, 3)->site += 48;
	add(LULL_KIND_BRANCH, LULL_FEATURE_ERMS, 5, SITE + 100, 0)->site += 64;
	add(LULL_KIND_OUTER, 0, 20, 0, 0)->site += 64;
	memcpy(text.write + 0x40, t.images, 5);
	text.write[0x60] = 0xf0;
	memset(text.write + 0x70, 0xcc, 3);
	memcpy(text.write + 0x80, "\x0f\x1f\x44\0\0", 5);
	assert_fine(read_table());
	memcpy(text.write + 0x50, t.input.record[2].old, 6);

	for (unsigned bit = 0; bit <= t.tables.sites.size * 8; bit++) {
		const uint64_t before = hash(text.run, 4096);
		struct arena arena = arena_make(4096);
		struct plan_input input = { .text = &text };
		struct error error;
		struct plan plan;

		if (bit > 0)
			((uint8_t *)t.site)[(bit - 1) / 8] ^= (uint8_t)(1 << (bit - 1) % 8);
		error = sites_lull_read(&t.tables, &t.features, &arena, &input);
		if (!failed(error))
			error = plan_make(&plan, &input, &arena);
		if (bit == 0)
			assert_fine(error);
		if (failed(error))
			assert_string_equal(error.subject, SITES_LULL_NAME);
		planned += !failed(error);
		assert_int_equal(hash(text.run, 4096), before);
		if (bit > 0)
			((uint8_t *)t.site)[(bit - 1) / 8] ^= (uint8_t)(1 << (bit - 1) % 8);
		free(arena.at);
	}
	/* Most of them are noticed; what is left says something else that is sound. */
	assert_in_range(planned, 1, t.tables.sites.size * 8 / 3);
	text_free(&text);
}

#define test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(empty), test(trapped), test(code), test(choices), test(lock), test(call), test(branch), test(outer), test(bad_branches), test(bad_calls),
		test(bad_records), test(unused_fields), test(owners), test(bad_tables), test(every_bit),
	};

	return cmocka_run_group_tests_name("engine: our own tables", tests, NULL, NULL);
}
