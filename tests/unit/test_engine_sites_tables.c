/* SPDX-License-Identifier: MIT */
/* The reader of our own tables: records and tables that are wrong, choices that are nobody's, and every bit flipped. */
#include "test_engine_sites.h"

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
	/* Calls take most. */
	t.tables.sites.size = 0;
	for (unsigned i = 0; i < 5; i++)
		add(LULL_KIND_CALL, 0, 8, DATA, 0);
	t.arena.size = sites_lull_space(&t.tables);
	assert_fine(read_table());
}

/* Every bit of every field of a small table: read and planned, or refused; never a wild access, never a byte written. */
static void every_bit(void **state)
{
	struct patched_text text = text_make(4096);
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

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "tables of own sites", bad_records, unused_fields, owners, bad_tables,
			 every_bit);
}
