/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lull's own words whose values are texts and numbers. */
#include "unit.h"
#include "builder.h"

#include <shim/payload/payload.h>

/* Words with a text, which others read. */
static void own_words(void **state)
{
	struct span line = span("lull.disk=xvda root=/dev/x lull.disk=\"xv b\" -- lull.disk=c", 58), value;
	struct cmdline lines = { .line = { line, span("", 0), span("", 0) } };
	struct lull_options found;

	(void)state;
	assert_true(cmdline_find_own(line, "lull.disk", &value));
	assert_span(value, "xv b");
	assert_true(cmdline_find_own(span("lull.disk", 9), "lull.disk", &value));
	assert_int_equal(value.size, 0);
	assert_false(cmdline_find_own(line, "lull.dis", &value));
	assert_false(cmdline_find_own(line, "root", &value));
	assert_fine(lull_options_read(&lines, &found));
	assert_int_equal(found.unknown_count, 0);
}

static void profile_is(const char *loader, const char *module, uint32_t wanted)
{
	struct cmdline lines = { .line = { cmdline_of(loader), cmdline_of(module), cmdline_of("lull.profile=7") } };
	uint32_t found = 99;

	assert_fine(cmdline_profile(&lines, &found));
	assert_int_equal(found, wanted);
}

static void profiles(void **state)
{
	const char *const wrong[] = { "lull.profile", "lull.profile=", "lull.profile=x", "lull.profile=1x", "lull.profile=-1",
				      "lull.profile=:", "lull.profile=0001", "lull.profile=1000" };
	struct lull_options found;
	uint32_t profile;

	(void)state;
	profile_is("root=/dev/x", "", 0);
	profile_is("a lull.profile=2 b", "", 2);
	profile_is("lull.profile=3", "lull.profile=4", 3);
	profile_is("-- lull.profile=3", "lull.profile=019", 19);
	profile_is("lull.profile=999", "", 999);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct cmdline lines = { .line = { cmdline_of(wrong[i]), span("", 0), span("", 0) } };

		assert_error(cmdline_profile(&lines, &profile), ERROR_CMDLINE_PROFILE);
		assert_fine(lull_options_read(&lines, &found));
		assert_int_equal(found.unknown_count, 0);
	}
}

/* It chooses what a UKI has, and not of what is none. */
static void profile_of_a_uki(void **state)
{
	struct file kernel = build_bzimage();
	struct file uki = build_uki((struct pe_section[]){
		{ ".linux", kernel.at, kernel.size }, { ".profile", "ID=a", 4 }, { ".cmdline", "first", 5 },
		{ ".profile", "ID=b", 4 }, { ".cmdline", "second", 6 },
	}, 5);
	struct payload_source source = { .module_count = 1, .module = { { file_span(uki), 0x800000 } } };
	struct payload payload;

	(void)state;
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "first");
	source.cmdline = "lull.profile=1";
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "second");
	source.cmdline = "lull.profile=2";
	assert_error(payload_find(&source, &payload), ERROR_UKI_PROFILE);
	source.cmdline = "lull.profile=b";
	assert_error(payload_find(&source, &payload), ERROR_CMDLINE_PROFILE);
	source.module[0].bytes = file_span(kernel);
	assert_fine(payload_find(&source, &payload));
	file_free(&uki);
	file_free(&kernel);
}

int main(void)
{
	return RUN_TESTS("cmdline_own", own_words, profiles, profile_of_a_uki);
}
