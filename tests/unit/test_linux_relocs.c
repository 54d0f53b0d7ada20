/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relocations behind a Linux kernel: three lists, two, none, and what is none of these. */
#include "unit.h"
#include "builder.h"

#include <shim/payload/linux_relocs.h>

/* Two segments of 16 bytes. */
#define FIRST  0x81000000
#define SECOND 0x81200000

static const struct elf_part parts[] = {
	{ 1, 5, 0x1000000, 0xffffffff81000000, "0123456789abcdef", 16, 0x1000, 4096 },
	{ 1, 7, 0x1200000, 0, "ABCDEFGHIJKLMNOP", 16, 16, 4096 },
};

static struct {
	struct file file;
	struct linux_relocs found;
} t;

/* A kernel with these words behind it, and then some bytes. */
static struct error find(const uint32_t *words, unsigned count, unsigned more)
{
	struct elf_image image;

	file_free(&t.file);
	t.file = build_elf(64, parts, 2);
	elf_add_sections(&t.file, 64, (struct elf_named[]){ { ".bss", 8, 5, UINT64_MAX, 7 } }, 1);
	for (unsigned i = 0; i < count; i++)
		file_put(t.file, file_append(&t.file, NULL, 4), words[i], 4);
	file_append(&t.file, NULL, more);
	assert_fine(elf_parse(file_span(t.file), &image));
	return linux_relocs_find(&image, &t.found);
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
	assert_fine(FIND(0, FIRST, FIRST + 8, 0, FIRST + 4, 0, FIRST + 12, FIRST, SECOND + 12));
	assert_int_equal(t.found.lists, 3);
	assert_list(LINUX_RELOC_64, 2, FIRST);
	assert_list(LINUX_RELOC_INVERSE, 1, FIRST + 4);
	assert_list(LINUX_RELOC_32, 3, FIRST + 12);
	assert_fine(FIND(0, 0, 0, SECOND));
	assert_int_equal(t.found.lists, 3);
	assert_list(LINUX_RELOC_32, 1, SECOND);
}

static void two_lists(void **state)
{
	(void)state;
	assert_fine(FIND(0, SECOND + 8, 0, FIRST + 12));
	assert_int_equal(t.found.lists, 2);
	assert_list(LINUX_RELOC_64, 1, SECOND + 8);
	assert_list(LINUX_RELOC_INVERSE, 0, 0);
	assert_list(LINUX_RELOC_32, 1, FIRST + 12);
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

/* Before, behind and between the segments, and across the end of one: eight bytes of the first list, four of the others. */
static void wrong_places(void **state)
{
	(void)state;
	assert_error(FIND(0, FIRST, 0, FIRST - 1), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, FIRST + 13), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST + 9, 0, FIRST), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, FIRST + 13, 0, FIRST), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, SECOND + 16), ERROR_LINUX_RELOC_PLACE);
	assert_error(FIND(0, FIRST, 0, 0x7fffffff), ERROR_LINUX_RELOC_PLACE);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_lists),	cmocka_unit_test(two_lists),	cmocka_unit_test(no_lists),
		cmocka_unit_test(wrong_lists),	cmocka_unit_test(wrong_places), cmocka_unit_test_teardown(wrong_sections, end),
	};

	return cmocka_run_group_tests_name("linux_relocs", tests, NULL, NULL);
}
