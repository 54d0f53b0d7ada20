/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damaged site tables: the reader gets a copy of the shim's own, with one thing in it that is wrong.
 */
#include "trip.h"

#include <arch/x86/layout.h>
#include <pv/engine/sites_lull.h>
#include <stddef.h>
#include <string.h>

#define RECORDS 256

/* In .data, where slots of calls are looked for: a target that no call reaches. */
static uint64_t far_slot = UINT64_C(1) << 40;
extern const char text_start[], window_start[];

static struct lull_site table[RECORDS];
static uint32_t count;
static uint64_t base;

/* What offsets in a record count from. */
static uint64_t field(const struct lull_site *record, size_t offset)
{
	return base + (uint64_t)((const char *)record - (const char *)table) + offset;
}

static void point_site(struct lull_site *record, const void *target)
{
	record->site = (int32_t)((uint64_t)target - field(record, offsetof(struct lull_site, site)));
}

static void point_image(struct lull_site *record, const void *target)
{
	record->image = (int32_t)((uint64_t)target - field(record, offsetof(struct lull_site, image)));
}

static struct lull_site *first(uint8_t kind)
{
	for (uint32_t i = 0; i < count; i++)
		if (table[i].kind == kind && (kind != LULL_KIND_CHOICE || table[i].site_length > 1))
			return &table[i];
	return table;
}

static void kind(void) { table[count - 1].kind = 99; }
static void reserved(void) { table[0].reserved_ = 1; }
static void feature(void) { table[0].key = 200; }
static void no_length(void) { table[0].site_length = 0; }
static void long_image(void) { first(LULL_KIND_CHOICE)->image_length = 200; }
static void image(void) { first(LULL_KIND_CHOICE)->image += 1 << 24; }
static void choice(void) { first(LULL_KIND_CHOICE)->site++; }

/* Points a record and the choices behind it somewhere else. */
static void move_site(struct lull_site *record, const void *target)
{
	do {
		point_site(record++, target);
	} while (record < table + count && record->kind == LULL_KIND_CHOICE);
}

static void outside(void) { move_site(table, (const void *)(field(table, 0) + (1 << 24))); }
static void forbidden(void) { move_site(table, window_start); }
static void wrong_place(void) { move_site(first(LULL_KIND_TRAPPED), text_start); }

/* The first site is declared twice. */
static void overlap(void)
{
	table[count] = table[0];
	table[count].site -= (int32_t)(count * sizeof(*table));
	table[count].image -= table[0].image ? (int32_t)(count * sizeof(*table)) : 0;
	count++;
}

static void unchosen(void)
{
	for (uint32_t i = 0; i < count; i++)
		if (table[i].key == LULL_FEATURE_MASK_FLAG)
			table[i].key = LULL_FEATURE_MASK_BYTE;
}

static void make_call(const void *slot)
{
	table[0] = (struct lull_site){ .kind = LULL_KIND_CALL, .site_length = 6 };
	point_site(&table[0], text_start);
	point_image(&table[0], slot);
}

static void slot(void) { make_call(text_start); }
static void branch(void) { make_call(&far_slot); }

/* More choices for one site than PLAN takes. */
static void nest(void)
{
	struct lull_site choice = *first(LULL_KIND_CHOICE);
	const uint8_t *site = (const uint8_t *)(field(first(LULL_KIND_CHOICE), 0) + (int64_t)choice.site);
	const uint8_t *bytes = (const uint8_t *)(field(first(LULL_KIND_CHOICE), 4) + (int64_t)choice.image);

	table[0] = (struct lull_site){ .kind = LULL_KIND_TRAPPED, .site_length = choice.site_length };
	point_site(&table[0], site);
	for (count = 1; count <= PLAN_RECORDS_PER_SITE; count++) {
		table[count] = choice;
		table[count].image_length = 0;
		point_site(&table[count], site);
		point_image(&table[count], bytes);
	}
}

static const struct {
	const char *name;
	void (*make)(void);
} damages[] = {
	{ "table-kind", kind }, { "table-reserved", reserved }, { "table-feature", feature },
	{ "table-length", no_length }, { "table-long-image", long_image }, { "table-image", image },
	{ "table-outside", outside }, { "table-forbidden", forbidden }, { "table-overlap", overlap },
	{ "table-choice", choice },
	{ "table-wrong-place", wrong_place }, { "table-unchosen", unchosen }, { "table-slot", slot },
	{ "table-branch", branch }, { "table-nest", nest },
};

WRAP(struct error, sites_lull_read, const struct sites_lull *tables, const struct lull_features *features,
     struct arena *arena, struct plan_input *input)
{
	struct sites_lull damaged = *tables;

	if (tripping("table-memory"))
		arena->size = 64;
	if (tripping("table-size"))
		damaged.sites.size--;
	for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		if (!tripping(damages[i].name) || tables->sites.size > sizeof(table))
			continue;
		memcpy(table, tables->sites.at, tables->sites.size);
		count = (uint32_t)(tables->sites.size / sizeof(*table));
		base = tables->sites_address;
		damages[i].make();
		damaged.sites = span(table, count * sizeof(*table));
	}
	return __real_sites_lull_read(&damaged, features, arena, input);
}
