/* SPDX-License-Identifier: MIT */
#include "planner.h"
#include "replacement.h"
#include "sort.h"

#define TRAP 0xcc
#define NOP  0x90

static uint64_t total_length(const struct plan_record *record, uint32_t count)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < count; i++)
		total += record[i].site_length;
	return total;
}

/* The arena for sites of so many bytes: two arrays of sort keys, one of edits; old and new bytes. */
static uint64_t space_for(uint32_t count, uint64_t bytes)
{
	return (uint64_t)count * (8 + 8 + sizeof(struct edit)) + 2 * ((bytes + 7) & ~UINT64_C(7));
}

uint64_t plan_space(const struct plan_record *record, uint32_t count)
{
	return space_for(count, total_length(record, count));
}

/* Checks a record by itself, whose site is at `offset` of the text. */
static inline enum error_code check_record(struct planner *planner, const struct plan_record *record, uint64_t offset,
					   uint64_t text_length)
{
	const struct plan_input *input = planner->input;

	if (record->site_length == 0)
		return record_wrong(planner, ERROR_SITE_LENGTH, record, 0);
	if (record->length > record->site_length)
		return record_wrong(planner, ERROR_SITE_LENGTH, record, record->length);
	if (record->old_length > record->site_length)
		return record_wrong(planner, ERROR_SITE_LENGTH, record, record->old_length);
	if (offset > text_length || record->site_length > text_length - offset)
		return record_wrong(planner, ERROR_SITE_REACH, record, record->site);
	for (uint32_t i = 0; i < input->forbidden_count; i++) {
		const struct code_range *range = &input->forbidden[i];

		if (record->site < range->end && range->start < record->site + record->site_length)
			return record_wrong(planner, ERROR_SITE_FORBIDDEN, record, record->site);
	}
	return ERROR_NONE;
}

/* Makes the keys: offset in the text, place in the table. */
static enum error_code make_keys(struct planner *planner, uint64_t *key)
{
	const struct plan_record *const record = planner->input->record;
	const uint64_t address = planner->text.address, length = planner->text.length;
	const uint32_t count = planner->input->count;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t offset = record[i].site - address;
		enum error_code code = check_record(planner, &record[i], offset, length);

		if (code != ERROR_NONE)
			return code;
		key[i] = offset << KEY_SHIFT | i;
	}
	return ERROR_NONE;
}

/* Makes `moved` of bytes of the images, relocated to the site.  NULL when a branch cannot reach `found`. */
static const uint8_t *relocate(struct planner *planner, uint64_t site, const uint8_t *from, unsigned length)
{
	const struct linked_bytes *images = &planner->input->images;
	const uint64_t linked = images->address + (uint64_t)(from - images->bytes.at);

	__builtin_memcpy(planner->moved, from, length);
	return image_relocate(planner->moved, length, linked, site, &planner->found) ? planner->moved : 0;
}

/* A record's bytes as they are to be at its site; NULL when they cannot be. */
static inline const uint8_t *move(struct planner *planner, const struct plan_record *record, const uint8_t *from,
				  unsigned length)
{
	/* A choice of no bytes may come from no memory. */
	if (length == 0)
		return planner->moved;
	return (record->flags & RECORD_RELOCATE) != 0 ? relocate(planner, record->site, from, length) : from;
}

/* Most sites are lock prefixes, of one byte: for those neither of the two does what longer ones need. */
static inline void copy(uint8_t *to, const uint8_t *from, unsigned length)
{
	if (length == 1)
		*to = *from;
	else
		__builtin_memcpy(to, from, length);
}

static inline bool same(const uint8_t *a, const uint8_t *b, unsigned length)
{
	if (length == 1)
		return *a == *b;
	for (unsigned i = 0; i < length; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* True when all bytes from `from` to `to` are this one. */
static bool filled(const uint8_t *bytes, unsigned from, unsigned to, uint8_t with)
{
	for (; from < to; from++)
		if (bytes[from] != with)
			return false;
	return true;
}

/* Compares what is there, at `now`, with what the record says must be. */
static inline enum error_code check_old(struct planner *planner, const struct plan_record *record, const uint8_t *now)
{
	const uint8_t *bytes;

	if ((record->flags & RECORD_TRAPPED) != 0 && !filled(now, 0, record->site_length, TRAP))
		return record_wrong(planner, ERROR_SITE_BYTES, record, record->site);
	if (record->old == 0)
		return ERROR_NONE;
	bytes = move(planner, record, record->old, record->old_length);
	if (!bytes || !same(bytes, now, record->old_length) || !filled(now, record->old_length, record->site_length, NOP))
		return record_wrong(planner, ERROR_SITE_BYTES, record, record->site);
	return ERROR_NONE;
}

static bool is_selected(const struct plan_record *record) { return (record->flags & RECORD_SELECTED) != 0; }

/* True when a selected record replaces all of the i-th record's site. */
static bool replaced(const struct planner *planner, const struct site *site, uint32_t i)
{
	const struct plan_record *record = record_of(planner, site, i);

	for (uint32_t k = 0; k < site->count; k++) {
		const struct plan_record *other = record_of(planner, site, k);

		if (is_selected(other) && other->site <= record->site &&
		    other->site + site->width[k] >= record->site + record->site_length)
			return true;
	}
	return false;
}

/* Adds a site, which holds what is at `now`, and whose new bytes are there already, to the plan, unless they change nothing. */
static inline void emit(struct planner *planner, const uint8_t *now, uint32_t start, uint32_t length)
{
	if (same(planner->new_bytes, now, length))
		return;
	copy(planner->old_bytes, now, length);
	*planner->edit++ = (struct edit){ start, length };
	planner->new_bytes += length;
	planner->old_bytes += length;
}

static void count_kind(struct plan *plan, unsigned kind, bool patched)
{
	if (kind == 0)
		return;
	if (patched)
		plan->kind[kind].patched++;
	else
		plan->kind[kind].left++;
}

/* Counts a site that was folded. */
static void count_site(struct plan *plan, bool selected)
{
	plan->site_count++;
	plan->selected_count += selected;
}

/*
 * A record's choice as it is to be at its site, which holds what is at `now`, or NULL for what is wrong.  `left` when nothing
 * replaces all of the site.
 */
static inline __attribute__((always_inline))
const uint8_t *judge(struct planner *planner, const struct plan_record *record, const uint8_t *now, bool left)
{
	const uint8_t *bytes;

	if (check_old(planner, record, now) != ERROR_NONE)
		return 0;
	if ((record->flags & RECORD_MUST) != 0 && left) {
		record_wrong(planner, ERROR_SITE_UNCHOSEN, record, record->site);
		return 0;
	}
	bytes = move(planner, record, record->bytes, record->length);
	if (!bytes)
		record_wrong(planner, ERROR_SITE_BRANCH, record, planner->found);
	return bytes;
}

/* The same, not inlined: nests are rare. */
static const uint8_t *judge_nested(struct planner *planner, const struct plan_record *record, bool left)
{
	return judge(planner, record, planner->text.run + (record->site - planner->text.address), left);
}

/* Writes a record's choice and the NOPs behind it. */
static inline void put(uint8_t *to, const struct plan_record *record, const uint8_t *bytes, unsigned width)
{
	const unsigned length = record->length;

	copy(to, bytes, length);
	image_fill_nops(to + length, width - length);
}

/* Folds a site with one record, as nearly all are. */
static enum error_code fold_lone(struct planner *planner, const struct plan_record *record, uint32_t start)
{
	const uint8_t *now = planner->text.run + start;
	const uint8_t *bytes = judge(planner, record, now, !is_selected(record));

	if (!bytes)
		return planner->code;
	if (is_selected(record)) {
		put(planner->new_bytes, record, bytes, record->site_length);
		emit(planner, now, start, record->site_length);
	}
	count_kind(planner->plan, record->kind, is_selected(record));
	count_site(planner->plan, is_selected(record));
	return ERROR_NONE;
}

/* Folds the records of a nest to its one final image. */
static enum error_code fold(struct planner *planner, const struct site *site)
{
	const uint64_t start = planner->text.address + site->start;
	const uint8_t *now = planner->text.run + site->start;
	uint8_t *image = planner->new_bytes;
	uint32_t length = site->end - site->start;
	bool any = false;

	__builtin_memcpy(image, now, length);
	for (uint32_t i = 0; i < site->count; i++) {
		const struct plan_record *record = record_of(planner, site, i);
		bool whole = replaced(planner, site, i);
		const uint8_t *bytes = judge_nested(planner, record, !whole);

		if (!bytes)
			return planner->code;
		count_kind(planner->plan, record->kind, whole);
		if (!is_selected(record))
			continue;
		put(image + (record->site - start), record, bytes, site->width[i]);
		any = true;
	}
	emit(planner, now, site->start, length);
	count_site(planner->plan, any);
	return ERROR_NONE;
}

/* Folds the first site, which shares bytes with others, and takes the keys of all of them.  By itself: nests are rare. */
__attribute__((noinline))
static enum error_code fold_nest(struct planner *planner, const uint64_t **key, const uint64_t *end)
{
	struct site site;
	enum error_code code = nest_read(planner, *key, (uint32_t)(end - *key), &site) ?: fold(planner, &site);

	*key += site.count;
	return code;
}

/* True when no other record's site begins before the end of the first one's. */
static bool is_lone(const uint64_t *key, const uint64_t *end, const struct plan_record *first)
{
	return key + 1 == end || key[1] >> KEY_SHIFT >= (key[0] >> KEY_SHIFT) + first->site_length;
}

static enum error_code fold_all(struct planner *planner, const uint64_t *key)
{
	const struct plan_record *const record = planner->input->record;
	const uint64_t *const end = key + planner->input->count;

	while (key < end) {
		const struct plan_record *first = &record[(uint32_t)*key];
		enum error_code code;

		if (is_lone(key, end, first))
			code = fold_lone(planner, first, (uint32_t)(*key++ >> KEY_SHIFT));
		else
			code = fold_nest(planner, &key, end);
		if (code != ERROR_NONE)
			return code;
	}
	return ERROR_NONE;
}

/* Does the work of plan_make(), which empties the plan and gives the arena back when this fails. */
static enum error_code make(struct planner *planner, struct arena *arena, uint64_t bytes)
{
	const struct plan_input *input = planner->input;
	uint64_t *key = arena_take(arena, input->count * sizeof(*key));
	uint64_t *scratch = arena_take(arena, input->count * sizeof(*scratch));
	struct plan *plan = planner->plan;

	plan->edit = planner->edit = arena_take(arena, input->count * sizeof(struct edit));
	plan->new_bytes = planner->new_bytes = arena_take(arena, bytes);
	plan->old_bytes = planner->old_bytes = arena_take(arena, bytes);
	/* Then there may be no memory either, and no key to begin at. */
	if (input->count == 0)
		return ERROR_NONE;
	if (make_keys(planner, key) != ERROR_NONE ||
	    fold_all(planner, sort_keys(key, scratch, input->count, input->text->length)) != ERROR_NONE)
		return planner->code;
	plan->edit_count = (uint32_t)(planner->edit - plan->edit);
	plan->byte_count = (uint64_t)(planner->new_bytes - plan->new_bytes);
	return ERROR_NONE;
}

struct error plan_make(struct plan *plan, const struct plan_input *input, struct arena *arena)
{
	const struct patched_text *text = input->text;
	struct planner planner = { .input = input, .text = *text, .plan = plan };
	uint64_t bytes = total_length(input->record, input->count);
	uint64_t space = space_for(input->count, bytes);
	uint64_t used = arena->used;
	const struct plan_record *record;
	enum error_code code;
	uint64_t end;

	*plan = (struct plan){ .text = text };
	if (text->length > UINT64_C(1) << KEY_SHIFT || __builtin_add_overflow(text->address, text->length, &end))
		return error_make(ERROR_TEXT_WINDOW, input->table, UINT64_C(1) << KEY_SHIFT, text->length);
	if (arena->size - arena->used < space)
		return error_make(ERROR_SITE_MEMORY, input->table, space, arena->size - arena->used);
	code = make(&planner, arena, bytes);
	if (code == ERROR_NONE)
		return error_none();
	*plan = (struct plan){ .text = text };
	arena->used = used;
	record = planner.culprit;
	return error_at_site(code, input->table, record->index, planner.found, record->site, record->site_length);
}
