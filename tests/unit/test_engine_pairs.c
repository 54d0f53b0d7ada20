/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wrong tables: every field of every record of a good table is flipped, moved and swapped with that of every other record,
 * singly and in pairs.  PLAN refuses each table, or the text becomes what an independent reference (sites_reference.h) says
 * that the table says.  Either way not one byte is written.
 */
#include "test_engine.h"
#include "sites_reference.h"

#define SITES   UINT64_C(0xffffffff82000000)
#define IMAGES  UINT64_C(0xffffffff82100000)
#define DATA    UINT64_C(0xffffffff82200000)
#define LENGTH  512
#define RECORDS 19
#define MOST    4096

static struct {
	struct lull_site site[RECORDS];
	unsigned count;
	uint8_t images[128];
	unsigned image_size;
	uint64_t data[2];
	/* Where the next site goes. */
	unsigned offset;
	struct patched_text text;
	struct sites_lull tables;
	struct lull_features features[2];
	struct arena arena;
	uint64_t before;
	unsigned accepted, refused;
} t;

static void record(unsigned kind, unsigned key, unsigned offset, unsigned length, uint64_t image, unsigned image_length)
{
	const uint64_t at = SITES + 16 * t.count;

	assert_true(t.count < RECORDS);
	t.site[t.count++] = (struct lull_site){
		.site = (int32_t)(TEXT_ADDRESS + offset - at), .image = image ? (int32_t)(image - (at + 4)) : 0,
		.key = (uint16_t)key, .kind = (uint8_t)kind, .site_length = (uint8_t)length,
		.image_length = (uint8_t)image_length,
	};
}

/* Images lie as the assembler puts them: one behind the other. */
static uint64_t image(const char *bytes, unsigned length)
{
	memcpy(t.images + t.image_size, bytes, length);
	t.image_size += length;
	return IMAGES + t.image_size - length;
}

static void choice(unsigned key, unsigned offset, unsigned length, const char *bytes, unsigned size)
{
	record(LULL_KIND_CHOICE, key, offset, length, image(bytes, size), size);
}

static void text(unsigned offset, const char *bytes, unsigned length) { memcpy(t.text.write + offset, bytes, length); }

static void text_branch(unsigned offset, const char *opcode, unsigned size, uint64_t target)
{
	int32_t distance = (int32_t)(target - (TEXT_ADDRESS + offset + size + 4));

	memcpy(t.text.write + offset, opcode, size);
	memcpy(t.text.write + offset + size, &distance, 4);
}

/* All kinds, side by side and nested; between them code that no site may become. */
static void make_table(void)
{
	int32_t far;

	memset(t.text.write, 0x48, LENGTH);
	text(16, "\xb8\1\0\0\0\x90\x90", 7);
	record(LULL_KIND_CODE, 0, 16, 7, image("\xb8\1\0\0\0", 5), 5);
	choice(LULL_FEATURE_ERMS, 16, 7, "\xb8\2\0\0\0\x31\xc9", 7);
	choice(LULL_FEATURE_ONE_CPU, 16, 7, "\x31\xc0", 2);
	text(32, "\xcc\xcc\xcc", 3);
	record(LULL_KIND_TRAPPED, 0, 32, 3, 0, 0);
	choice(LULL_FEATURE_ALWAYS, 32, 3, "\x0f\1\xc1", 3);
	choice(LULL_FEATURE_ERMS, 32, 3, "\x0f\1\xd9", 3);
	text_branch(48, "\xff\x15", 2, DATA);
	text(54, "\x90", 1);
	record(LULL_KIND_CALL, 0, 48, 7, DATA, 0);
	far = (int32_t)(TEXT_ADDRESS + 300 - (IMAGES + t.image_size + 5));
	choice(LULL_FEATURE_ONE_CPU, 48, 7, "\xe8\0\0\0\0\x31\xc0", 7);
	memcpy(t.images + t.image_size - 6, &far, 4);
	text(64, "\xf0\x48\xff\x07\xf0\x48\xff\x0f", 8);
	record(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 64, 1, 0, 0);
	record(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 68, 1, 0, 0);
	text(80, "\x0f\x1f\x44\0\0", 5);
	record(LULL_KIND_BRANCH, LULL_FEATURE_ERMS, 80, 5, TEXT_ADDRESS + 200, 0);
	text_branch(96, "\xe9", 1, TEXT_ADDRESS + 210);
	record(LULL_KIND_BRANCH, LULL_FEATURE_NOT | LULL_FEATURE_ONE_CPU, 96, 5, TEXT_ADDRESS + 210, 5);
	/* An outer one: code, a lock prefix, and a site that fills it from its first byte on. */
	text(112, "\xb8\5\0\0\0\xf0\x01\x07", 8);
	record(LULL_KIND_CODE, 0, 112, 5, image("\xb8\5\0\0\0", 5), 5);
	choice(LULL_FEATURE_ERMS, 112, 5, "\xb8\7\0\0\0", 5);
	record(LULL_KIND_LOCK, LULL_FEATURE_ONE_CPU, 117, 1, 0, 0);
	choice(LULL_FEATURE_OWN(0), 112, 8, "\xb8\x64\0\0\0", 5);
	record(LULL_KIND_OUTER, 0, 112, 8, 0, 0);
	/* A neighbour of the same length as another one, so that choices can be taken for its. */
	text(128, "\xcc\xcc\xcc", 3);
	record(LULL_KIND_TRAPPED, 0, 128, 3, 0, 0);
	choice(LULL_FEATURE_ALWAYS, 128, 3, "\x90\x90\xc3", 3);
}

static int begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.text = text_make(LENGTH);
	t.data[0] = TEXT_ADDRESS + 400;
	make_table();
	t.tables = (struct sites_lull){
		.sites = span(t.site, t.count * 16), .sites_address = SITES,
		.images = { span(t.images, t.image_size), IMAGES },
		.data = span(t.data, sizeof(t.data)), .data_address = DATA,
	};
	lull_features_set(&t.features[1], LULL_FEATURE_ERMS);
	lull_features_set(&t.features[1], LULL_FEATURE_ONE_CPU);
	t.arena = arena_make(65536);
	t.before = hash(t.text.run, LENGTH);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(t.arena.at);
	text_free(&t.text);
	return 0;
}

/* Plans the table as it is now, for one of the machines; true when it is refused. */
static bool try_one(const struct lull_features *features)
{
	struct plan_input input = { .text = &t.text };
	uint8_t planned[LENGTH], said[LENGTH];
	const uint8_t *bytes;
	struct error error;
	struct plan plan;

	t.arena.used = 0;
	error = sites_lull_read(&t.tables, features, &t.arena, &input);
	if (!failed(error))
		error = plan_make(&plan, &input, &t.arena);
	if (failed(error)) {
		/* It leads to the source: the table, a record of it, and that record's site. */
		assert_string_equal(error.subject, SITES_LULL_NAME);
		assert_in_range(error.expected, 0, t.count - 1);
		assert_int_equal(error.site, SITES + 16 * error.expected + (uint64_t)(int64_t)t.site[error.expected].site);
		assert_int_equal(error.site_length, t.site[error.expected].site_length);
		t.refused++;
		return true;
	}
	memcpy(planned, t.text.run, LENGTH);
	bytes = plan.new_bytes;
	for (uint32_t i = 0; i < plan.edit_count; bytes += plan.edit[i++].length)
		memcpy(planned + plan.edit[i].offset, bytes, plan.edit[i].length);
	assert_true(sites_reference(&t.tables, features, &t.text, said));
	assert_memory_equal(planned, said, LENGTH);
	t.accepted++;
	return false;
}

static void unwritten(void) { assert_int_equal(hash(t.text.run, LENGTH), t.before); }

/* What is done to a table: bytes of one record are replaced, and of another one too when two fields are swapped. */
struct change {
	uint8_t record[2];
	uint8_t field;
	uint8_t records;
	/* Added to the field of the first record; or, of the addresses that fields lead to, and of fields, swapped. */
	int64_t add;
};

static const struct { uint8_t offset, size; } fields[] = {
	{ 0, 4 }, { 4, 4 }, { 8, 2 }, { 10, 1 }, { 11, 1 }, { 12, 1 }, { 13, 1 }, { 14, 2 },
};

enum { FIELDS = sizeof(fields) / sizeof(fields[0]), SITE = 0, IMAGE = 1 };

static int64_t get(unsigned index, unsigned field)
{
	int64_t value = 0;

	memcpy(&value, (uint8_t *)&t.site[index] + fields[field].offset, fields[field].size);
	return value;
}

static void set(unsigned index, unsigned field, int64_t value)
{
	memcpy((uint8_t *)&t.site[index] + fields[field].offset, &value, fields[field].size);
}

static void make(const struct change *change)
{
	unsigned a = change->record[0], b = change->record[1], field = change->field;
	/* Offsets count from their own place: a swap is one of the addresses. */
	int64_t apart = field == SITE || field == IMAGE ? 16 * ((int64_t)b - a) : 0;
	int64_t was = get(a, field);

	if (change->records == 1) {
		set(a, field, was + change->add);
		return;
	}
	set(a, field, get(b, field) + apart);
	set(b, field, was - apart);
}

/* The changes that pairs are made of, without those that change nothing. */
static unsigned few_changes(struct change *changes)
{
	struct lull_site linked[RECORDS];
	unsigned count = 0;

	memcpy(linked, t.site, sizeof(linked));
	for (unsigned field = 0; field < FIELDS; field++)
		for (unsigned a = 0; a < t.count; a++) {
			changes[count++] = (struct change){ { (uint8_t)a }, (uint8_t)field, 1, 1 };
			changes[count++] = (struct change){ { (uint8_t)a }, (uint8_t)field, 1, -1 };
			for (unsigned b = 0; b < a; b++) {
				changes[count] = (struct change){ { (uint8_t)a, (uint8_t)b }, (uint8_t)field, 2, 0 };
				make(&changes[count]);
				count += memcmp(linked, t.site, sizeof(linked)) != 0;
				memcpy(t.site, linked, sizeof(linked));
			}
		}
	assert_true(count <= MOST);
	return count;
}

static void good(void **state)
{
	(void)state;
	assert_int_equal(t.count, RECORDS);
	assert_false(try_one(&t.features[0]));
	assert_false(try_one(&t.features[1]));
	unwritten();
}

/* Every bit of every record. */
static void bits(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < t.count * 128; bit++) {
		((uint8_t *)t.site)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		try_one(&t.features[0]);
		try_one(&t.features[1]);
		((uint8_t *)t.site)[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	unwritten();
	printf("single bits: %u refused, %u say something else\n", t.refused, t.accepted);
	assert_in_range(t.accepted, 1, t.refused / 4);
}

static void pairs(void **state)
{
	struct lull_site linked[RECORDS], once[RECORDS];
	static struct change changes[MOST];
	unsigned count = few_changes(changes);

	(void)state;
	memcpy(linked, t.site, sizeof(linked));
	for (unsigned i = 0; i < count; i++) {
		make(&changes[i]);
		try_one(&t.features[0]);
		try_one(&t.features[1]);
		memcpy(once, t.site, sizeof(once));
		for (unsigned k = 0; k < i; k++) {
			make(&changes[k]);
			try_one(&t.features[(i ^ k) & 1]);
			memcpy(t.site, once, sizeof(once));
		}
		memcpy(t.site, linked, sizeof(linked));
	}
	unwritten();
	printf("pairs of %u changes: %u refused, %u say something else\n", count, t.refused, t.accepted);
	assert_in_range(t.accepted, 1, t.refused / 4);
}

/* Whole records change places, and are there twice. */
static void records(void **state)
{
	struct lull_site linked[RECORDS];

	(void)state;
	memcpy(linked, t.site, sizeof(linked));
	for (unsigned a = 0; a < t.count; a++)
		for (unsigned b = 0; b < t.count; b++) {
			for (unsigned field = 0; field < FIELDS; field++) {
				make(&(struct change){ { (uint8_t)a, (uint8_t)b }, (uint8_t)field, 2, 0 });
			}
			try_one(&t.features[1]);
			memcpy(t.site, linked, sizeof(linked));
			/* The record b instead of a. */
			t.site[a] = linked[b];
			t.site[a].site += (int32_t)(16 * ((int)b - (int)a));
			t.site[a].image += linked[b].image ? (int32_t)(16 * ((int)b - (int)a)) : 0;
			try_one(&t.features[1]);
			memcpy(t.site, linked, sizeof(linked));
		}
	unwritten();
}

#define test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = { test(good), test(bits), test(pairs), test(records) };

	return cmocka_run_group_tests_name("engine: wrong tables", tests, NULL, NULL);
}
