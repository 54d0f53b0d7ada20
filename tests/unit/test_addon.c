/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an add-on is: its name, its sections, the kernel that it is for, and its words. */
#include "unit.h"

#include "builder.h"

#include <shim/payload/addon.h>

static struct span text_of(const char *text) { return span(text, strlen(text)); }

static void names(void **state)
{
	static const char *const good[] = { "a.addon.efi", "A.ADDON.EFI", ".addon.efi.addon.eFi", "@.addon.efi" };
	static const char *const bad[] = { "", "efi", ".addon.efi", "a.addon.efix", "aaddon.efi", "a.addon-efi", "a.add[n.efi", "a.add\x0en.efi" };

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(addon_is_named(text_of(good[i])));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(addon_is_named(text_of(bad[i])));
}

static void tries(void **state)
{
	static const struct { const char *name; uint64_t start, end; } all[] = {
		{ "lab.efi", 0, 0 }, { "lab+3.efi", 3, 5 }, { "lab+3-1.efi", 3, 7 }, { "+10-20.efi", 0, 6 }, { "lab+3", 3, 5 },
		{ "lab+.efi", 0, 0 }, { "lab+3-.efi", 0, 0 }, { "lab+3-1x.efi", 0, 0 }, { "lab+3x.efi", 0, 0 }, { "lab+", 0, 0 },
		{ "lab+3-", 0, 0 }, { "a+b+3.efi", 0, 0 }, { "a+/3.efi", 0, 0 }, { "a+:.efi", 0, 0 }, { "", 0, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct range found = addon_tries(text_of(all[i].name));

		assert_int_equal(found.start, all[i].start);
		assert_int_equal(found.end, all[i].end);
	}
}

static const struct pe_section good[] = {
	{ ".sdmagic", "x", 1 }, { ".cmdline", "a=1", 3 }, { ".initrd", "cpio", 4 }, { ".ucode", "micro", 5 }, { ".uname", "6.1", 3 },
};

static void sections(void **state)
{
	static const char *const wanted[ADDON_SECTIONS] = { "a=1", "cpio", "micro" };
	struct file file = build_uki(good, 5);
	struct span headers = file_span(file), found;
	struct addon addon;

	(void)state;
	assert_fine(addon_read(headers, file.size, false, &addon));
	for (unsigned i = 0; i < ADDON_SECTIONS; i++) {
		assert_string_equal(addon_section_name(i), good[i + 1].name);
		span_cut(headers, addon.section[i].start, range_size(addon.section[i]), &found);
		assert_span(found, wanted[i]);
	}
	span_cut(headers, addon.uname.start, range_size(addon.uname), &found);
	assert_span(found, "6.1");
	/* As firmware loads it, sections are by their addresses. */
	file_put(file, uki_header(1) + 12, 0x40, 4);
	assert_fine(addon_read(headers, file.size, true, &addon));
	assert_int_equal(addon.section[ADDON_CMDLINE].start, 0x40);
	/* Of the file, only the headers need be there. */
	assert_fine(addon_read(span(file.at, uki_header(5)), file.size, false, &addon));
	assert_int_equal(range_size(addon.section[ADDON_UCODE]), 5);
	file_free(&file);
}

static void no_addons(void **state)
{
	struct file file = build_uki(good, 5);
	struct addon addon;

	(void)state;
	assert_error(addon_read(span("MZ", 2), 2, false, &addon), ERROR_PE_TRUNCATED);
	for (unsigned i = 1; i < 5; i++) {
		const uint64_t offset = span_u32(file_span(file), uki_header(i) + 20);

		file_put(file, uki_header(i) + 20, file.size - 2, 4);
		assert_error(addon_read(file_span(file), file.size, false, &addon), ERROR_PE_SECTION_END);
		file_put(file, uki_header(i) + 20, offset, 4);
	}
	memcpy(file.at + uki_header(0), ".linux\0\0", 8);
	assert_error(addon_read(file_span(file), file.size, false, &addon), ERROR_ADDON_UKI);
	file_put(file, UKI_COFF_SECTIONS, 97, 2);
	assert_error(addon_read(file_span(file), file.size, false, &addon), ERROR_PE_SECTION_COUNT);
	file_free(&file);
	/* One section that is used is enough, whichever it is; without bytes it is none. */
	for (unsigned i = 1; i < 4; i++) {
		file = build_uki(&good[i], 1);
		assert_fine(addon_read(file_span(file), file.size, false, &addon));
		file_put(file, uki_header(0) + 16, 0, 4);
		assert_error(addon_read(file_span(file), file.size, false, &addon), ERROR_ADDON_EMPTY);
		file_free(&file);
	}
	file = build_uki(&good[4], 1);
	assert_error(addon_read(file_span(file), file.size, false, &addon), ERROR_ADDON_EMPTY);
	file_free(&file);
}

static void kernels(void **state)
{
	(void)state;
	assert_true(addon_is_for(text_of("6.1"), text_of("6.1")));
	assert_true(addon_is_for(span("6.1\0x", 5), span("6.1\0y", 5)));
	assert_false(addon_is_for(text_of("6.1"), text_of("6.2")));
	assert_false(addon_is_for(text_of("6.1"), text_of("6.1.2")));
	assert_true(addon_is_for(text_of(""), text_of("6.1")));
	assert_true(addon_is_for(text_of("6.1"), text_of("")));
}

static void words(void **state)
{
	static char longest[BOOT_CMDLINE_SIZE + 1];
	struct addon_line line = { .length = 0 };

	(void)state;
	assert_fine(addon_line_add(&line, span("", 0)));
	assert_fine(addon_line_add(&line, span("a=1\0b", 5)));
	assert_fine(addon_line_add(&line, span("\0b", 2)));
	assert_fine(addon_line_add(&line, text_of("c d")));
	assert_string_equal(line.text, "a=1 c d");
	assert_int_equal(line.length, 7);
	memset(longest, 'x', sizeof(longest));
	for (uint64_t size = BOOT_CMDLINE_SIZE - 8; size <= sizeof(longest); size++)
		assert_error(addon_line_add(&line, span(longest, size)), ERROR_CMDLINE_BUFFER);
	assert_string_equal(line.text, "a=1 c d");
	assert_fine(addon_line_add(&line, span(longest, BOOT_CMDLINE_SIZE - 9)));
	assert_int_equal(strlen(line.text), BOOT_CMDLINE_SIZE - 1);
	line.length = 0;
	assert_fine(addon_line_add(&line, span(longest, BOOT_CMDLINE_SIZE - 1)));
	assert_int_equal(strlen(line.text), BOOT_CMDLINE_SIZE - 1);
}

int main(void) { return RUN_TESTS("addon", names, tries, sections, no_addons, kernels, words); }
