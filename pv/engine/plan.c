/* SPDX-License-Identifier: MIT */
#include "replacement.h"
#include "plan.h"
#include "sort.h"

#define TRAP 0xcc
#define NOP  0x90

/* What plan_make() works on. */
struct planner {
	const struct plan_input *input;
	struct plan *plan;
	uint8_t *new_bytes;
	uint8_t *old_bytes;
	/* The record that is wrong, and what was found, for its error. */
	const struct plan_record *culprit;
	uint64_t found;
	/* One record's bytes, relocated. */
	uint8_t moved[UINT8_MAX];
};

/* One site, or one nest of sites: the records that share bytes, in scan order. */
struct site {
	/* In the text window; the outermost site contains all others. */
	uint32_t start;
	uint32_t end;
	uint32_t count;
	uint32_t place[PLAN_RECORDS_PER_SITE];
	/* The length that each record fills when it is selected. */
	uint8_t width[PLAN_RECORDS_PER_SITE];
};

void *arena_take(struct arena *arena, uint64_t size)
{
	uint64_t left = (arena->size - arena->used) & ~UINT64_C(7);
	/* An arena of no bytes may be nowhere. */
	void *taken = arena->used != 0 ? arena->at + arena->used : arena->at;

	if (size > left)
		return 0;
	arena->used += (size + 7) & ~UINT64_C(7);
	return taken;
}

static uint64_t total_length(const struct plan_record *record, uint32_t count)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < count; i++)
		total += record[i].site_length;
	return total;
}

uint64_t plan_space(const struct plan_record *record, uint32_t count)
{
	uint64_t bytes = (total_length(record, count) + 7) & ~UINT64_C(7);

	/* Two arrays of sort keys, one of edits; old and new bytes. */
	return (uint64_t)count * (8 + 8 + sizeof(struct edit)) + 2 * bytes;
}

/* Notes which record is wrong and why.  plan_make() turns that into the error. */
static enum error_code record_wrong(struct planner *planner, enum error_code code, const struct plan_record *record,
				    uint64_t found)
{
	planner->culprit = record;
	planner->found = found;
	return code;
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

/* Makes the keys (offset in the text, place in the table) and says whether they are in order as they come. */
static enum error_code make_keys(struct planner *planner, uint64_t *key, bool *sorted)
{
	const struct plan_input *input = planner->input;
	enum error_code code;

	*sorted = true;
	for (uint32_t i = 0; i < input->count; i++) {
		const struct plan_record *record = &input->record[i];

		code = check_record(planner, record);
		if (code != ERROR_NONE)
			return code;
		key[i] = (record->site - input->text->address) << KEY_SHIFT | i;
		if (i > 0 && key[i] < key[i - 1])
			*sorted = false;
	}
	return ERROR_NONE;
}

/* Takes the next site off the keys: the first record, and every record that begins inside what the site covers so far. */
static enum error_code gather(struct planner *planner, const uint64_t *key, uint32_t left, struct site *site)
{
	const struct plan_input *input = planner->input;
	const struct plan_record *first = &input->record[(uint32_t)key[0]];

	site->start = (uint32_t)(key[0] >> KEY_SHIFT);
	site->end = site->start;
	site->count = 0;
	for (uint32_t i = 0; i < left; i++) {
		uint32_t place = (uint32_t)key[i];
		const struct plan_record *record = &input->record[place];
		uint32_t start = (uint32_t)(key[i] >> KEY_SHIFT);
		uint32_t at = site->count;

		if (start >= site->end && i > 0)
			break;
		if (at == PLAN_RECORDS_PER_SITE)
			return record_wrong(planner, ERROR_SITE_NEST, record, record->site);
		if (start + record->site_length > site->end) {
			if (start != site->start)
				return record_wrong(planner, ERROR_SITE_OVERLAP, record, first->site);
			site->end = start + record->site_length;
		}
		/* Insert in scan order; most records come in it already. */
		for (; at > 0 && site->place[at - 1] > place; at--)
			site->place[at] = site->place[at - 1];
		site->place[at] = place;
		site->count++;
	}
	return ERROR_NONE;
}

/* True when a record says what its site holds; an outer one leaves that to those inside it. */
static bool says_what_is_there(const struct plan_record *record)
{
	return record->old != 0 || (record->flags & RECORD_TRAPPED) != 0;
}

/* True when two declared sites share bytes and neither is an outer site around the other. */
static bool clash(const struct plan_record *earlier, const struct plan_record *record)
{
	if ((earlier->flags & record->flags & RECORD_SITE) == 0)
		return false;
	return says_what_is_there(record) || (!says_what_is_there(earlier) && earlier->site == record->site);
}

static const struct plan_record *record_of(const struct planner *planner, const struct site *site, uint32_t i)
{
	return &planner->input->record[site->place[i]];
}

/*
 * Decides how far each record reaches, and refuses nests that can be read in two ways.  A record that begins where an
 * earlier, longer one does reaches as far as that one, so that its choice replaces the other whole.  Any other record that
 * shares bytes with an earlier one must contain it.  Of two declared sites that share bytes, the later one is an outer one.
 */
static enum error_code nest(struct planner *planner, struct site *site)
{
	for (uint32_t i = 0; i < site->count; i++) {
		const struct plan_record *record = record_of(planner, site, i);
		uint64_t end;

		site->width[i] = record->site_length;
		for (uint32_t k = 0; k < i; k++)
			if (record_of(planner, site, k)->site == record->site && site->width[k] > site->width[i])
				site->width[i] = site->width[k];
		end = record->site + site->width[i];
		for (uint32_t k = 0; k < i; k++) {
			const struct plan_record *earlier = record_of(planner, site, k);
			uint64_t earlier_end = earlier->site + site->width[k];
			bool disjoint = end <= earlier->site || earlier_end <= record->site;

			if (!disjoint && (earlier->site < record->site || earlier_end > end || clash(earlier, record)))
				return record_wrong(planner, ERROR_SITE_OVERLAP, record, earlier->site);
		}
	}
	return ERROR_NONE;
}

/* Makes `moved` of a record's bytes, relocated from the image window to its site. */
static bool move(struct planner *planner, const struct plan_record *record, const uint8_t *from, unsigned length,
		 uint64_t *target)
{
	const struct image_window *images = &planner->input->images;

	/* A choice of no bytes may come from no memory. */
	if (length == 0)
		return true;
	__builtin_memcpy(planner->moved, from, length);
	if ((record->flags & RECORD_RELOCATE) == 0)
		return true;
	return image_relocate(planner->moved, length, images->address + (uint64_t)(from - images->bytes.at), record->site, target);
}

/* True when all bytes from `from` to `to` are this one. */
static bool filled(const uint8_t *bytes, unsigned from, unsigned to, uint8_t with)
{
	while (from < to && bytes[from] == with)
		from++;
	return from == to;
}

/* Compares what is there with what the record says must be. */
static enum error_code check_old(struct planner *planner, const struct plan_record *record)
{
	const struct text_window *text = planner->input->text;
	const uint8_t *now = text->run + (record->site - text->address);
	uint64_t target;

	if ((record->flags & RECORD_TRAPPED) != 0 && !filled(now, 0, record->site_length, TRAP))
		return record_wrong(planner, ERROR_SITE_BYTES, record, record->site);
	if (record->old == 0)
		return ERROR_NONE;
	if (!move(planner, record, record->old, record->old_length, &target) ||
	    __builtin_memcmp(planner->moved, now, record->old_length) != 0 ||
	    !filled(now, record->old_length, record->site_length, NOP))
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

/* Adds what the buffers hold for the site to the plan, unless it changes nothing. */
static void emit(struct planner *planner, const struct site *site)
{
	struct plan *plan = planner->plan;
	uint32_t length = site->end - site->start;
	uint8_t *now = planner->new_bytes + plan->byte_count;

	if (__builtin_memcmp(now, planner->old_bytes + plan->byte_count, length) == 0)
		return;
	plan->edit[plan->edit_count++] = (struct edit){ site->start, length };
	plan->byte_count += length;
}

static void count_kinds(const struct planner *planner, const struct site *site)
{
	for (uint32_t i = 0; i < site->count; i++) {
		unsigned kind = record_of(planner, site, i)->kind;

		if (kind == 0)
			continue;
		if (replaced(planner, site, i))
			planner->plan->kind[kind].patched++;
		else
			planner->plan->kind[kind].left++;
	}
}

/* Folds the records of a site to its one final image. */
static enum error_code fold(struct planner *planner, const struct site *site)
{
	const struct plan_input *input = planner->input;
	struct plan *plan = planner->plan;
	uint32_t length = site->end - site->start;
	uint32_t selected = 0;
	enum error_code code;

	__builtin_memcpy(planner->old_bytes + plan->byte_count, input->text->run + site->start, length);
	__builtin_memcpy(planner->new_bytes + plan->byte_count, input->text->run + site->start, length);
	for (uint32_t i = 0; i < site->count; i++) {
		const struct plan_record *record = record_of(planner, site, i);
		uint8_t *to = planner->new_bytes + plan->byte_count +
			      (record->site - input->text->address - site->start);
		uint64_t target;

		code = check_old(planner, record);
		if (code != ERROR_NONE)
			return code;
		if ((record->flags & RECORD_MUST) != 0 && !replaced(planner, site, i))
			return record_wrong(planner, ERROR_SITE_UNCHOSEN, record, record->site);
		if (!move(planner, record, record->bytes, record->length, &target))
			return record_wrong(planner, ERROR_SITE_BRANCH, record, target);
		if ((record->flags & RECORD_SELECTED) == 0)
			continue;
		__builtin_memcpy(to, planner->moved, record->length);
		image_fill_nops(to + record->length, site->width[i] - record->length);
		selected++;
	}
	emit(planner, site);
	count_kinds(planner, site);
	plan->site_count++;
	plan->selected_count += selected > 0;
	return ERROR_NONE;
}

static enum error_code fold_all(struct planner *planner, const uint64_t *key)
{
	const struct plan_input *input = planner->input;
	enum error_code code;
	struct site site;

	for (uint32_t i = 0; i < input->count; i += site.count) {
		code = gather(planner, key + i, input->count - i, &site) ?: nest(planner, &site) ?: fold(planner, &site);
		if (code != ERROR_NONE)
			return code;
	}
	return ERROR_NONE;
}

/* Does the work of plan_make(), which empties the plan and gives the arena back when this fails. */
static enum error_code make(struct planner *planner, struct arena *arena)
{
	const struct plan_input *input = planner->input;
	uint64_t bytes = total_length(input->record, input->count);
	uint64_t *key = arena_take(arena, input->count * sizeof(*key));
	uint64_t *scratch = arena_take(arena, input->count * sizeof(*scratch));
	enum error_code code;
	bool sorted;

	planner->plan->edit = arena_take(arena, input->count * sizeof(struct edit));
	planner->new_bytes = arena_take(arena, bytes);
	planner->old_bytes = arena_take(arena, bytes);
	planner->plan->new_bytes = planner->new_bytes;
	planner->plan->old_bytes = planner->old_bytes;

	code = make_keys(planner, key, &sorted);
	if (code != ERROR_NONE)
		return code;
	if (!sorted)
		sort_keys(key, scratch, input->count);
	return fold_all(planner, key);
}

struct error plan_make(struct plan *plan, const struct plan_input *input, struct arena *arena)
{
	const struct text_window *text = input->text;
	struct planner planner = { .input = input, .plan = plan };
	uint64_t space = plan_space(input->record, input->count);
	uint64_t used = arena->used;
	const struct plan_record *record;
	enum error_code code;
	uint64_t end;

	*plan = (struct plan){ .text = text };
	if (text->length > UINT64_C(1) << KEY_SHIFT || __builtin_add_overflow(text->address, text->length, &end))
		return error_make(ERROR_TEXT_WINDOW, input->table, UINT64_C(1) << KEY_SHIFT, text->length);
	if (arena->size - arena->used < space)
		return error_make(ERROR_SITE_MEMORY, input->table, space, arena->size - arena->used);
	code = make(&planner, arena);
	if (code == ERROR_NONE)
		return error_none();
	*plan = (struct plan){ .text = text };
	arena->used = used;
	record = planner.culprit;
	return error_at_site(code, input->table, record->index, planner.found, record->site, record->site_length);
}

bool plan_next_group(const struct plan *plan, uint64_t bytes, struct plan *group)
{
	const struct edit *end = plan->edit + plan->edit_count;
	const struct plan *before = group->edit ? group : plan;
	uint32_t edits = group->edit_count;
	uint64_t offset = group->byte_count;
	uint32_t count = 0;
	uint64_t size = 0;

	for (const struct edit *edit = before->edit + edits; edit < end; edit++) {
		if (count > 0 && size + edit->length > bytes)
			break;
		size += edit->length;
		count++;
	}
	*group = (struct plan){
		.text = plan->text,
		.edit = before->edit + edits,
		.edit_count = count,
		.byte_count = size,
		.new_bytes = before->new_bytes + offset,
		.old_bytes = before->old_bytes + offset,
		.site_count = count,
		.selected_count = count,
	};
	return count > 0;
}
