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

/* Checks a record by itself. */
static enum error_code check_record(struct planner *planner, const struct plan_record *record)
{
	const struct plan_input *input = planner->input;
	uint64_t offset = record->site - input->text->address;

	if (record->site_length == 0)
		return record_wrong(planner, ERROR_SITE_LENGTH, record, 0);
	if (record->length > record->site_length)
		return record_wrong(planner, ERROR_SITE_LENGTH, record, record->length);
	if (record->old_length > record->site_length)
		return record_wrong(planner, ERROR_SITE_LENGTH, record, record->old_length);
	if (offset > input->text->length || record->site_length > input->text->length - offset)
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
	const struct plan_input *input = planner->input;
	enum error_code code;

	for (uint32_t i = 0; i < input->count; i++) {
		const struct plan_record *record = &input->record[i];

		code = check_record(planner, record);
		if (code != ERROR_NONE)
			return code;
		key[i] = (record->site - input->text->address) << KEY_SHIFT | i;
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
	unsigned i = 0;

	if (length == 1)
		return *a == *b;
	while (i < length && a[i] == b[i])
		i++;
	return i == length;
}

/* True when all bytes from `from` to `to` are this one. */
static bool filled(const uint8_t *bytes, unsigned from, unsigned to, uint8_t with)
{
	while (from < to && bytes[from] == with)
		from++;
	return from == to;
}

/* Compares what is there with what the record says must be. */
static inline enum error_code check_old(struct planner *planner, const struct plan_record *record)
{
	const struct patched_text *text = planner->input->text;
	const uint8_t *now = text->run + (record->site - text->address), *bytes;

	if ((record->flags & RECORD_TRAPPED) != 0 && !filled(now, 0, record->site_length, TRAP))
		return record_wrong(planner, ERROR_SITE_BYTES, record, record->site);
	if (record->old == 0)
		return ERROR_NONE;
	bytes = move(planner, record, record->old, record->old_length);
	if (!bytes || !same(bytes, now, record->old_length) || !filled(now, record->old_length, record->site_length, NOP))
		return record_wrong(planner, ERROR_SITE_BYTES, record, record->site);
	return ERROR_NONE;
}

/* True when a selected record replaces all of the i-th record's site. */
static bool replaced(const struct planner *planner, const struct site *site, uint32_t i)
{
	const struct plan_record *record = record_of(planner, site, i);

	for (uint32_t k = 0; k < site->count; k++) {
		const struct plan_record *other = record_of(planner, site, k);

		if ((other->flags & RECORD_SELECTED) != 0 && other->site <= record->site &&
		    other->site + site->width[k] >= record->site + record->site_length)
			return true;
	}
	return false;
}

/* Adds a site, whose new bytes are in the buffer, to the plan, unless they change nothing. */
static inline void emit(struct planner *planner, uint32_t start, uint32_t length)
{
	struct plan *plan = planner->plan;
	const uint8_t *now = plan->text->run + start;

	if (same(planner->new_bytes + plan->byte_count, now, length))
		return;
	copy(planner->old_bytes + plan->byte_count, now, length);
	plan->edit[plan->edit_count++] = (struct edit){ start, length };
	plan->byte_count += length;
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

/* A record's choice as it is to be at its site, or NULL for what is wrong.  `left` when nothing replaces all of the site. */
static inline __attribute__((always_inline))
const uint8_t *judge(struct planner *planner, const struct plan_record *record, bool left)
{
	const uint8_t *bytes;

	if (check_old(planner, record) != ERROR_NONE)
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
	return judge(planner, record, left);
}

/* Writes a record's choice and the NOPs behind it. */
static void put(uint8_t *to, const struct plan_record *record, const uint8_t *bytes, unsigned width)
{
	copy(to, bytes, record->length);
	image_fill_nops(to + record->length, width - record->length);
}

/* Folds a site with one record, as nearly all are. */
static enum error_code fold_lone(struct planner *planner, const struct plan_record *record, uint32_t start)
{
	struct plan *plan = planner->plan;
	bool selected = (record->flags & RECORD_SELECTED) != 0;
	const uint8_t *bytes = judge(planner, record, !selected);

	if (!bytes)
		return planner->code;
	if (selected) {
		put(planner->new_bytes + plan->byte_count, record, bytes, record->site_length);
		emit(planner, start, record->site_length);
	}
	count_kind(plan, record->kind, selected);
	count_site(plan, selected);
	return ERROR_NONE;
}

/* Folds the records of a nest to its one final image. */
static enum error_code fold(struct planner *planner, const struct site *site)
{
	const struct patched_text *text = planner->input->text;
	struct plan *plan = planner->plan;
	uint8_t *image = planner->new_bytes + plan->byte_count;
	uint32_t length = site->end - site->start;
	bool any = false;

	__builtin_memcpy(image, text->run + site->start, length);
	for (uint32_t i = 0; i < site->count; i++) {
		const struct plan_record *record = record_of(planner, site, i);
		bool whole = replaced(planner, site, i);
		const uint8_t *bytes = judge_nested(planner, record, !whole);

		if (!bytes)
			return planner->code;
		count_kind(plan, record->kind, whole);
		if ((record->flags & RECORD_SELECTED) == 0)
			continue;
		put(image + (record->site - text->address - site->start), record, bytes, site->width[i]);
		any = true;
	}
	emit(planner, site->start, length);
	count_site(plan, any);
	return ERROR_NONE;
}

/* Folds the first site, which shares bytes with others; *count says how many of them.  By itself: nests are rare. */
__attribute__((noinline))
static enum error_code fold_nest(struct planner *planner, const uint64_t *key, uint32_t left, uint32_t *count)
{
	struct site site;
	enum error_code code = nest_read(planner, key, left, &site) ?: fold(planner, &site);

	*count = site.count;
	return code;
}

/* True when no other record's site begins before the end of the first one's. */
static bool is_lone(const uint64_t *key, uint32_t left, const struct plan_record *first)
{
	return left == 1 || key[1] >> KEY_SHIFT >= (key[0] >> KEY_SHIFT) + first->site_length;
}

static enum error_code fold_all(struct planner *planner, const uint64_t *key)
{
	const struct plan_record *const record = planner->input->record;
	uint32_t count;

	for (uint32_t left = planner->input->count; left > 0; left -= count, key += count) {
		const struct plan_record *first = &record[(uint32_t)*key];
		enum error_code code;

		count = 1;
		if (is_lone(key, left, first))
			code = fold_lone(planner, first, (uint32_t)(*key >> KEY_SHIFT));
		else
			code = fold_nest(planner, key, left, &count);
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
	enum error_code code;

	planner->plan->edit = arena_take(arena, input->count * sizeof(struct edit));
	planner->new_bytes = arena_take(arena, bytes);
	planner->old_bytes = arena_take(arena, bytes);
	planner->plan->new_bytes = planner->new_bytes;
	planner->plan->old_bytes = planner->old_bytes;

	code = make_keys(planner, key);
	if (code != ERROR_NONE)
		return code;
	return fold_all(planner, sort_keys(key, scratch, input->count, input->text->length));
}

struct error plan_make(struct plan *plan, const struct plan_input *input, struct arena *arena)
{
	const struct patched_text *text = input->text;
	struct planner planner = { .input = input, .plan = plan };
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
