/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/payload/cmdline.h>

static const char *filter(const char *line)
{
	static char out[256];
	uint64_t length;

	assert_fine(cmdline_filter(cmdline_of(line), 2047, out, sizeof(out), &length));
	assert_int_equal(length, strlen(out));
	return out;
}

static void own_words_are_taken_out(void **state)
{
	(void)state;
	assert_string_equal(filter(""), "");
	assert_string_equal(filter("console=hvc0 quiet"), "console=hvc0 quiet");
	assert_string_equal(filter("  a\t lull.x=1 b\n"), "a b");
	assert_string_equal(filter("\1 lull.x \177"), "\1 \177");
	assert_string_equal(filter("lull.x"), "");
	assert_string_equal(filter("lull lullx.y xlull.z lull.a"), "lull lullx.y xlull.z");
	assert_string_equal(filter("a=\"b  lull.c d\" e"), "a=\"b  lull.c d\" e");
	assert_string_equal(filter("lull.a=\"b c\" d"), "d");
	assert_string_equal(filter("\"lull.a=b c\" d"), "d");
	assert_string_equal(filter("a \"no end lull.b"), "a \"no end lull.b");
}

static void the_first_that_says_anything(void **state)
{
	struct span none = cmdline_of(NULL), door = cmdline_of("door"), module = cmdline_of("module");
	struct span section = span("section\0junk", 12), own = cmdline_of(" lull.a lull.b ");

	(void)state;
	assert_span(cmdline_choose(door, module, section), "door");
	assert_span(cmdline_choose(none, module, section), "module");
	assert_span(cmdline_choose(own, module, section), "module");
	assert_span(cmdline_choose(own, own, section), "section");
	assert_span(cmdline_choose(none, none, span("no end", 6)), "no end");
	assert_span(cmdline_choose(none, none, none), "");
}

static void nothing_is_cut(void **state)
{
	struct span line = cmdline_of("12345 lull.x 789");
	uint64_t length = 0;
	char out[10];

	(void)state;
	assert_fine(cmdline_filter(line, 9, out, 10, NULL));
	assert_string_equal(out, "12345 789");
	assert_error(cmdline_filter(line, 8, out, 10, &length), ERROR_CMDLINE_KERNEL);
	assert_string_equal(out, "");
	assert_int_equal(length, 9);
	for (unsigned size = 1; size < 10; size++) {
		assert_error(cmdline_filter(line, 9, out, size, NULL), ERROR_CMDLINE_BUFFER);
		assert_string_equal(out, "");
	}
}

static void options(void **state)
{
	struct span line = cmdline_of("lull.a=1 lull.ab=2 lull.c b lull.d=\"x y\" \"lull.e=p q\" lull.a=3 lull.f=\" \"lull.g=\"");
	struct span value;

	(void)state;
	assert_true(cmdline_option(line, "a", &value));
	assert_span(value, "3");
	assert_true(cmdline_option(line, "ab", &value));
	assert_span(value, "2");
	assert_true(cmdline_option(line, "c", &value));
	assert_span(value, "");
	assert_true(cmdline_option(line, "d", &value));
	assert_span(value, "x y");
	assert_true(cmdline_option(line, "e", &value));
	assert_span(value, "p q");
	assert_false(cmdline_option(line, "b", &value));
	assert_false(cmdline_option(line, "longer", &value));
	assert_span(value, "");
	assert_true(cmdline_option(cmdline_of("lull.f=\""), "f", &value));
	assert_span(value, "");
	assert_true(cmdline_option(cmdline_of("lull.f=\"x"), "f", &value));
	assert_span(value, "x");
}

static void options_of_the_kernel(void **state)
{
	struct span line = cmdline_of("a ab=c \"q=x y\" =d");

	(void)state;
	assert_true(cmdline_has(line, "a"));
	assert_true(cmdline_has(line, "ab"));
	assert_true(cmdline_has(line, "q"));
	assert_false(cmdline_has(line, "b"));
	assert_false(cmdline_has(line, "c"));
	assert_false(cmdline_has(line, "d"));
	assert_false(cmdline_has(line, "abc"));
	assert_false(cmdline_has(cmdline_of(NULL), "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_words_are_taken_out),
		cmocka_unit_test(the_first_that_says_anything),
		cmocka_unit_test(nothing_is_cut),
		cmocka_unit_test(options),
		cmocka_unit_test(options_of_the_kernel),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
