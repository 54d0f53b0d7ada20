/* SPDX-License-Identifier: MIT */
#include "replacement.h"
#include "sites_lull.h"

#define RECORD_SIZE 16
#define CALL_SIZE   6
#define BRANCH_SIZE 5

_Static_assert(sizeof(struct lull_site) == RECORD_SIZE, "the assembler writes 16 bytes a record");

static const uint8_t lock_prefix[] = { 0xf0 };
/* DS: has no meaning in front of these instructions and keeps their length. */
static const uint8_t no_prefix[] = { 0x3e };
/* A static branch that does not jump: the NOP of 5 bytes, as lull/site.h assembles it and image.h fills. */
static const uint8_t no_jump[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

/* One record while it is read. */
struct reading {
	const struct sites_lull *tables;
	const struct lull_features *features;
	struct lull_site raw;
	uint64_t image;
	struct plan_record *record;
};

uint64_t sites_lull_space(const struct sites_lull *tables)
{
	/* A paravirtual call takes two instructions, padded to 16 bytes, besides its record; a branch takes one. */
	return tables->sites.size / RECORD_SIZE * (sizeof(struct plan_record) + 16);
}

/* Out of line: it is called from so many places that to inline it takes more than it saves. */
__attribute__((noinline))
static struct error wrong(const struct reading *reading, enum error_code code, uint64_t found)
{
	return error_make(code, SITES_LULL_NAME, reading->record->index, found);
}

static bool selected(const struct reading *reading)
{
	uint16_t key = reading->raw.key;

	return lull_features_has(reading->features, key & ~LULL_FEATURE_NOT) != ((key & LULL_FEATURE_NOT) != 0);
}

/* The bytes of the image; an error when they are not all in the images or longer than the site. */
static struct error image_bytes(const struct reading *reading, const uint8_t **bytes)
{
	const struct image_window *images = &reading->tables->images;
	struct span image;

	if (reading->raw.image_length > reading->raw.site_length)
		return wrong(reading, ERROR_SITE_LENGTH, reading->raw.image_length);
	if (!span_cut(images->bytes, reading->image - images->address, reading->raw.image_length, &image))
		return wrong(reading, ERROR_SITE_IMAGE, reading->image);
	*bytes = image.at;
	return error_none();
}

static struct error read_code(const struct reading *reading)
{
	struct plan_record *record = reading->record;

	record->old_length = reading->raw.image_length;
	record->flags = RECORD_RELOCATE;
	return image_bytes(reading, &record->old);
}

static struct error read_choice(const struct reading *reading)
{
	struct plan_record *record = reading->record;

	record->length = reading->raw.image_length;
	record->flags = RECORD_RELOCATE | (selected(reading) ? RECORD_SELECTED : 0);
	return image_bytes(reading, &record->bytes);
}

static struct error read_lock(const struct reading *reading)
{
	struct plan_record *record = reading->record;

	if (record->site_length != 1)
		return wrong(reading, ERROR_SITE_LENGTH, record->site_length);
	record->old = lock_prefix;
	record->old_length = 1;
	record->bytes = no_prefix;
	record->length = 1;
	record->flags = selected(reading) ? RECORD_SELECTED : 0;
	return error_none();
}

/*
 * call *slot(%rip) is ff 15 and a displacement; the direct call is e8 behind a CS prefix, so that both end at the same
 * byte and a return address on a sleeping stack stays right.  A null slot must be overruled by a choice.
 */
static struct error read_call(const struct reading *reading, struct arena *arena)
{
	const struct sites_lull *tables = reading->tables;
	struct plan_record *record = reading->record;
	uint64_t end = record->site + CALL_SIZE;
	uint8_t *bytes = arena_take(arena, 16);
	struct span slot;
	uint64_t target;

	if (record->site_length < CALL_SIZE)
		return wrong(reading, ERROR_SITE_LENGTH, record->site_length);
	bytes[0] = 0xff;
	bytes[1] = 0x15;
	if (!span_cut(tables->data, reading->image - tables->data_address, 8, &slot) ||
	    !image_displacement(bytes + 2, end, reading->image))
		return wrong(reading, ERROR_SITE_SLOT, reading->image);
	record->old = bytes;
	record->old_length = CALL_SIZE;

	target = span_u64(slot, 0);
	if (target == 0) {
		record->flags = RECORD_MUST;
		return error_none();
	}
	bytes[8] = 0x2e;
	bytes[9] = 0xe8;
	if (!image_displacement(bytes + 10, end, target))
		return wrong(reading, ERROR_SITE_BRANCH, target);
	record->bytes = bytes + 8;
	record->length = CALL_SIZE;
	record->flags = selected(reading) ? RECORD_SELECTED : 0;
	return error_none();
}

/*
 * Of the jump and the NOP, one is there (the record says which) and the other is wanted, or the same: then the site is
 * left, but what it holds is still compared.
 */
static struct error read_branch(const struct reading *reading, struct arena *arena)
{
	struct plan_record *record = reading->record;
	bool jumps = reading->raw.image_length != 0;
	uint8_t *jump;

	if (record->site_length != BRANCH_SIZE)
		return wrong(reading, ERROR_SITE_LENGTH, record->site_length);
	if (jumps && reading->raw.image_length != BRANCH_SIZE)
		return wrong(reading, ERROR_SITE_LENGTH, reading->raw.image_length);
	jump = arena_take(arena, BRANCH_SIZE);
	jump[0] = 0xe9;
	if (!image_displacement(jump + 1, record->site + BRANCH_SIZE, reading->image))
		return wrong(reading, ERROR_SITE_BRANCH, reading->image);
	record->old = jumps ? jump : no_jump;
	record->old_length = BRANCH_SIZE;
	record->bytes = jumps ? no_jump : jump;
	record->length = BRANCH_SIZE;
	record->flags = selected(reading) != jumps ? RECORD_SELECTED : 0;
	return error_none();
}

static struct error read_record(const struct reading *reading, struct arena *arena)
{
	const struct lull_site *raw = &reading->raw;

	if (raw->reserved_ != 0 || raw->reserved2_ != 0)
		return wrong(reading, ERROR_SITE_KIND, raw->kind);
	if ((raw->key & ~LULL_FEATURE_NOT) >= LULL_FEATURE_COUNT)
		return wrong(reading, ERROR_SITE_FEATURE, raw->key);
	if (raw->site_length == 0)
		return wrong(reading, ERROR_SITE_LENGTH, 0);
	/* A choice is a part of a site and counts with it. */
	reading->record->kind = raw->kind == LULL_KIND_CHOICE ? 0 : raw->kind;
	switch (raw->kind) {
	case LULL_KIND_TRAPPED:
		reading->record->flags = RECORD_TRAPPED | RECORD_MUST;
		return error_none();
	case LULL_KIND_OUTER:
		return error_none();
	case LULL_KIND_BRANCH:
		return read_branch(reading, arena);
	case LULL_KIND_CODE:
		return read_code(reading);
	case LULL_KIND_CALL:
		return read_call(reading, arena);
	case LULL_KIND_CHOICE:
		return read_choice(reading);
	case LULL_KIND_LOCK:
		return read_lock(reading);
	default:
		return wrong(reading, ERROR_SITE_KIND, raw->kind);
	}
}

struct error sites_lull_read(const struct sites_lull *tables, const struct lull_features *features, struct arena *arena,
			     struct plan_input *input)
{
	struct reading reading = { .tables = tables, .features = features };
	uint64_t count = tables->sites.size / RECORD_SIZE;
	uint64_t used = arena->used;
	struct plan_record *record;
	struct error error;

	if (tables->sites.size % RECORD_SIZE != 0 || count > UINT32_MAX)
		return error_make(ERROR_SITE_TABLE, SITES_LULL_NAME, RECORD_SIZE, tables->sites.size);
	if (arena->size - arena->used < sites_lull_space(tables))
		return error_make(ERROR_SITE_MEMORY, SITES_LULL_NAME, sites_lull_space(tables),
				  arena->size - arena->used);
	record = arena_take(arena, count * sizeof(*record));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = tables->sites_address + (uint64_t)i * RECORD_SIZE;

		__builtin_memcpy(&reading.raw, tables->sites.at + (uint64_t)i * RECORD_SIZE, RECORD_SIZE);
		reading.image = address + __builtin_offsetof(struct lull_site, image) + (int64_t)reading.raw.image;
		reading.record = &record[i];
		record[i] = (struct plan_record){
			.site = address + (int64_t)reading.raw.site,
			.index = i,
			.site_length = reading.raw.site_length,
		};
		error = read_record(&reading, arena);
		if (failed(error)) {
			arena->used = used;
			return error;
		}
	}
	input->table = SITES_LULL_NAME;
	input->record = record;
	input->count = (uint32_t)count;
	input->images = tables->images;
	return error_none();
}
