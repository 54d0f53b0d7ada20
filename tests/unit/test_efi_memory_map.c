/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <efi/memory_map.h>

#define STEP 48

struct line {
	uint32_t type;
	uint64_t start, pages, attribute;
};

static struct memory_map found;

static struct file map_of(const struct line *lines, unsigned count)
{
	struct file file = file_new((uint64_t)count * STEP);

	for (unsigned i = 0; i < count; i++) {
		file_put(file, i * STEP, lines[i].type, 4);
		file_put(file, i * STEP + 8, lines[i].start, 8);
		file_put(file, i * STEP + 24, lines[i].pages, 8);
		file_put(file, i * STEP + 32, lines[i].attribute, 8);
	}
	return file;
}

static struct error read_lines(const struct line *lines, unsigned count)
{
	struct file file = map_of(lines, count);
	struct error error = efi_memory_map_read(file_span(file), STEP, &found);

	file_free(&file);
	return error;
}

#define READ(lines) read_lines(lines, sizeof(lines) / sizeof((lines)[0]))

static void assert_region(unsigned i, uint64_t start, uint64_t end, uint32_t type)
{
	assert_true(i < found.count);
	assert_int_equal(found.region[i].start, start);
	assert_int_equal(found.region[i].start + found.region[i].size, end);
	assert_int_equal(found.region[i].type, type);
}

/* Each type that the specification has, a page of each with a gap behind it. */
static void types(void **state)
{
	static const uint8_t wanted[] = { 2, 1, 1, 1, 1, 2, 2, 1, 5, 3, 4, 2, 2, 2, 7 };
	struct line lines[17];

	(void)state;
	for (unsigned i = 0; i < 17; i++)
		lines[i] = (struct line){ i, 0x2000 * i, 1, 0 };
	lines[16].type = 0x80000000;
	assert_fine(READ(lines));
	assert_int_equal(found.count, 15);
	for (unsigned i = 0; i < 15; i++)
		assert_region(i, 0x2000 * i, 0x2000 * i + 0x1000, wanted[i]);
}

static void specific_purpose(void **state)
{
	static const struct line lines[] = { { 7, 0, 1, 1 << 18 }, { 7, 0x1000, 1, 1 << 17 }, { 9, 0x2000, 1, 1 << 18 } };

	(void)state;
	assert_fine(READ(lines));
	assert_region(0, 0, 0x1000, 2);
	assert_region(1, 0x1000, 0x2000, 1);
	assert_region(2, 0x2000, 0x3000, 3);
}

/* In whatever order they come: below, above, and into a gap. */
static void neighbours(void **state)
{
	static const struct line lines[] = {
		{ 7, 0x5000, 1, 0 }, { 7, 0x1000, 1, 0 }, { 4, 0x3000, 1, 0 }, { 3, 0x2000, 1, 0 }, { 2, 0x4000, 1, 0 },
		{ 0, 0x6000, 1, 0 }, { 7, 0x8000, 0, 0 },
	};

	(void)state;
	assert_fine(READ(lines));
	assert_int_equal(found.count, 2);
	assert_region(0, 0x1000, 0x6000, 1);
	assert_region(1, 0x6000, 0x7000, 2);
}

static void empty(void **state)
{
	(void)state;
	assert_fine(efi_memory_map_read(span(NULL, 0), 40, &found));
	assert_int_equal(found.count, 0);
}

static void broken(void **state)
{
	static const struct line wraps[] = { { 7, UINT64_C(0xfffffffffffff000), 2, 0 } };
	static const struct line many_pages[] = { { 7, 0, UINT64_C(1) << 52, 0 } };
	static const struct line last[] = { { 7, UINT64_C(0xffffffffffffe000), 1, 0 } };
	uint8_t bytes[80] = { 0 };

	(void)state;
	assert_error(READ(wraps), ERROR_EFI_MEMORY_MAP);
	assert_error(READ(many_pages), ERROR_EFI_MEMORY_MAP);
	assert_fine(READ(last));
	assert_error(efi_memory_map_read(span(bytes, 78), 39, &found), ERROR_EFI_MEMORY_MAP);
	assert_error(efi_memory_map_read(span(bytes, 79), 40, &found), ERROR_EFI_MEMORY_MAP);
	assert_fine(efi_memory_map_read(span(bytes, 80), 40, &found));
}

/* 400 descriptors from the top down, of which neighbours are alike; and one region too many. */
static void many(void **state)
{
	struct line lines[400];

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		lines[i] = (struct line){ 7, (uint64_t)(399 - i) * 0x1000 + (399 - i) / 4 * 0x1000, 1, 0 };
	assert_fine(READ(lines));
	assert_int_equal(found.count, 100);
	for (unsigned i = 0; i < 400; i++)
		lines[i].start = (uint64_t)(399 - i) * 0x2000;
	assert_error(READ(lines), ERROR_MEMORY_MAP_ENTRIES);
	assert_error(read_lines(lines, BOOT_MAX_REGIONS + 1), ERROR_MEMORY_MAP_ENTRIES);
	assert_fine(read_lines(lines, BOOT_MAX_REGIONS));
	assert_int_equal(found.count, BOOT_MAX_REGIONS);
}

int main(void)
{
	return RUN_TESTS("efi_memory_map", types, specific_purpose, neighbours, empty, broken, many);
}
