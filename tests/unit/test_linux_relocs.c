/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relocations behind a Linux kernel: three lists, two, none, what is none of these, and what they do to the kernel. */
#include "unit.h"
#include "builder.h"

#include <shim/payload/elf_sections.h>
#include <shim/payload/linux_relocs.h>

/* Two segments of the same 64 bytes, and where each kind of word is in them. */
#define FIRST  0x81000000u
#define SECOND 0x81200000u
#define WIDE    0u
#define INVERSE 16u
#define NARROW  32u
#define SIZE    64u

static const uint64_t words[SIZE / 8] = {
	0xffffffff81000000, 0x1000000, 0x7f0000007f000000, 0x7f0000007f000000,
	0x8100010081000100, 0x0100010081000100, 0x8100010001000100, 0x81000100bfffffff,
};

static const struct elf_part parts[] = {
	{ 1, 5, 0x1000000, 0xffffffff81000000, words, SIZE, 0x1000, 4096 },
	{ 1, 7, 0x1200000, 0, words, SIZE, SIZE, 4096 },
};

static struct {
	struct file file;
	struct elf_image image;
	struct linux_relocs found;
} t;

static void make_kernel(void)
{
	file_free(&t.file);
	t.file = build_elf(64, parts, 2);
	elf_add_sections(&t.file, 64, (struct elf_named[]){ { ".bss", 8, 5, UINT64_MAX, 7 },
							    { ".text", 1, 0xffffffff81000000, 0, 7 } }, 2);
}

/* A kernel with these words behind it, and then some bytes. */
static struct error find(const uint32_t *behind, unsigned count, unsigned more)
{
	make_kernel();
	for (unsigned i = 0; i < count; i++)
		file_put(t.file, file_append(&t.file, NULL, 4), behind[i], 4);
	file_append(&t.file, NULL, more);
	assert_fine(elf_parse(file_span(t.file), &t.image));
	return linux_relocs_find(&t.image, &t.found);
}

#define FIND(...) find((const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, 0)

static void assert_list(enum linux_reloc list, unsigned count, uint32_t first)
{
	assert_int_equal(t.found.list[list].size, 4 * count);
	assert_int_equal(span_u32(t.found.list[list], 0), first);
}

static int end(void **state)
{
	(void)state;
	file_free(&t.file);
	return 0;
}

static void three_lists(void **state)
{
	(void)state;
	assert_fine(FIND(0, FIRST, FIRST + 8, 0, FIRST + INVERSE, 0, FIRST + NARROW, FIRST + NARROW + 4, SECOND + NARROW));
	assert_int_equal(t.found.lists, 3);
	assert_list(LINUX_RELOC_64, 2, FIRST);
	assert_list(LINUX_RELOC_INVERSE, 1, FIRST + INVERSE);
	assert_list(LINUX_RELOC_32, 3, FIRST + NARROW);
	assert_fine(FIND(0, 0, 0, SECOND + NARROW));
	assert_int_equal(t.found.lists, 3);
	assert_list(LINUX_RELOC_32, 1, SECOND + NARROW);
}

static void two_lists(void **state)
{
	(void)state;
	assert_fine(FIND(0, SECOND + 8, 0, FIRST + SIZE - 4));
	assert_int_equal(t.found.lists, 2);
	assert_list(LINUX_RELOC_64, 1, SECOND + 8);
	assert_list(LINUX_RELOC_INVERSE, 0, 0);
	assert_list(LINUX_RELOC_32, 1, FIRST + SIZE - 4);
}

static void no_lists(void **state)
{
	(void)state;
	assert_fine(find(NULL, 0, 0));
	assert_int_equal(t.found.lists, 0);
}

static void wrong_lists(void **state)
{
	static const uint32_t two[] = { 0, 0 };

	(void)state;
	assert_error(FIND(0, FIRST), ERROR_LINUX_RELOC_LISTS);
	assert_error(FIND(FIRST, 0, FIRST), ERROR_LINUX_RELOC_LISTS);
	assert_error(FIND(0, FIRST, 0, FIRST, 0, FIRST, 0, FIRST), ERROR_LINUX_RELOC_LISTS);
	for (unsigned more = 1; more < 4; more++)
		assert_error(find(two, 2, more), ERROR_LINUX_RELOC_LISTS);
	assert_int_equal(t.found.lists, 0);
}

/* Lists that were cut short anywhere: at a list's end what is left is a list less, and those are one, or too few. */
static void truncated_lists(void **state)
{
	static const uint32_t whole[] = { 0, FIRST, FIRST + 8, 0, FIRST + INVERSE, 0, FIRST + NARROW, FIRST + NARROW + 4 };
	const unsigned count = sizeof(whole) / sizeof(whole[0]);

	(void)state;
	assert_fine(find(whole, count, 0));
	for (unsigned left = 1; left < count; left++) {
		struct error error = find(whole, left, 0);

		/* Without its last list it looks like a kernel of two; then the inverse words are none of 32 bits. */
		if (left == 5)
			assert_error(error, ERROR_LINUX_RELOC_VALUE);
		else if (left < 4)
			assert_error(error, ERROR_LINUX_RELOC_LISTS);
		assert_true(left > 5 || left == 4 || failed(error));
	}
}

/* Before, behind and between the segments, and across the end of one: eight bytes of the first list, four of the others. */
static void wrong_places(void **state)
{
	(void)state;
	assert_error(FIND(0, FIRST, 0, FIRST - 1), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, FIRST + SIZE - 3), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST + SIZE - 7, 0, FIRST + NARROW), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, FIRST + SIZE - 3, 0, FIRST + NARROW), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, SECOND + SIZE), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, 0x7fffffff), ERROR_LINUX_RELOC_PLACE);
	assert_int_equal(t.found.lists, 0);
}

/* An entry that does not ascend, the same one twice, and one that shares bytes with the one before or of another list. */
static void wrong_order(void **state)
{
	(void)state;
	assert_error(FIND(0, FIRST, 0, SECOND + NARROW, FIRST + NARROW), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, 0, FIRST + NARROW, FIRST + NARROW), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, FIRST, 0, FIRST + NARROW), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, 0, FIRST + NARROW, FIRST + NARROW + 3), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, FIRST + 7, 0, FIRST + NARROW), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, 0, FIRST + INVERSE, FIRST + INVERSE + 1, 0, FIRST + NARROW), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, SECOND, 0, SECOND), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST, 0, FIRST, SECOND + NARROW), ERROR_LINUX_RELOC_ORDER);
	/* The upper half of a wide word, which is 0, and a narrow one that ends in the first byte of a wide one, or before it. */
	assert_error(FIND(0, FIRST + 8, 0, FIRST + 12), ERROR_LINUX_RELOC_ORDER);
	assert_error(FIND(0, FIRST + 8, 0, FIRST + 5), ERROR_LINUX_RELOC_ORDER);
	assert_fine(FIND(0, FIRST + 9, 0, FIRST + 5));
	assert_fine(FIND(0, FIRST, 0, FIRST + 8));
	assert_fine(FIND(0, SECOND, 0, FIRST + NARROW, SECOND + NARROW));
	assert_fine(FIND(0, FIRST, FIRST + 8, SECOND, 0, FIRST + NARROW));
}

/* Words of another list, or of none. */
static void wrong_values(void **state)
{
	(void)state;
	assert_error(FIND(0, FIRST, 0, FIRST + INVERSE), ERROR_LINUX_RELOC_VALUE);
	assert_error(FIND(0, FIRST, 0, FIRST + NARROW, 0, FIRST + NARROW + 4), ERROR_LINUX_RELOC_VALUE);
	assert_error(FIND(0, FIRST, 0, FIRST + WIDE, 0, FIRST + NARROW + 4), ERROR_LINUX_RELOC_VALUE);
	assert_error(FIND(0, FIRST + INVERSE, 0, FIRST + NARROW), ERROR_LINUX_RELOC_VALUE);
	assert_error(FIND(0, FIRST + NARROW, 0, FIRST + NARROW + 8), ERROR_LINUX_RELOC_VALUE);
	assert_error(FIND(0, FIRST + 4, 0, FIRST + NARROW), ERROR_LINUX_RELOC_VALUE);
	assert_int_equal(t.found.lists, 0);
}

static void wrong_sections(void **state)
{
	struct file file = build_elf(64, parts, 2);
	struct elf_image image;
	uint64_t header;

	(void)state;
	header = elf_add_sections(&file, 64, (struct elf_named[]){ { ".data", 1, 5, 0, 7 } }, 1);
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(linux_relocs_find(&image, &t.found));
	file_put(file, header + 24, UINT64_MAX, 8);
	assert_error(linux_relocs_find(&image, &t.found), ERROR_ELF_TRUNCATED);
	file_put(file, 58, 63, 2);
	assert_error(linux_relocs_find(&image, &t.found), ERROR_ELF_KIND);
	file_free(&file);
	/* None at all: what the segments leave is what is behind the kernel. */
	file = build_elf(64, parts, 2);
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(linux_relocs_find(&image, &t.found));
	assert_int_equal(t.found.lists, 0);
	file_free(&file);
}

/* The bytes of a segment, from a word on. */
static uint64_t bytes_at(unsigned segment, unsigned offset, unsigned size)
{
	return span_number(file_span(t.file), t.image.segment[segment].offset + offset, size);
}

/* Every word of each list is changed, in each segment, and nothing else but the addresses of sections. */
static void applied(void **state)
{
	const uint64_t delta = 0x12600000;
	struct file before;
	unsigned changed = 0;
	struct elf_section text;

	(void)state;
	assert_fine(FIND(0, FIRST, SECOND + 8, 0, FIRST + INVERSE + 4, SECOND + INVERSE, 0, FIRST + NARROW + 12,
			 FIRST + SIZE - 8, SECOND + NARROW));
	before = file_of(t.file.at, t.file.size);
	linux_relocs_apply(&t.image, &t.found, delta);
	assert_int_equal(bytes_at(0, 0, 8), 0xffffffff93600000);
	assert_int_equal(bytes_at(1, 8, 8), 0x13600000);
	assert_int_equal(bytes_at(0, INVERSE + 4, 4), 0x7f000000 - delta);
	assert_int_equal(bytes_at(1, INVERSE, 4), 0x7f000000 - delta);
	assert_int_equal(bytes_at(0, NARROW + 12, 4), 0x01000100 + delta);
	assert_int_equal(bytes_at(0, SIZE - 8, 4), 0xbfffffff + delta);
	assert_int_equal(bytes_at(1, NARROW, 4), 0x81000100 + delta);
	/* .bss is at 5, and so stays. */
	text = elf_section_read(&t.image, 1);
	assert_int_equal(text.address, 5);
	text = elf_section_read(&t.image, 2);
	assert_int_equal(text.address, 0xffffffff93600000);
	/* And back: the bytes that were there. */
	for (uint64_t i = 0; i < t.file.size; i++)
		changed += t.file.at[i] != before.at[i];
	assert_true(changed <= 2 * 8 + 5 * 4 + 8);
	linux_relocs_apply(&t.image, &t.found, -delta);
	assert_int_equal(elf_section_read(&t.image, 2).address, 0xffffffff81000000);
	assert_memory_equal(t.file.at, before.at, t.file.size);
	file_free(&before);
}

/* A segment that loads headers is no place for a relocation: what it does must not change how the file is read. */
static void headers(void **state)
{
	uint64_t table, offset;

	(void)state;
	assert_fine(FIND(0, FIRST, 0, FIRST + NARROW));
	offset = t.image.segment[0].offset;
	table = span_u64(file_span(t.file), 40);
	/* The ELF header is before the first segment, and the section headers behind the last. */
	t.image.segment[0].offset = 63;
	assert_error(linux_relocs_find(&t.image, &t.found), ERROR_LINUX_RELOC_PLACE);
	t.image.segment[0].offset = table - SIZE + 1;
	assert_error(linux_relocs_find(&t.image, &t.found), ERROR_LINUX_RELOC_PLACE);
	t.image.segment[0].offset = offset;
	assert_fine(linux_relocs_find(&t.image, &t.found));
}

/* A million of them, each of which is sound, and a million and one. */
static void a_million(void **state)
{
	enum { MILLION = 1000000 };
	uint8_t *bytes = calloc(MILLION, 4);
	struct file file = build_elf(64, &(struct elf_part){ 1, 7, 0x1000000, 0xffffffff81000000, bytes, 4 * MILLION,
							     4 * MILLION, 4096 }, 1);
	uint64_t at = file_append(&file, NULL, 4 * (MILLION + 2));
	struct elf_image image;

	(void)state;
	for (uint32_t i = 0; i < MILLION; i++)
		file_put(file, at + 8 + UINT64_C(4) * i, FIRST + 4 * i, 4);
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(linux_relocs_find(&image, &t.found));
	assert_int_equal(t.found.list[LINUX_RELOC_32].size, 4 * MILLION);
	linux_relocs_apply(&image, &t.found, 0x200000);
	assert_int_equal(span_u32(file_span(file), image.segment[0].offset + 4 * MILLION - 4), 0x200000);
	file_put(file, file_append(&file, NULL, 4), FIRST + 4 * MILLION, 4);
	assert_fine(elf_parse(file_span(file), &image));
	assert_error(linux_relocs_find(&image, &t.found), ERROR_LINUX_RELOC_PLACE);
	file_free(&file);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_lists),	   cmocka_unit_test(two_lists),	   cmocka_unit_test(no_lists),
		cmocka_unit_test(wrong_lists),	   cmocka_unit_test(truncated_lists), cmocka_unit_test(wrong_places),
		cmocka_unit_test(wrong_order),	   cmocka_unit_test(wrong_values),   cmocka_unit_test(applied),
		cmocka_unit_test(headers),
		cmocka_unit_test(a_million),	   cmocka_unit_test_teardown(wrong_sections, end),
	};

	return cmocka_run_group_tests_name("linux_relocs", tests, NULL, NULL);
}
