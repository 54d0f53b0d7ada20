/* SPDX-License-Identifier: MIT */
/* PLAN: what it refuses, and the final bytes of what it takes. */
#include "test_engine.h"

#define TEXT_LENGTH 8192
#define LIMIT 2000

/* One table to plan, and where it is planned. */
static struct {
	struct text_window text;
	struct arena arena;
	struct plan_record record[LIMIT];
	struct plan_input input;
	struct plan plan;
	uint64_t before;
} t;

static const uint8_t image_bytes[512] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static int begin(void **state)
{
	fake_reset(state);
	t.text = text_make(TEXT_LENGTH);
	t.arena = arena_make(1 << 20);
	for (unsigned i = 0; i < TEXT_LENGTH; i++)
		t.text.write[i] = (uint8_t)(i * 7 + i / 256);
	t.input = (struct plan_input){
		.table = "table",
		.record = t.record,
		.text = &t.text,
		.images = { span(image_bytes, sizeof(image_bytes)), 0x1000 },
	};
	return 0;
}

static int end(void **state)
{
	(void)state;
	text_free(&t.text);
	free(t.arena.at);
	return 0;
}

/* Adds a selected record with the bytes 1, 2, 3... */
static struct plan_record *add(uint64_t offset, unsigned site_length, unsigned length)
{
	struct plan_record *record = &t.record[t.input.count];

	assert_true(t.input.count < LIMIT);
	*record = (struct plan_record){
		.site = TEXT_ADDRESS + offset,
		.bytes = image_bytes,
		.index = 1000 + t.input.count++,
		.site_length = (uint8_t)site_length,
		.length = (uint8_t)length,
		.flags = RECORD_SELECTED,
	};
	return record;
}

/* The plan is refused for this record: no byte is written, the plan is empty, the arena as it was. */
static void refused(enum error_code code, const struct plan_record *record, uint64_t found)
{
	uint64_t before = hash(t.text.run, TEXT_LENGTH);
	struct error error = plan_make(&t.plan, &t.input, &t.arena);

	assert_error(error, code);
	assert_string_equal(error.subject, "table");
	assert_int_equal(error.expected, record->index);
	assert_int_equal(error.found, found);
	assert_int_equal(t.plan.edit_count, 0);
	assert_int_equal(t.arena.used, 0);
	assert_int_equal(hash(t.text.run, TEXT_LENGTH), before);
}

/* Plans, sees that nothing is written, and commits. */
static void patched(uint32_t edits)
{
	uint64_t before = hash(t.text.run, TEXT_LENGTH);
	struct journal journal = journal_make(&t.plan);

	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	assert_int_equal(hash(t.text.run, TEXT_LENGTH), before);
	assert_int_equal(t.plan.edit_count, edits);
	assert_true(t.arena.used <= plan_space(t.record, t.input.count));
	apply(&journal);
}

static void nothing_to_do(void **state)
{
	(void)state;
	patched(0);
	assert_int_equal(t.plan.site_count, 0);
}

static void one_site(void **state)
{
	(void)state;
	uint8_t around[2] = { t.text.run[99], t.text.run[106] };

	add(100, 6, 3);
	patched(1);
	assert_memory_equal(t.text.run + 100, "\1\2\3\x0f\x1f\0", 6);
	assert_int_equal(t.text.run[99], around[0]);
	assert_int_equal(t.text.run[106], around[1]);
	assert_int_equal(t.plan.site_count, 1);
	assert_int_equal(t.plan.selected_count, 1);
}

static void not_selected(void **state)
{
	uint64_t before = hash(t.text.run, TEXT_LENGTH);

	(void)state;
	add(100, 6, 3)->flags = 0;
	patched(0);
	assert_int_equal(hash(t.text.run, TEXT_LENGTH), before);
	assert_int_equal(t.plan.site_count, 1);
	assert_int_equal(t.plan.selected_count, 0);
}

static void already_there(void **state)
{
	(void)state;
	memcpy(t.text.write + 100, image_bytes, 6);
	add(100, 6, 6);
	patched(0);
	assert_int_equal(t.plan.selected_count, 1);
}

/* Every length of a fill, against the SDM's table written down once more, as a disassembler reads it. */
static void nop_fill(void **state)
{
	(void)state;
	for (unsigned length = 1; length <= 255; length++) {
		const uint8_t *at = t.text.run + 1000;
		unsigned left = length;

		t.input.count = 0;
		t.arena.used = 0;
		memset(t.text.write + 1000, 0xaa, 256);
		add(1000, length, 0)->bytes = NULL;
		patched(1);
		for (unsigned size; left > 0; at += size, left -= size) {
			size = left < 9 ? left : 9;
			if (size == 1) {
				assert_memory_equal(at, "\x90", 1);
			} else if (size == 2) {
				assert_memory_equal(at, "\x66\x90", 2);
			} else {
				unsigned prefix = size == 6 || size == 9;
				/* ModRM: no displacement, disp8, SIB and disp8, disp32, SIB and disp32. */
				static const uint8_t modrm[] = { 0x00, 0x40, 0x44, 0x44, 0x80, 0x84, 0x84 };

				assert_int_equal(at[0], prefix ? 0x66 : 0x0f);
				assert_int_equal(at[prefix], 0x0f);
				assert_int_equal(at[prefix + 1], 0x1f);
				assert_int_equal(at[prefix + 2], modrm[size - 3]);
				for (unsigned i = prefix + 3; i < size; i++)
					assert_int_equal(at[i], 0);
			}
		}
		assert_int_equal(at[0], 0xaa);
	}
}

static void last_match_wins(void **state)
{
	(void)state;
	add(100, 5, 5);
	add(100, 5, 4)->bytes = image_bytes + 4;
	add(100, 5, 5)->flags = 0;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\5\6\7\x8\x90", 5);
	assert_int_equal(t.plan.site_count, 1);
}

/* A shorter record that begins where an earlier, longer one does replaces that one whole. */
static void shorter_replaces_longer(void **state)
{
	(void)state;
	add(100, 8, 8);
	add(100, 3, 3)->bytes = image_bytes + 4;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\5\6\7\x0f\x1f\x44\0\0", 8);
}

static void longer_replaces_shorter(void **state)
{
	(void)state;
	add(100, 3, 3);
	add(100, 8, 8)->bytes = image_bytes + 4;
	patched(1);
	assert_memory_equal(t.text.run + 100, image_bytes + 4, 8);
}

/* Inside out: the inner choices stand where no outer one is selected, and are gone where one is. */
static void nested(void **state)
{
	uint8_t old[10];

	(void)state;
	memcpy(old, t.text.run + 100, 10);
	add(106, 2, 1)->bytes = image_bytes + 4;
	add(102, 2, 2);
	add(109, 1, 1)->bytes = image_bytes + 8;
	add(100, 10, 4)->flags = 0;
	patched(1);
	assert_memory_equal(t.text.run + 100, old, 2);
	assert_memory_equal(t.text.run + 102, "\1\2", 2);
	assert_memory_equal(t.text.run + 104, old + 4, 2);
	assert_memory_equal(t.text.run + 106, "\5\x90", 2);
	assert_int_equal(t.text.run[108], old[8]);
	assert_int_equal(t.text.run[109], 9);
	assert_int_equal(t.plan.site_count, 1);

	t.record[3].flags = RECORD_SELECTED;
	t.arena.used = 0;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\1\2\3\4\x66\x0f\x1f\x44\0\0", 10);
}

static void bad_nests(void **state)
{
	(void)state;
	/* Cut at the end. */
	add(100, 5, 1);
	add(104, 2, 1);
	refused(ERROR_SITE_OVERLAP, &t.record[1], TEXT_ADDRESS + 100);
	/* Cut at the beginning: the second in the table begins first. */
	t.input.count = 0;
	add(104, 2, 1);
	add(100, 5, 1);
	refused(ERROR_SITE_OVERLAP, &t.record[0], TEXT_ADDRESS + 100);
	/* The inner one behind the outer one. */
	t.input.count = 0;
	add(100, 8, 1);
	add(102, 2, 1);
	refused(ERROR_SITE_OVERLAP, &t.record[1], TEXT_ADDRESS + 100);
	/* The same, where both end together. */
	t.input.count = 0;
	add(100, 8, 1);
	add(106, 2, 1);
	refused(ERROR_SITE_OVERLAP, &t.record[1], TEXT_ADDRESS + 100);
	/* Two inner ones that cut each other. */
	t.input.count = 0;
	add(104, 3, 1);
	add(102, 3, 1);
	add(100, 9, 1);
	refused(ERROR_SITE_OVERLAP, &t.record[1], TEXT_ADDRESS + 104);
	/* Neighbours do not overlap. */
	t.input.count = 0;
	add(102, 2, 1);
	add(100, 2, 1);
	patched(2);
	/* Nor does one that begins where a nest ends. */
	t.input.count = 0;
	t.arena.used = 0;
	add(202, 2, 1);
	add(200, 4, 2);
	add(204, 2, 2);
	patched(2);
}

/* Sites by their kind: patched, or left because nothing selects them; those of no kind are not counted. */
static void kinds(void **state)
{
	(void)state;
	add(100, 2, 1)->kind = 1;
	add(110, 2, 1)->kind = 1;
	t.record[1].flags = 0;
	/* Two of a nest, of which the outer one replaces neither. */
	add(122, 2, 1)->kind = 2;
	add(120, 6, 1)->kind = 1;
	t.record[3].flags = 0;
	add(130, 2, 1);
	patched(3);
	assert_int_equal(t.plan.kind[1].patched, 1);
	assert_int_equal(t.plan.kind[1].left, 2);
	assert_int_equal(t.plan.kind[2].patched, 1);
	assert_int_equal(t.plan.kind[2].left, 0);
	assert_int_equal(t.plan.kind[0].patched, 0);
	assert_int_equal(t.plan.kind[0].left, 0);
}

static void too_many_for_one_site(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PLAN_RECORDS_PER_SITE; i++)
		add(100, 5, 1);
	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	t.arena.used = 0;
	add(100, 5, 1);
	refused(ERROR_SITE_NEST, &t.record[PLAN_RECORDS_PER_SITE], TEXT_ADDRESS + 100);
}

static void outside_the_text(void **state)
{
	(void)state;
	add(0, 5, 5);
	add(TEXT_LENGTH - 6, 6, 6);
	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	t.arena.used = 0;
	add(TEXT_LENGTH - 5, 6, 6);
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS + TEXT_LENGTH - 5);
	t.record[2].site = TEXT_ADDRESS + TEXT_LENGTH;
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS + TEXT_LENGTH);
	t.record[2].site = TEXT_ADDRESS + TEXT_LENGTH + 1;
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS + TEXT_LENGTH + 1);
	t.record[2].site = TEXT_ADDRESS - 1;
	refused(ERROR_SITE_REACH, &t.record[2], TEXT_ADDRESS - 1);
	t.record[2].site = UINT64_MAX;
	refused(ERROR_SITE_REACH, &t.record[2], UINT64_MAX);
	t.record[2].site = 0;
	refused(ERROR_SITE_REACH, &t.record[2], 0);
}

static void inside_the_patcher(void **state)
{
	const struct code_range forbidden[2] = {
		{ TEXT_ADDRESS + 10, TEXT_ADDRESS + 20 },
		{ TEXT_ADDRESS + 100, TEXT_ADDRESS + 200 },
	};

	(void)state;
	t.input.forbidden = forbidden;
	t.input.forbidden_count = 2;
	add(95, 5, 1);
	add(200, 5, 1);
	patched(2);
	t.arena.used = 0;
	for (uint64_t at = 96; at < 200; at++) {
		t.record[1].site = TEXT_ADDRESS + at;
		t.record[0].site = TEXT_ADDRESS;
		refused(ERROR_SITE_FORBIDDEN, &t.record[1], TEXT_ADDRESS + at);
	}
	t.record[1].site = TEXT_ADDRESS + 19;
	refused(ERROR_SITE_FORBIDDEN, &t.record[1], TEXT_ADDRESS + 19);
	/* A site around all of it. */
	t.record[1].site = TEXT_ADDRESS + 5;
	t.record[1].site_length = 255;
	refused(ERROR_SITE_FORBIDDEN, &t.record[1], TEXT_ADDRESS + 5);
}

static void bad_lengths(void **state)
{
	struct plan_record *record;

	(void)state;
	record = add(100, 0, 0);
	refused(ERROR_SITE_LENGTH, record, 0);
	record->site_length = 5;
	record->length = 6;
	refused(ERROR_SITE_LENGTH, record, 6);
	record->length = 255;
	refused(ERROR_SITE_LENGTH, record, 255);
	record->length = 5;
	record->old = image_bytes;
	record->old_length = 7;
	refused(ERROR_SITE_LENGTH, record, 7);
}

static void other_bytes_there(void **state)
{
	struct plan_record *record = add(100, 6, 5);

	(void)state;
	record->old = image_bytes + 2;
	record->old_length = 4;
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	memcpy(t.text.write + 100, "\3\4\5\6\x90\x91", 6);
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	t.text.write[105] = 0x90;
	t.text.write[103] ^= 1;
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	t.text.write[103] ^= 1;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\1\2\3\4\5\x90", 6);
}

static void traps(void **state)
{
	struct plan_record *record = add(100, 6, 0);

	(void)state;
	record->flags = RECORD_TRAPPED | RECORD_MUST;
	memset(t.text.write + 100, 0xcc, 5);
	t.text.write[105] = 0xcd;
	refused(ERROR_SITE_BYTES, record, TEXT_ADDRESS + 100);
	t.text.write[105] = 0xcc;
	refused(ERROR_SITE_UNCHOSEN, record, TEXT_ADDRESS + 100);
	/* A choice for a part, in front of the record, is none; behind it, it replaces all of the site. */
	add(100, 3, 3);
	t.record[2] = t.record[0];
	t.input.record = t.record + 1;
	refused(ERROR_SITE_UNCHOSEN, &t.record[2], TEXT_ADDRESS + 100);
	t.input.record = t.record;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\1\2\3\x0f\x1f\0", 6);
	/* Alone, it is its own choice. */
	memset(t.text.write + 100, 0xcc, 6);
	t.arena.used = 0;
	t.input.count = 1;
	record->flags |= RECORD_SELECTED;
	patched(1);
	assert_memory_equal(t.text.run + 100, "\x66\x0f\x1f\x44\0\0", 6);
}

/* A trapped site inside an outer one is replaced by the outer one's choice, not by a neighbour's. */
static void nested_traps(void **state)
{
	(void)state;
	memset(t.text.write + 104, 0xcc, 2);
	add(104, 2, 0)->flags = RECORD_TRAPPED | RECORD_MUST;
	add(106, 2, 2);
	add(100, 10, 10)->flags = 0;
	refused(ERROR_SITE_UNCHOSEN, &t.record[0], TEXT_ADDRESS + 104);
	t.record[2].flags = RECORD_SELECTED;
	patched(1);
	assert_memory_equal(t.text.run + 100, image_bytes, 10);
}

/* Declared sites share no byte, whichever comes first; an outer one, which says nothing of what is there, goes around. */
static void declared_twice(void **state)
{
	struct plan_record *first = add(100, 1, 1), *second = add(100, 1, 1);

	(void)state;
	first->old = second->old = t.text.run + 100;
	first->old_length = second->old_length = 1;
	first->flags = RECORD_SITE | RECORD_SELECTED;
	patched(1);
	t.text.write[100] ^= 1;
	t.arena.used = 0;
	second->flags = RECORD_SITE;
	refused(ERROR_SITE_OVERLAP, second, TEXT_ADDRESS + 100);
	/* Around the first one, and holding something itself. */
	second->site -= 1;
	second->site_length = 3;
	second->old = NULL;
	second->old_length = 0;
	second->flags = RECORD_SITE | RECORD_TRAPPED;
	refused(ERROR_SITE_OVERLAP, second, TEXT_ADDRESS + 100);
	second->flags = RECORD_SITE;
	patched(1);
	/* Two outer ones that begin together. */
	t.arena.used = 0;
	first->old = NULL;
	first->old_length = 0;
	patched(0);
	t.arena.used = 0;
	second->site += 1;
	refused(ERROR_SITE_OVERLAP, second, TEXT_ADDRESS + 100);
}

/* A choice that cannot be moved is refused whether its feature is there or not. */
static void unselected_branches(void **state)
{
	static const uint8_t jump[] = { 0xe9, 100, 0, 0, 0 };
	struct plan_record *record = add(100, 5, 5);

	(void)state;
	record->bytes = jump;
	record->flags = RECORD_RELOCATE;
	t.input.images = (struct image_window){ span(jump, sizeof(jump)), TEXT_ADDRESS + (UINT64_C(1) << 32) };
	refused(ERROR_SITE_BRANCH, record, t.input.images.address + 105);
	t.input.images.address = TEXT_ADDRESS;
	patched(0);
	/* The same of one of two. */
	t.arena.used = 0;
	add(100, 5, 1);
	t.input.images.address = TEXT_ADDRESS + (UINT64_C(1) << 32);
	refused(ERROR_SITE_BRANCH, record, t.input.images.address + 105);
}

/* Any order of the table gives the same text, edits in ascending order. */
static void unsorted(void **state)
{
	const unsigned count = 700;

	(void)state;
	for (unsigned i = 0; i < count; i++)
		add(i * 11, 6, 1 + i % 6)->bytes = image_bytes + i % 5;
	srand(1);
	for (unsigned i = count - 1; i > 0; i--) {
		unsigned k = (unsigned)rand() % (i + 1);
		struct plan_record swap = t.record[i];

		t.record[i] = t.record[k];
		t.record[k] = swap;
	}
	patched(count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(t.plan.edit[i].offset, i * 11);
		assert_memory_equal(t.text.run + i * 11, image_bytes + i % 5, 1 + i % 6);
	}
}

/* The wide digits of the sort: sites 3 GiB apart, of which only the pages at the sites exist. */
static void far_apart(void **state)
{
	const uint64_t length = UINT64_C(1) << 32;
	uint8_t *run = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct text_window text = { run, run, 0x100000000000, length };

	(void)state;
	if (run == MAP_FAILED)
		skip();
	t.input.text = &text;
	for (unsigned i = 0; i < 40; i++)
		add(0, 3, 3)->site = text.address + (uint64_t)(39 - i) * (length / 40) + i * 300;
	assert_fine(plan_make(&t.plan, &t.input, &t.arena));
	for (unsigned i = 1; i < 40; i++)
		assert_true(t.plan.edit[i].offset > t.plan.edit[i - 1].offset);
	munmap(run, length);
}

static void bad_windows(void **state)
{
	struct text_window text = t.text;
	struct error error;

	(void)state;
	t.input.text = &text;
	text.length = (UINT64_C(1) << 32) + 1;
	error = plan_make(&t.plan, &t.input, &t.arena);
	assert_error(error, ERROR_TEXT_WINDOW);
	assert_int_equal(error.found, text.length);
	text.length = UINT64_C(1) << 32;
	text.address = UINT64_MAX - 100;
	assert_error(plan_make(&t.plan, &t.input, &t.arena), ERROR_TEXT_WINDOW);
}

static void too_little_memory(void **state)
{
	struct error error;

	(void)state;
	add(100, 6, 6);
	add(200, 7, 6);
	t.arena.size = plan_space(t.record, 2) - 1;
	error = plan_make(&t.plan, &t.input, &t.arena);
	assert_error(error, ERROR_SITE_MEMORY);
	assert_int_equal(error.expected, plan_space(t.record, 2));
	assert_int_equal(error.found, plan_space(t.record, 2) - 1);
	/* What is taken of the arena does not count. */
	t.arena.used = 8;
	t.arena.size += 8;
	assert_int_equal(plan_make(&t.plan, &t.input, &t.arena).found, plan_space(t.record, 2) - 1);
	t.arena.used = 0;
	t.arena.size -= 8;
	t.arena.size++;
	patched(2);
	assert_null(arena_take(&t.arena, 1));
	assert_non_null(arena_take(&t.arena, 0));
}

#define test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nothing_to_do), test(one_site), test(not_selected), test(already_there), test(nop_fill),
		test(last_match_wins), test(shorter_replaces_longer), test(longer_replaces_shorter), test(nested),
		test(bad_nests), test(kinds), test(too_many_for_one_site), test(outside_the_text), test(inside_the_patcher),
		test(bad_lengths), test(other_bytes_there), test(traps), test(nested_traps), test(declared_twice),
		test(unselected_branches), test(unsorted),
		test(far_apart), test(bad_windows), test(too_little_memory),
	};

	return cmocka_run_group_tests_name("engine: plan", tests, NULL, NULL);
}
