/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <pv/xen/pte.h>
#include <pv/xen/pv_tables.h>

#define PAGES 4096

static uint64_t p2m[PAGES];

static int fresh_list(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		p2m[i] = 0x70000 + (i * 37 + 5) % PAGES;
	return 0;
}

/* Random wishes, dense and sparse, each checked against the list as it was. */
static void relabelling(void **state)
{
	static uint64_t before[PAGES];
	static uint32_t all[PAGES];
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		unsigned count = 1 + round * 13 % PAGES;

		for (unsigned i = 0; i < PAGES; i++)
			all[i] = i;
		for (unsigned i = 0; i < count; i++) {
			seed = seed * 1664525 + 1013904223;
			unsigned other = i + (seed >> 8) % ((round % 3 == 0 ? count : PAGES) - i);
			uint32_t kept = all[i];

			all[i] = all[other];
			all[other] = kept;
		}
		memcpy(before, p2m, sizeof(p2m));
		xen_pv_relabel(p2m, all, count);
		uint64_t sum = 0;
		for (unsigned i = 0; i < PAGES; i++)
			sum += p2m[i] - before[i];
		assert_int_equal(sum, 0);
		for (unsigned i = 0; i < count; i++)
			assert_int_equal(p2m[i], before[all[i]]);
		/* What nobody asked for is only moved, each frame once. */
		static bool seen[PAGES];
		memset(seen, 0, sizeof(seen));
		for (unsigned i = 0; i < PAGES; i++) {
			assert_false(seen[p2m[i] - 0x70000]);
			seen[p2m[i] - 0x70000] = true;
		}
	}
}

/* Everything shifted by a page, up and down, in 16 GiB: this ends only where each number is looked at a few times. */
static void relabelling_much(void **state)
{
	enum { MANY = 4 * 1024 * 1024 };
	uint64_t *list = malloc((MANY + 1) * sizeof(*list));
	uint32_t *from = malloc(MANY * sizeof(*from));

	(void)state;
	for (uint32_t i = 0; i <= MANY; i++)
		list[i] = i + 7;
	for (uint32_t i = 0; i < MANY; i++)
		from[i] = i + 1;
	xen_pv_relabel(list, from, MANY);
	for (uint32_t i = 0; i <= MANY; i++)
		assert_int_equal(list[i], i < MANY ? i + 8 : 7);
	for (uint32_t i = 0; i < MANY; i++)
		from[i] = i == 0 ? MANY : i - 1;
	xen_pv_relabel(list, from, MANY);
	for (uint32_t i = 0; i <= MANY; i++)
		assert_int_equal(list[i], i + 7);
	for (uint32_t i = 0; i < MANY; i++)
		from[i] = i == 0 ? MANY - 1 : i - 1;
	xen_pv_relabel(list, from, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(list[i], i == 0 ? MANY + 6 : i + 6);
	free(list);
	free(from);
}

static uint64_t table[32][XEN_PTE_ENTRIES];

static uint64_t *table_at(const void *context, uint64_t index)
{
	assert_ptr_equal(context, table);
	return table[index];
}

/* What a CPU would find, or 0. */
static uint64_t walk(const struct xen_pv_builder *builder, uint64_t address)
{
	uint64_t index = 0, entry = 0;

	for (unsigned level = 4; level-- > 0;) {
		entry = table[index][XEN_PTE_INDEX(address, level)];
		if (!(entry & XEN_PTE_PRESENT) || level == 0)
			return entry;
		assert_int_equal(entry & ~XEN_PTE_FRAME, XEN_PTE_TABLE);
		for (index = 0; p2m[builder->first.v + index] != (entry & XEN_PTE_FRAME) >> PAGE_SHIFT; index++)
			assert_true(index < builder->count);
	}
	return entry;
}

static void tables(void **state)
{
	struct xen_pv_builder builder = { .p2m = p2m, .first = { 700 }, .count = 12, .table = table_at, .context = table };
	const uint64_t base = 0xffffffff80000000, list = 0x8000000000;

	(void)state;
	xen_pv_build(&builder, va(base), (pfn_t){ 0 }, 1024);
	xen_pv_build(&builder, va(list), (pfn_t){ 2000 }, 600);
	assert_int_equal(builder.used, 1 + 2 + 2 + 2 + 2);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(walk(&builder, base + i * PAGE_SIZE),
				 p2m[i] << PAGE_SHIFT | (i >= 700 && i < 712 ? XEN_PTE_PAGE & ~XEN_PTE_WRITE : XEN_PTE_PAGE));
	for (unsigned i = 0; i < 600; i++)
		assert_int_equal(walk(&builder, list + i * PAGE_SIZE), p2m[2000 + i] << PAGE_SHIFT | XEN_PTE_PAGE);
	assert_int_equal(walk(&builder, base + 1024 * PAGE_SIZE), 0);
	assert_int_equal(walk(&builder, list + 600 * PAGE_SIZE), 0);
	assert_int_equal(walk(&builder, 0), 0);
}

/* One table too few, and a table that somebody wrote into. */
static void broken_promises(void **state)
{
	struct xen_pv_builder builder = { .p2m = p2m, .first = { 700 }, .count = 3, .table = table_at, .context = table };

	(void)state;
	memset(table, 0, sizeof(table));
	expect_assert_failure(xen_pv_build(&builder, va(0), (pfn_t){ 0 }, 10));
	builder.count = 4;
	builder.used = 0;
	memset(table, 0, sizeof(table));
	xen_pv_build(&builder, va(0), (pfn_t){ 0 }, 10);
	table[0][0] = XEN_PTE_TABLE;
	expect_assert_failure(xen_pv_build(&builder, va(0), (pfn_t){ 0 }, 10));
}

/* The whole of a lower half that nobody else is in, but for what is asked for. */
static void slots(void **state)
{
	static const uint64_t slot = UINT64_C(1) << 39;
	static const struct range linux_mapping = { 0xffffffff80000000, 0xffffffff84000000 }, none = { 0, 0 };
	static const struct range all_of_them = { UINT64_C(250) << 39, UINT64_C(256) << 39 };

	(void)state;
	assert_int_equal(xen_pv_free_slot(linux_mapping, none), 255);
	assert_int_equal(xen_pv_free_slot(linux_mapping, (struct range){ 0, 0x1000 }), 255);
	assert_int_equal(xen_pv_free_slot(linux_mapping, (struct range){ 255 * slot, 255 * slot + 0x1000 }), 254);
	/* Into the next slot by a page, and up to its edge. */
	assert_int_equal(xen_pv_free_slot(linux_mapping, (struct range){ 255 * slot - 0x1000, 255 * slot + 0x1000 }), 253);
	assert_int_equal(xen_pv_free_slot(linux_mapping, (struct range){ 255 * slot - 0x1000, 255 * slot }), 255);
	/* All that a kernel can use of the highest slots. */
	assert_int_equal(xen_pv_free_slot((struct range){ 254 * slot - 0x1000, 255 * slot + 0x1000 },
					  (struct range){ 252 * slot - 0x1000, 252 * slot + 0x1000 }), 250);
	expect_assert_failure(xen_pv_free_slot(all_of_them, none));
}

int main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test_setup(relabelling, fresh_list),
		cmocka_unit_test(relabelling_much),
		cmocka_unit_test_setup(tables, fresh_list),
		cmocka_unit_test(slots),
		cmocka_unit_test_setup(broken_promises, fresh_list),
	};

	return cmocka_run_group_tests(cases, NULL, NULL);
}
