/* SPDX-License-Identifier: MIT */
/* A table of our own sites that a test fills record by record. */
#ifndef LULL_TESTS_TEST_ENGINE_SITES_H
#define LULL_TESTS_TEST_ENGINE_SITES_H

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

static inline int begin(void **state)
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

static inline int end(void **state)
{
	(void)state;
	free(t.arena.at);
	return 0;
}

/* Adds a record whose offsets lead to SITE and to `image`, an address, when that is not 0. */
static inline struct lull_site *add(unsigned kind, unsigned key, unsigned site_length, uint64_t image, unsigned image_length)
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

static inline struct error read_table(void)
{
	t.arena.used = 0;
	return sites_lull_read(&t.tables, &t.features, &t.arena, &t.input);
}

/* Reads a table with one record. */
static inline const struct plan_record *read_one(void)
{
	assert_fine(read_table());
	assert_int_equal(t.input.count, 1);
	assert_string_equal(t.input.table, SITES_LULL_NAME);
	assert_int_equal(t.input.record[0].site, SITE);
	return t.input.record;
}

/* The last record is refused, in front of which a good one stands. */
static inline void refused(enum error_code code, uint64_t found)
{
	struct error error = read_table();

	assert_error(error, code);
	assert_int_equal(error.expected, t.tables.sites.size / 16 - 1);
	assert_int_equal(error.found, found);
	assert_string_equal(error.subject, SITES_LULL_NAME);
	assert_int_equal(t.arena.used, 0);
	t.tables.sites.size -= 16;
}

#endif
