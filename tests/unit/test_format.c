/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <core/console.h>

#define assert_format(wanted, ...) \
	do { \
		char text_[64]; \
		assert_int_equal(format_text(text_, sizeof(text_), __VA_ARGS__), strlen(wanted)); \
		assert_string_equal(text_, wanted); \
	} while (0)

static void conversions(void **state)
{
	const char *volatile null = NULL;

	(void)state;
	assert_format("", "%s", "");
	assert_format("a b c%", "a %s %c%%", "b", 'c');
	assert_format("0 1 4294967295 ff", "%u %u %u %x", 0u, 1u, 0xffffffffu, 0xffu);
	assert_format("18446744073709551615", "%lu", 0xfffffffffffffffful);
	assert_format("fedcba9876543210 1 2 3", "%lx %llx %lu %llu", 0xfedcba9876543210ul, 1ull, 2ul, 3ull);
	assert_format("0x1000", "%p", (void *)0x1000);
	assert_format("(null)", "%s", null);
}

static void widths(void **state)
{
	(void)state;
	assert_format("0001 |   1 |00ff| ff", "%04u |%4u |%04x|%3x", 1u, 1u, 0xffu, 0xffu);
	assert_format("  ab|abcdef", "%4s|%4s", "ab", "abcdef");
	assert_format("000000000000000f", "%016lx", 15ul);
}

static void buffers(void **state)
{
	char text[5] = "xxxx";

	(void)state;
	assert_int_equal(format_text(text, 0, "%s", "long"), 4);
	assert_int_equal(text[0], 'x');
	assert_int_equal(format_text(text, 1, "%s", "long"), 4);
	assert_string_equal(text, "");
	assert_int_equal(format_text(text, sizeof(text), "%s", "too long"), 8);
	assert_string_equal(text, "too ");
	assert_int_equal(format_text(text, sizeof(text), "%s", "four"), 4);
	assert_string_equal(text, "four");
}

static void escapes(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(escape_text(text, sizeof(text), span("a \"\\~\n\377", 7)), 15);
	assert_string_equal(text, "a \\\"\\\\~\\x0a\\xff");
	assert_int_equal(escape_text(text, sizeof(text), span("\0\33\177\240\0", 5)), 12);
	assert_string_equal(text, "\\x00\\x1b\\x7f");
	/* It is cut between two bytes. */
	assert_int_equal(escape_text(text, 4, span("\n", 1)), 0);
	assert_string_equal(text, "");
	assert_int_equal(escape_text(text, 3, span("a\"b", 3)), 1);
	assert_string_equal(text, "a");
	assert_int_equal(escape_text(text, 1, span("", 0)), 0);
}

/* What it does not know it prints as it stands, so that a mistake shows. */
static void unknown_letters(void **state)
{
	char text[16];
	const char *volatile format = "%d%";

	(void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	assert_int_equal(format_text(text, sizeof(text), format), 2);
#pragma GCC diagnostic pop
	assert_string_equal(text, "d%");
}

int main(void)
{
	return RUN_TESTS("format", conversions, widths, buffers, escapes, unknown_letters);
}
