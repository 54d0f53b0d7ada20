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
/* A static branch that does not jump: the NOP of 5 bytes, as lull/site.h assembles it and replacement.h fills it in. */
static const uint8_t no_jump[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

/* One record while it is read. */
struct reading {
	const struct sites_lull *tables;
	const struct lull_features *features;
	struct lull_site raw;
	uint64_t image;
	struct plan_record *record;
	/* The site whose choices may come now. */
	const struct plan_record *owner;
	/* The first of the choices that came before their site, which must come next and be an outer one. */
	struct plan_record *orphan;
	/* Where the next image of the same site begins; 0 in front of the first one. */
	uint64_t next_image;
	/* What is wrong with the record, for its error. */
	uint64_t found;
};

/* What a kind has besides its site; every other field of its records is 0. */
enum { HAS_IMAGE = 1, HAS_IMAGE_LENGTH = 2, HAS_KEY = 4, HAS_ALL = 7 };

static const uint8_t has[] = {
	[LULL_KIND_CODE] = HAS_IMAGE | HAS_IMAGE_LENGTH,
	[LULL_KIND_CALL] = HAS_IMAGE,
	[LULL_KIND_CHOICE] = HAS_ALL,
	[LULL_KIND_LOCK] = HAS_KEY,
	[LULL_KIND_BRANCH] = HAS_ALL,
	[LULL_KIND_OUTER] = 0,
};

uint64_t sites_lull_space(const struct sites_lull *tables)
{
	/* A paravirtual call takes two instructions, padded to 16 bytes, besides its record; a branch takes one. */
	return tables->sites.size / RECORD_SIZE * (sizeof(struct plan_record) + 16);
}

/* Notes what is wrong with the record.  sites_lull_read() turns that into the error. */
static enum error_code reading_wrong(struct reading *reading, enum error_code code, uint64_t found)
{
	reading->found = found;
	return code;
}

static bool selected(const struct reading *reading)
{
	uint16_t key = reading->raw.key;

	return lull_features_has(reading->features, key & ~LULL_FEATURE_NOT) != ((key & LULL_FEATURE_NOT) != 0);
}

/* The bytes of the image; an error when they are not all in the images or longer than the site. */
static enum error_code image_bytes(struct reading *reading, const uint8_t **bytes)
{
	const struct linked_bytes *images = &reading->tables->images;
	struct span image;

	if (reading->raw.image_length > reading->raw.site_length)
		return reading_wrong(reading, ERROR_SITE_LENGTH, reading->raw.image_length);
	if (!span_cut(images->bytes, reading->image - images->address, reading->raw.image_length, &image) ||
	    (reading->next_image != 0 && reading->image != reading->next_image))
		return reading_wrong(reading, ERROR_SITE_IMAGE, reading->image);
	reading->next_image = reading->image + reading->raw.image_length;
	*bytes = image.at;
	return ERROR_NONE;
}

static enum error_code read_code(struct reading *reading)
{
	struct plan_record *record = reading->record;

	record->old_length = reading->raw.image_length;
	record->flags |= RECORD_RELOCATE;
	return image_bytes(reading, &record->old);
}

static enum error_code read_choice(struct reading *reading)
{
	struct plan_record *record = reading->record;

	record->length = reading->raw.image_length;
	record->flags = RECORD_RELOCATE | (selected(reading) ? RECORD_SELECTED : 0);
	return image_bytes(reading, &record->bytes);
}

static enum error_code read_lock(struct reading *reading)
{
	struct plan_record *record = reading->record;

	if (record->site_length != 1)
		return reading_wrong(reading, ERROR_SITE_LENGTH, 1);
	if (reading->raw.key != LULL_FEATURE_ONE_CPU)
		return reading_wrong(reading, ERROR_SITE_FEATURE, reading->raw.key);
	record->old = lock_prefix;
	record->old_length = 1;
	record->bytes = no_prefix;
	record->length = 1;
	record->flags |= selected(reading) ? RECORD_SELECTED : 0;
	return ERROR_NONE;
}

/*
 * call *slot(%rip) is ff 15 and a displacement; the direct call is e8 behind a CS prefix, so that both end at the same
 * byte and a return address on a sleeping stack stays right.  A site whose slot is null needs a choice.
 */
static enum error_code read_call(struct reading *reading, struct arena *arena)
{
	const struct sites_lull *tables = reading->tables;
	struct plan_record *record = reading->record;
	uint64_t end = record->site + CALL_SIZE;
	uint8_t *bytes = arena_take(arena, 16);
	struct span slot;
	uint64_t target;

	if (record->site_length < CALL_SIZE)
		return reading_wrong(reading, ERROR_SITE_LENGTH, CALL_SIZE);
	bytes[0] = 0xff;
	bytes[1] = 0x15;
	if (!span_cut(tables->data, reading->image - tables->data_address, 8, &slot) ||
	    !image_displacement(bytes + 2, end, reading->image))
		return reading_wrong(reading, ERROR_SITE_SLOT, reading->image);
	record->old = bytes;
	record->old_length = CALL_SIZE;

	target = span_u64(slot, 0);
	if (target == 0) {
		record->flags |= RECORD_MUST;
		return ERROR_NONE;
	}
	bytes[8] = 0x2e;
	bytes[9] = 0xe8;
	if (!image_displacement(bytes + 10, end, target))
		return reading_wrong(reading, ERROR_SITE_BRANCH, target);
	record->bytes = bytes + 8;
	record->length = CALL_SIZE;
	record->flags |= RECORD_SELECTED;
	return ERROR_NONE;
}

/*
 * The site holds a jump or a NOP, as the record says.  If the features want the other one, the record is selected; else the
 * site is only compared.
 */
static enum error_code read_branch(struct reading *reading, struct arena *arena)
{
	struct plan_record *record = reading->record;
	bool jumps = reading->raw.image_length != 0;
	uint8_t *jump;

	if (record->site_length != BRANCH_SIZE)
		return reading_wrong(reading, ERROR_SITE_LENGTH, BRANCH_SIZE);
	if (jumps && reading->raw.image_length != BRANCH_SIZE)
		return reading_wrong(reading, ERROR_SITE_LENGTH, reading->raw.image_length);
	jump = arena_take(arena, BRANCH_SIZE);
	jump[0] = 0xe9;
	if (!image_displacement(jump + 1, record->site + BRANCH_SIZE, reading->image))
		return reading_wrong(reading, ERROR_SITE_BRANCH, reading->image);
	record->old = jumps ? jump : no_jump;
	record->old_length = BRANCH_SIZE;
	record->bytes = jumps ? no_jump : jump;
	record->length = BRANCH_SIZE;
	record->flags |= selected(reading) != jumps ? RECORD_SELECTED : 0;
	return ERROR_NONE;
}

/* Checks the fields that need no other record: a field that the kind does not use is 0. */
static enum error_code check_fields(struct reading *reading)
{
	const struct lull_site *raw = &reading->raw;
	uint8_t fields;

	if (raw->kind == 0 || raw->kind >= sizeof(has) || raw->reserved_ != 0 || raw->reserved2_ != 0)
		return reading_wrong(reading, ERROR_SITE_KIND, raw->kind);
	fields = has[raw->kind];
	if ((raw->image != 0 && (fields & HAS_IMAGE) == 0) || (raw->image_length != 0 && (fields & HAS_IMAGE_LENGTH) == 0))
		return reading_wrong(reading, ERROR_SITE_KIND, raw->kind);
	if ((raw->key & ~LULL_FEATURE_NOT) >= LULL_FEATURE_COUNT || (raw->key != 0 && (fields & HAS_KEY) == 0))
		return reading_wrong(reading, ERROR_SITE_FEATURE, raw->key);
	if (raw->site_length == 0)
		return reading_wrong(reading, ERROR_SITE_LENGTH, raw->image_length);
	return ERROR_NONE;
}

static bool same_site(const struct plan_record *a, const struct plan_record *b)
{
	return a->site == b->site && a->site_length == b->site_length;
}

/* Choices that came before their site must belong to the record that was just read. */
static enum error_code adopt(struct reading *reading, bool outer)
{
	if (reading->orphan && !(outer && same_site(reading->orphan, reading->record))) {
		reading->record = reading->orphan;
		return reading_wrong(reading, ERROR_SITE_CHOICE, reading->record->site);
	}
	reading->orphan = 0;
	return ERROR_NONE;
}

/* Finds the site that a choice is for: the record before it, or else the outer site that is still to come. */
static enum error_code find_owner(struct reading *reading)
{
	struct plan_record *record = reading->record;
	unsigned kind = reading->raw.kind;

	if (kind == LULL_KIND_CHOICE) {
		if (reading->orphan)
			return same_site(reading->orphan, record) ? ERROR_NONE : adopt(reading, false);
		if (reading->owner && same_site(reading->owner, record))
			return ERROR_NONE;
		reading->orphan = record;
		reading->next_image = 0;
		return ERROR_NONE;
	}
	reading->owner = kind <= LULL_KIND_CALL ? record : 0;
	reading->next_image = 0;
	return adopt(reading, kind == LULL_KIND_OUTER);
}

static enum error_code read_record(struct reading *reading, struct arena *arena)
{
	struct plan_record *record = reading->record;

	/* A choice is a part of a site and counts with it. */
	if (reading->raw.kind != LULL_KIND_CHOICE) {
		record->kind = reading->raw.kind;
		record->flags = RECORD_SITE;
	}
	switch (reading->raw.kind) {
	case LULL_KIND_TRAPPED:
		record->flags |= RECORD_TRAPPED | RECORD_MUST;
		return ERROR_NONE;
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
		/* LULL_KIND_OUTER says nothing of what is there. */
		return ERROR_NONE;
	}
}

static enum error_code read_records(struct reading *reading, struct plan_record *record, uint32_t count, struct arena *arena)
{
	const struct sites_lull *tables = reading->tables;
	enum error_code code;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = tables->sites_address + (uint64_t)i * RECORD_SIZE;

		__builtin_memcpy(&reading->raw, tables->sites.at + (uint64_t)i * RECORD_SIZE, RECORD_SIZE);
		reading->image = address + __builtin_offsetof(struct lull_site, image) + (int64_t)reading->raw.image;
		reading->record = &record[i];
		record[i] = (struct plan_record){
			.site = address + (int64_t)reading->raw.site,
			.index = i,
			.site_length = reading->raw.site_length,
		};
		code = check_fields(reading) ?: find_owner(reading) ?: read_record(reading, arena);
		if (code != ERROR_NONE)
			return code;
	}
	return adopt(reading, false);
}

struct error sites_lull_read(const struct sites_lull *tables, const struct lull_features *features, struct arena *arena,
			     struct plan_input *input)
{
	struct reading reading = { .tables = tables, .features = features };
	uint64_t count = tables->sites.size / RECORD_SIZE;
	uint64_t used = arena->used;
	struct plan_record *record;
	enum error_code code;

	if (tables->sites.size % RECORD_SIZE != 0 || count > UINT32_MAX)
		return error_make(ERROR_SITE_TABLE, SITES_LULL_NAME, RECORD_SIZE, tables->sites.size);
	if (arena->size - arena->used < sites_lull_space(tables))
		return error_make(ERROR_SITE_MEMORY, SITES_LULL_NAME, sites_lull_space(tables),
				  arena->size - arena->used);
	record = arena_take(arena, count * sizeof(*record));
	code = read_records(&reading, record, (uint32_t)count, arena);
	if (code != ERROR_NONE) {
		arena->used = used;
		record = reading.record;
		return error_at_site(code, SITES_LULL_NAME, record->index, reading.found, record->site, record->site_length);
	}
	input->table = SITES_LULL_NAME;
	input->record = record;
	input->count = (uint32_t)count;
	input->images = tables->images;
	return error_none();
}
