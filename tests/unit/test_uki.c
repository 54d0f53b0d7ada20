/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/uki.h>

static const struct pe_section good[] = {
	{ ".text", "code", 4 }, { ".osrel", "ID=x", 4 }, { ".linux", "kernel", 6 }, { ".initrd", "cpio", 4 },
	{ ".cmdline", "quiet", 5 }, { ".uname", "6.1", 3 },
};

enum { LINUX_INDEX = 2, GOOD = sizeof(good) / sizeof(good[0]) };

static struct error parse_with(uint64_t offset, uint64_t value, unsigned bytes)
{
	struct file file = build_uki(good, GOOD);
	struct uki uki;
	struct error error;

	file_put(file, offset, value, bytes);
	error = uki_parse(file_span(file), &uki);
	file_free(&file);
	return error;
}

static void sections_are_found(void **state)
{
	struct file file = build_uki(good, GOOD);
	struct uki uki;

	(void)state;
	assert_true(uki_is_pe(file_span(file)));
	assert_true(uki_is(file_span(file)));
	assert_fine(uki_parse(file_span(file), &uki));
	assert_span(uki.section[UKI_LINUX], "kernel");
	assert_span(uki.section[UKI_INITRD], "cpio");
	assert_span(uki.section[UKI_CMDLINE], "quiet");
	assert_span(uki.section[UKI_UNAME], "6.1");
	assert_span(uki.section[UKI_OSREL], "ID=x");
	assert_string_equal(uki_section_name(UKI_CMDLINE), ".cmdline");
	file_free(&file);
}

/* The bytes are as many as the file and the memory image both have. */
static void smaller_size_counts(void **state)
{
	struct file file = build_uki(good, GOOD);
	struct uki uki;

	(void)state;
	file_put(file, uki_header(LINUX_INDEX) + 8, 100000, 4);
	assert_fine(uki_parse(file_span(file), &uki));
	assert_int_equal(uki.section[UKI_LINUX].size, 512);
	file_free(&file);
}

/* A section that only memory has may point anywhere. */
static void empty_section_is_nowhere(void **state)
{
	struct file file = build_uki(good, GOOD);
	struct uki uki;

	(void)state;
	file_put(file, uki_header(0) + 16, 0, 4);
	file_put(file, uki_header(0) + 20, 0xffffffff, 4);
	assert_fine(uki_parse(file_span(file), &uki));
	file_free(&file);
}

/* A linker may leave VirtualSize 0, and say no place in the file for what is all zeros. */
static void sizes_of_other_linkers(void **state)
{
	struct file file = build_uki(good, GOOD);
	struct uki uki;

	(void)state;
	file_put(file, uki_header(LINUX_INDEX) + 8, 0, 4);
	file_put(file, uki_header(0) + 16, 0x100000, 4);
	file_put(file, uki_header(0) + 20, 0, 4);
	assert_fine(uki_parse(file_span(file), &uki));
	assert_int_equal(uki.section[UKI_LINUX].size, 512);
	file_free(&file);
}

/* Sections that are not read may lie upon each other, and outside of the file. */
static void foreign_sections(void **state)
{
	const struct pe_section sections[] = { { ".linux", "kernel", 6 }, { ".text", "a", 1 }, { ".bss", "b", 1 } };
	struct file file = build_uki(sections, 3);
	struct uki uki;

	(void)state;
	file_put(file, uki_header(2) + 20, span_u32(file_span(file), uki_header(1) + 20), 4);
	assert_fine(uki_parse(file_span(file), &uki));
	file_put(file, uki_header(2) + 20, 0xfffffff0, 4);
	assert_fine(uki_parse(file_span(file), &uki));
	file_free(&file);
}

/* Of several profiles the first counts, and what it has goes before what all have. */
static void profiles(void **state)
{
	const struct pe_section sections[] = {
		{ ".linux", "kernel", 6 }, { ".cmdline", "base", 4 }, { ".uname", "6.1", 3 },
		{ ".profile", "ID=a", 4 }, { ".cmdline", "first", 5 },
		{ ".osrel", "ID=a", 4 }, { ".profile", "ID=b", 4 }, { ".cmdline", "second", 6 },
	};
	struct pe_section twice[] = { sections[0], sections[3], sections[1], sections[4] };
	struct file file = build_uki(sections, 8), wrong = build_uki(twice, 4);
	struct uki uki;

	(void)state;
	assert_fine(uki_parse(file_span(file), &uki));
	assert_span(uki.section[UKI_LINUX], "kernel");
	assert_span(uki.section[UKI_CMDLINE], "first");
	assert_span(uki.section[UKI_UNAME], "6.1");
	assert_error(uki_parse(file_span(wrong), &uki), ERROR_PE_SECTION_TWICE);
	assert_fine(uki_parse_form(file_span(file), (struct uki_form){ .profile = 1 }, &uki));
	assert_span(uki.section[UKI_CMDLINE], "second");
	assert_false(uki.present[UKI_OSREL]);
	assert_span(uki.section[UKI_UNAME], "6.1");
	assert_error(uki_parse_form(file_span(file), (struct uki_form){ .profile = 2 }, &uki), ERROR_UKI_PROFILE);
	file_free(&file);
	/* Without a profile there is one, the first. */
	file = build_uki(sections, 3);
	assert_fine(uki_parse(file_span(file), &uki));
	assert_error(uki_parse_form(file_span(file), (struct uki_form){ .profile = 1 }, &uki), ERROR_UKI_PROFILE);
	file_free(&file);
	file_free(&wrong);
}

static void other_files_are_not_uki(void **state)
{
	struct file file = build_uki(good, 2);
	struct file broken = file_prefix(file, 70);

	(void)state;
	assert_false(uki_is(file_span(file)));
	assert_false(uki_is(file_span(broken)));
	assert_false(uki_is(span("ELF", 3)));
	assert_false(uki_is_pe(span("M", 1)));
	file_free(&file);
	file_free(&broken);
}

static void wrong_fields(void **state)
{
	(void)state;
	assert_error(parse_with(0, 'X', 1), ERROR_PE_FIELD);
	assert_error(parse_with(UKI_PE, 'X', 1), ERROR_PE_FIELD);
	assert_error(parse_with(UKI_PE + 4, 0x14c, 2), ERROR_PE_FIELD);
	assert_error(parse_with(UKI_PE + 24, 0x10b, 2), ERROR_PE_FIELD);
	assert_error(parse_with(UKI_COFF_SECTIONS, 97, 2), ERROR_PE_SECTION_COUNT);
	/* As many as there may be: then it is their table that is not there. */
	assert_error(parse_with(UKI_COFF_SECTIONS, 96, 2), ERROR_PE_TRUNCATED);
}

static void truncated_headers(void **state)
{
	struct file file = build_uki(good, GOOD);
	const uint64_t ends[] = { 0, 1, 0x3f, 0x40, UKI_PE + 23, UKI_PE + 25, UKI_TABLE, uki_header(GOOD) - 1 };
	struct uki uki;

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct file prefix = file_prefix(file, ends[i]);

		assert_error(uki_parse(file_span(prefix), &uki), ERROR_PE_TRUNCATED);
		file_free(&prefix);
	}
	file_free(&file);
	assert_error(parse_with(0x3c, 0xffffffff, 4), ERROR_PE_TRUNCATED);
}

static void sections_past_the_end(void **state)
{
	struct file file = build_uki(good, GOOD), prefix = file_prefix(file, file.size - 512);
	struct uki uki;

	(void)state;
	assert_error(uki_parse(file_span(prefix), &uki), ERROR_PE_SECTION_END);
	assert_error(parse_with(uki_header(LINUX_INDEX) + 20, 0xfffffff0, 4), ERROR_PE_SECTION_END);
	/* The last one's three bytes at the very end, and one byte past it. */
	assert_fine(parse_with(uki_header(GOOD - 1) + 20, file.size - 3, 4));
	assert_error(parse_with(uki_header(GOOD - 1) + 20, file.size - 2, 4), ERROR_PE_SECTION_END);
	file_free(&file);
	file_free(&prefix);
}

static void overlaps_and_duplicates(void **state)
{
	struct file file = build_uki(good, GOOD);
	uint64_t first = span_u32(file_span(file), uki_header(0) + 20);
	struct pe_section twice[] = { { ".linux", "a", 1 }, { ".linux", "b", 1 } };
	struct file duplicate = build_uki(twice, 2);
	struct uki uki;

	(void)state;
	assert_error(parse_with(uki_header(LINUX_INDEX) + 20, first + 3, 4), ERROR_PE_SECTION_OVERLAP);
	assert_error(parse_with(uki_header(LINUX_INDEX) + 20, first - 3, 4), ERROR_PE_SECTION_OVERLAP);
	assert_error(uki_parse(file_span(duplicate), &uki), ERROR_PE_SECTION_TWICE);
	file_free(&file);
	file_free(&duplicate);
}

static void kernel_missing(void **state)
{
	(void)state;
	assert_error(parse_with(uki_header(LINUX_INDEX), 'X', 1), ERROR_UKI_NO_LINUX);
	assert_error(parse_with(uki_header(LINUX_INDEX) + 16, 0, 4), ERROR_UKI_NO_LINUX);
	assert_error(parse_with(uki_header(LINUX_INDEX) + 6, 'x', 1), ERROR_UKI_NO_LINUX);
}

/* In memory, sections are by their addresses, and as large as there. */
static void loaded_sections(void **state)
{
	const struct uki_form loaded = { .loaded = true };
	struct file file = build_uki(good, GOOD);
	struct uki uki;

	(void)state;
	for (unsigned i = 0; i < GOOD; i++)
		file_put(file, uki_header(i) + 20, 0xffffffff, 4);
	assert_fine(uki_parse_form(file_span(file), loaded, &uki));
	assert_span(uki.section[UKI_LINUX], "kernel");
	assert_span(uki.section[UKI_INITRD], "cpio");
	file_put(file, uki_header(LINUX_INDEX) + 8, 0, 4);
	assert_fine(uki_parse_form(file_span(file), loaded, &uki));
	assert_int_equal(uki.section[UKI_LINUX].size, 512);
	file_put(file, uki_header(LINUX_INDEX) + 8, 0xffffffff, 4);
	assert_error(uki_parse_form(file_span(file), loaded, &uki), ERROR_PE_SECTION_END);
	file_put(file, uki_header(LINUX_INDEX) + 8, 6, 4);
	file_put(file, uki_header(LINUX_INDEX) + 12, span_u32(file_span(file), uki_header(LINUX_INDEX + 1) + 12), 4);
	assert_error(uki_parse_form(file_span(file), loaded, &uki), ERROR_PE_SECTION_OVERLAP);
	file_free(&file);
}

static void sections_by_name(void **state)
{
	const struct pe_section sections[] = {
		{ ".sbat", "all", 3 }, { ".pcrpkeyx", "8 byte", 6 }, { ".profile", "ID=a", 4 }, { ".sbat", "first", 5 },
		{ ".profile", "ID=b", 4 }, { ".sbat", "second", 6 },
	};
	struct file file = build_uki(sections, 6);
	struct span found;

	(void)state;
	assert_true(uki_find_loaded(file_span(file), 0, ".sbat", &found));
	assert_span(found, "first");
	assert_true(uki_find_loaded(file_span(file), 1, ".sbat", &found));
	assert_span(found, "second");
	assert_true(uki_find_loaded(file_span(file), 0, ".pcrpkey", &found));
	assert_span(found, "8 byte");
	assert_false(uki_find_loaded(file_span(file), 0, ".sba", &found));
	assert_false(uki_find_loaded(file_span(file), 0, ".sbatx", &found));
	assert_int_equal(found.size, 0);
	file_put(file, uki_header(1) + 12, 0xffffff00, 4);
	assert_false(uki_find_loaded(file_span(file), 0, ".pcrpkey", &found));
	assert_false(uki_find_loaded(span("no PE", 5), 0, ".sbat", &found));
	file_free(&file);
	/* With one profile all sections are the first one's. */
	file = build_uki(sections, 4);
	assert_true(uki_find_loaded(file_span(file), 0, ".sbat", &found));
	assert_span(found, "first");
	assert_false(uki_find_loaded(file_span(file), 0, ".linux", &found));
	file_free(&file);
}

static void headers_by_themselves(void **state)
{
	struct file file = build_uki(good, GOOD);

	(void)state;
	assert_fine(uki_check_pe(file_span(file)));
	file_put(file, UKI_PE + 4, 0x14c, 2);
	assert_error(uki_check_pe(file_span(file)), ERROR_PE_FIELD);
	assert_error(uki_check_pe(span("MZ", 2)), ERROR_PE_TRUNCATED);
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS("uki", sections_are_found, smaller_size_counts, empty_section_is_nowhere,
			 sizes_of_other_linkers, foreign_sections, profiles, loaded_sections, sections_by_name,
			 headers_by_themselves, other_files_are_not_uki, wrong_fields, truncated_headers,
			 sections_past_the_end, overlaps_and_duplicates, kernel_missing);
}
