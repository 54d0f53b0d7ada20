/* SPDX-License-Identifier: MIT */
/* The reader of our own tables: what it makes of every kind, and every way in which a table can be wrong. */
#include "test_engine_sites.h"

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

/* The images of one site lie one behind the other; those of the next one anywhere. */
static void images_apart(void **state)
{
	(void)state;
	add(LULL_KIND_CODE, 0, 9, IMAGES, 2);
	add(LULL_KIND_CHOICE, LULL_FEATURE_ALWAYS, 9, IMAGES + 2, 3);
	add(LULL_KIND_CODE, 0, 9, IMAGES + 8, 2);
	assert_fine(read_table());
	add(LULL_KIND_CHOICE, LULL_FEATURE_ALWAYS, 9, IMAGES + 11, 3);
	assert_error(read_table(), ERROR_SITE_IMAGE);
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

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "engine: our own tables", empty, trapped, code, choices, images_apart, lock, call,
			 branch, outer, bad_branches, bad_calls);
}
