/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections found by their names, and the tables of a Linux kernel among them. */
#include "unit.h"
#include "builder.h"

#include <shim/payload/linux_tables.h>

#define VIRTUAL(physical) (0xffffffff80000000 + (physical))

static const struct elf_part parts[] = {
	{ 1, 5, 0x100000, VIRTUAL(0x100000), "0123456789abcdef", 16, 0x1000, 4096 },
	{ 1, 7, 0x200000, VIRTUAL(0x200000), "ABCDEFGHIJKLMNOP", 16, 16, 4096 },
};

/* Where their bytes are in the file. */
static uint64_t offset_of(struct file file, unsigned bits, unsigned part)
{
	return span_number(file_span(file), elf_field(bits, part, "offset"), bits / 8);
}

struct layout {
	struct file file;
	struct elf_image image;
	/* The header of the first section. */
	uint64_t headers;
};

/* A kernel with these sections, whose `offset` counts from the bytes of part 0 or, from 0x100 on, of part 1. */
static struct layout build(unsigned bits, const struct elf_named *sections, unsigned count)
{
	struct layout layout = { .file = build_elf(bits, parts, 2) };
	struct elf_named *placed = calloc(count, sizeof(*placed));

	for (unsigned i = 0; i < count; i++) {
		placed[i] = sections[i];
		placed[i].offset = offset_of(layout.file, bits, sections[i].offset >= 0x100) + (sections[i].offset & 0xff);
	}
	layout.headers = elf_add_sections(&layout.file, bits, placed, count);
	free(placed);
	assert_fine(elf_parse(file_span(layout.file), &layout.image));
	return layout;
}

static const struct elf_named sections[] = {
	{ ".text", 1, VIRTUAL(0x100004), 4, 6 },
	{ ".text.unlikely", 1, VIRTUAL(0x10000a), 10, 2 },
	{ ".init.text", 1, VIRTUAL(0x200000), 0x100, 16 },
	{ ".bss", 8, VIRTUAL(0x300000), 0, 0x100000 },
	{ ".empty", 1, 5, 0, 0 },
};

enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

static const char *const names[] = { ".init.text", ".text", ".bss", ".nothing", ".empty" };

/* The bytes alone, loaded or not; in headers that are larger than they need be, and in those that are too small. */
static void bytes_by_name(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct layout layout = build(bits, sections, SECTIONS);
		uint64_t size = bits == 64 ? 64 : 40, field = bits == 64 ? 58 : 46, at;
		struct span found;

		assert_fine(elf_section_bytes(&layout.image, ".init.text", &found));
		assert_span(found, "ABCDEFGHIJKLMNOP");
		assert_fine(elf_section_bytes(&layout.image, ".bss", &found));
		assert_int_equal(found.size, 0);
		assert_fine(elf_section_bytes(&layout.image, ".nothing", &found));
		assert_int_equal(found.size, 0);
		at = file_append(&layout.file, NULL, (SECTIONS + 2) * (size + 8));
		for (unsigned i = 0; i < SECTIONS + 2; i++)
			memcpy(layout.file.at + at + i * (size + 8), layout.file.at + layout.headers + i * size - size, size);
		file_put(layout.file, bits == 64 ? 40 : 32, at, bits / 8);
		file_put(layout.file, field, size + 8, 2);
		layout.image.file = file_span(layout.file);
		assert_fine(elf_section_bytes(&layout.image, ".init.text", &found));
		assert_span(found, "ABCDEFGHIJKLMNOP");
		assert_int_equal(elf_section_header(&layout.image, 1).size, size);
		file_put(layout.file, field, size - 1, 2);
		assert_error(elf_section_bytes(&layout.image, ".init.text", &found), ERROR_ELF_KIND);
		file_free(&layout.file);
	}
}

static void found_by_name(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct layout layout = build(bits, sections, SECTIONS);
		struct elf_found found[5];

		assert_fine(elf_sections_find(&layout.image, names, 5, found));
		assert_span(found[0].bytes, "ABCDEFGHIJKLMNOP");
		assert_true(found[0].present);
		assert_span(found[1].bytes, "456789");
		assert_true(found[1].address.v == (bits == 64 ? VIRTUAL(0x100004) : 0x80100004));
		assert_true(found[2].present);
		assert_int_equal(found[2].bytes.size, 0);
		assert_false(found[3].present);
		assert_int_equal(found[3].bytes.size, 0);
		assert_true(found[4].present);
		file_free(&layout.file);
	}
}

static void no_sections(void **state)
{
	struct file file = build_elf(64, parts, 2);
	struct elf_found found[5];
	struct elf_image image;

	(void)state;
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(elf_sections_find(&image, names, 5, found));
	for (unsigned i = 0; i < 5; i++)
		assert_false(found[i].present);
	file_free(&file);
}

/* A kernel with one number changed, and the wrong that is found. */
static void changed(uint64_t offset, uint64_t value, unsigned bytes, enum error_code wanted)
{
	struct layout layout = build(64, sections, SECTIONS);
	struct elf_found found[5];
	struct error error;

	file_put(layout.file, offset < 64 ? offset : layout.headers + offset - 64, value, bytes);
	error = elf_sections_find(&layout.image, names, 5, found);
	/* Wrong with .text alone. */
	if (!failed(error) && failed(found[1].wrong)) {
		assert_int_equal(found[1].bytes.size, 0);
		assert_false(failed(found[0].wrong) || failed(found[2].wrong));
		error = found[1].wrong;
	}
	assert_error(error, wanted);
	file_free(&layout.file);
}

#define HEADER(index, field) (64 + 64 * (index) + (field))

static void broken(void **state)
{
	(void)state;
	changed(58, 63, 2, ERROR_ELF_KIND);
	changed(40, UINT64_MAX - 5, 8, ERROR_ELF_TRUNCATED);
	changed(60, 1000, 2, ERROR_ELF_TRUNCATED);
	/* The names: no section of them, outside, and one name outside. */
	changed(62, SECTIONS + 2, 2, ERROR_NONE);
	changed(HEADER(SECTIONS, 24), UINT64_MAX, 8, ERROR_ELF_TRUNCATED);
	changed(HEADER(0, 0), 0xffffffff, 4, ERROR_NONE);
	/* Bytes outside the file. */
	changed(HEADER(0, 24), UINT64_MAX, 8, ERROR_ELF_TRUNCATED);
	changed(HEADER(0, 32), UINT64_MAX, 8, ERROR_ELF_TRUNCATED);
	/* Another address than the segment's; behind it, across its end, before it. */
	changed(HEADER(0, 16), VIRTUAL(0x100003), 8, ERROR_LINUX_SECTION_LOAD);
	changed(HEADER(0, 24), 0, 8, ERROR_LINUX_SECTION_LOAD);
	changed(HEADER(0, 32), 13, 8, ERROR_LINUX_SECTION_LOAD);
	/* Two with one name. */
	changed(HEADER(1, 0), 1, 4, ERROR_LINUX_SECTION_TWICE);
}

static const struct elf_named linux_sections[] = {
	{ ".text", 1, VIRTUAL(0x100004), 4, 6 },
	{ ".smp_locks", 1, VIRTUAL(0x200004), 0x104, 4 },
	{ ".altinstructions", 1, 0, 0, 0 },
};

static struct error find_tables(unsigned bits, const struct elf_named *named, unsigned count, struct sites_linux *out)
{
	struct layout layout = build(bits, named, count);
	struct error error = linux_tables_find(&layout.image, out);

	if (!failed(error)) {
		assert_span(out->section[SITES_LINUX_TEXT].bytes, "456789");
		assert_span(out->section[SITES_LINUX_LOCKS].bytes, "EFGH");
	}
	file_free(&layout.file);
	return error;
}

static void linux_tables(void **state)
{
	struct sites_linux found;
	struct elf_named moved[3];

	(void)state;
	assert_fine(find_tables(64, linux_sections, 3, &found));
	assert_true(found.section[SITES_LINUX_TEXT].address == VIRTUAL(0x100004));
	assert_int_equal(found.section[SITES_LINUX_ALTERNATIVES].bytes.size, 0);

	assert_error(find_tables(32, linux_sections, 3, &found), ERROR_LINUX_NO_TABLES);
	assert_error(find_tables(64, linux_sections, 1, &found), ERROR_LINUX_NO_TABLES);
	assert_error(find_tables(64, linux_sections + 1, 2, &found), ERROR_LINUX_NO_TABLES);
	memcpy(moved, linux_sections, sizeof(moved));
	moved[1].name = ".text";
	assert_error(find_tables(64, moved, 3, &found), ERROR_LINUX_SECTION_TWICE);
}

/* What is wrong with a table's section is a matter of that table. */
static void a_wrong_table(void **state)
{
	static const struct elf_named named[] = {
		{ ".text", 1, VIRTUAL(0x100004), 4, 6 },
		{ ".smp_locks", 1, VIRTUAL(0x200004), 0x104, 4 },
		{ ".altinstructions", 1, VIRTUAL(0x200008), 0x109, 3 },
	};
	struct sites_linux found;

	(void)state;
	assert_fine(find_tables(64, named, 3, &found));
	assert_int_equal(found.wrong[SITES_LINUX_ALTERNATIVES].code, ERROR_LINUX_SECTION_LOAD);
	assert_int_equal(found.section[SITES_LINUX_ALTERNATIVES].bytes.size, 0);
	assert_int_equal(found.wrong[SITES_LINUX_LOCKS].code, ERROR_NONE);
}

/* By their flags, whatever they are called; not those without bytes, or that no segment loads so. */
static void executed(void **state)
{
	static const struct elf_named named[] = {
		{ ".text", 1, VIRTUAL(0x100004), 4, 6 }, { ".rodata", 1, VIRTUAL(0x10000a), 10, 2 },
		{ ".data", 1, VIRTUAL(0x200000), 0x100, 16 }, { ".bss", 8, VIRTUAL(0x300000), 0, 16 },
		{ ".empty", 1, VIRTUAL(0x200000), 0x100, 0 }, { ".far", 1, VIRTUAL(0x400000), 0x100, 4 },
		{ ".debug", 1, VIRTUAL(0x100000), 0, 4 }, { ".more", 1, VIRTUAL(0x100000), 0, 4 },
	};
	static const uint8_t flags[] = { 6, 2, 7, 7, 6, 6, 4, 6 };

	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct layout layout = build(bits, named, sizeof(flags));
		struct elf_found found[4];

		for (unsigned i = 0; i < sizeof(flags); i++)
			file_put(layout.file, layout.headers + (bits == 64 ? 64 : 40) * i + 8, flags[i], 1);
		assert_int_equal(elf_sections_executed(&layout.image, 4, found), 3);
		assert_span(found[0].bytes, "456789");
		assert_span(found[1].bytes, "ABCDEFGHIJKLMNOP");
		assert_true(found[2].address.v == (bits == 64 ? VIRTUAL(0x100000) : 0x80100000));
		assert_int_equal(elf_sections_executed(&layout.image, 2, found), 2);
		file_put(layout.file, bits == 64 ? 58 : 46, 7, 2);
		assert_int_equal(elf_sections_executed(&layout.image, 4, found), 0);
		file_free(&layout.file);
	}
}

/* The kernel that the fuzzers mutate is sound to begin with. */
static void a_small_kernel(void **state)
{
	struct file file = build_linux();
	uint64_t memory[32];
	struct arena arena = { (uint8_t *)memory, sizeof(memory), 0 };
	struct sites_linux_found found;
	struct sites_linux tables;
	struct elf_image image;

	(void)state;
	/* The first section is .text. */
	file_put(file, span_u64(file_span(file), 40) + 64 + 8, ELF_SECTION_EXECUTED, 8);
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(linux_tables_find(&image, &tables));
	assert_int_equal(tables.executable_count, 1);
	assert_true(tables.executable[0].bytes.at == tables.section[SITES_LINUX_TEXT].bytes.at);
	assert_fine(sites_linux_verify(&tables, &arena, &found));
	for (unsigned i = 0; i < SITES_LINUX_SECTIONS; i++)
		assert_fine(found.unsound[i]);
	assert_int_equal(found.record_size, 14);
	assert_int_equal(found.alternatives + found.paravirt + found.locks_there, 6);
	file_put(file, 58, 63, 2);
	assert_error(linux_tables_find(&image, &tables), ERROR_ELF_KIND);
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS("elf_sections", bytes_by_name, found_by_name, no_sections, broken, linux_tables,
			 a_wrong_table, executed, a_small_kernel);
}
