/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

static const enum error_code codes[] = {
#define ERROR_CODE(name, number, title, expected, found, action) ERROR_##name,
#include <core/error_list.h>
#undef ERROR_CODE
};

enum { CODES = sizeof(codes) / sizeof(codes[0]) };

static const char *sentence(const char *pattern, struct error error)
{
	static char out[64];
	unsigned length = error_sentence(out, sizeof(out), pattern, &error);

	assert_int_equal(length, strlen(out));
	return out;
}

static void every_code_has_its_text(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CODES; i++) {
		const struct error_text *text = error_text(codes[i]);

		assert_int_equal(text->code, codes[i]);
		assert_true(strlen(text->title) > 0 && strlen(text->expected) > 0);
		assert_true(strlen(text->found) > 0 && strlen(text->action) > 0);
		for (unsigned j = 0; j < i; j++) {
			assert_int_not_equal(codes[i], codes[j]);
			assert_string_not_equal(text->title, error_text(codes[j])->title);
		}
	}
	assert_string_equal(error_text((enum error_code)9999)->title, "unknown-error");
}

static void values_are_filled_in(void **state)
{
	struct error error = error_make(ERROR_NONE, "section", 999999, 1000000);

	(void)state;
	assert_string_equal(sentence("%S: %E, not %F", error), "section: 999999, not 0xf4240");
	assert_string_equal(sentence("100% of %X%", error), "100% of %X%");
	/* A site's address is as addr2line takes it, however small. */
	error = error_at_site(ERROR_NONE, "table", 3, 1, 524288, 7);
	assert_string_equal(sentence("%E of %S at %A: %L, not %F", error), "3 of table at 0x80000: 7, not 1");
	error.subject = NULL;
	assert_string_equal(sentence("%S", error), "it");
	error.subject = "a\n\33\"\\\177\200 b";
	assert_string_equal(sentence("%S", error), "a\\x0a\\x1b\\\"\\\\\\x7f\\x80 b");
}

static void sentences_end_where_the_buffer_does(void **state)
{
	struct error error = error_make(ERROR_NONE, "section", 1, 123456);
	char out[8];

	(void)state;
	assert_int_equal(error_sentence(out, 0, "x", &error), 0);
	assert_int_equal(error_sentence(out, 1, "x", &error), 0);
	assert_string_equal(out, "");
	assert_int_equal(error_sentence(out, 8, "long enough", &error), 7);
	assert_string_equal(out, "long en");
	assert_int_equal(error_sentence(out, 8, "in %S", &error), 7);
	assert_string_equal(out, "in sect");
	assert_int_equal(error_sentence(out, 8, "at %F", &error), 7);
	assert_string_equal(out, "at 1234");
}

int main(void)
{
	return RUN_TESTS("error_text", every_code_has_its_text, values_are_filled_in,
			 sentences_end_where_the_buffer_does);
}
