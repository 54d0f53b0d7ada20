/* SPDX-License-Identifier: MIT */
/* PLAN: the final bytes of what it takes. */
#include "test_engine_plan.h"

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

/* A choice that cannot be moved is refused whether its feature is there or not. */
static void unselected_branches(void **state)
{
	static const uint8_t jump[] = { 0xe9, 100, 0, 0, 0 };
	struct plan_record *record = add(100, 5, 5);

	(void)state;
	record->bytes = jump;
	record->flags = RECORD_RELOCATE;
	t.input.images = (struct linked_bytes){ span(jump, sizeof(jump)), TEXT_ADDRESS + (UINT64_C(1) << 32) };
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
	struct patched_text text = { run, run, 0x100000000000, length };

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

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "engine: plan", nothing_to_do, one_site, not_selected, already_there,
			      nop_fill, last_match_wins, shorter_replaces_longer, longer_replaces_shorter, nested,
			      kinds, traps, nested_traps, unselected_branches, unsorted, far_apart);
}
