/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <tools/boot_log.h>
#include <tools/log_text.h>

#define text_of(string) span(string, sizeof(string) - 1)

static void assert_text(struct span text, const char *wanted)
{
	assert_int_equal(text.size, strlen(wanted));
	assert_memory_equal(text.at, wanted, text.size);
}

static bool seconds(const char *string, uint64_t *us, uint64_t *at, unsigned *digits)
{
	*at = 0;
	return text_seconds(span(string, strlen(string)), at, us, digits);
}

static void numbers(void **state)
{
	uint64_t us, at, number;
	unsigned digits;

	(void)state;
	assert_true(seconds("12", &us, &at, &digits));
	assert_int_equal(us, 12000000);
	assert_int_equal(digits, 0);
	assert_true(seconds("0.25 x", &us, &at, &digits));
	assert_int_equal(us, 250000);
	assert_int_equal(at, 4);
	assert_true(seconds("1.123456789", &us, &at, &digits));
	assert_int_equal(us, 1123456);
	assert_int_equal(digits, 9);
	/* What stands behind nine digits is the caller's. */
	assert_true(seconds("1.1234567899", &us, &at, &digits));
	assert_int_equal(at, 11);
	assert_true(seconds("18446744073709.551615", &us, &at, &digits));
	assert_int_equal(us, UINT64_MAX);
	assert_false(seconds("18446744073709.551616", &us, &at, &digits));
	assert_false(seconds("18446744073710", &us, &at, &digits));
	assert_false(seconds("", &us, &at, &digits));
	assert_false(seconds(".5", &us, &at, &digits));
	assert_false(seconds("5.", &us, &at, &digits));
	assert_false(seconds("/", &us, &at, &digits));
	assert_false(seconds(":", &us, &at, &digits));
	assert_true(text_number(text_of("18446744073709551615"), &number));
	assert_int_equal(number, UINT64_MAX);
	assert_false(text_number(text_of("18446744073709551616"), &number));
	assert_false(text_number(text_of("99999999999999999999"), &number));
	assert_false(text_number(text_of(""), &number));
	assert_false(text_number(text_of("1x"), &number));
}

static void texts(void **state)
{
	(void)state;
	assert_true(text_has(text_of("abc"), "bc"));
	assert_false(text_has(text_of("abc"), "cb"));
	assert_false(text_has(span(NULL, 0), "a"));
	assert_true(text_equals(text_of("abc"), "abc"));
	assert_false(text_equals(text_of("abcd"), "abc"));
	assert_false(text_equals(text_of("abd"), "abc"));
	assert_text(text_trim(text_of(" \ta b\t ")), "a b");
	assert_text(text_trim(text_of("\t ")), "");
	assert_int_equal(text_json_size('a'), 1);
	assert_int_equal(text_json_size('"'), 2);
	assert_int_equal(text_json_size('\\'), 2);
	assert_int_equal(text_json_size('<'), 6);
	assert_int_equal(text_json_size('>'), 6);
	assert_int_equal(text_json_size('&'), 6);
	assert_int_equal(text_json_size('\n'), 6);
	assert_int_equal(text_json_size(0x7f), 6);
	assert_int_equal(text_json_size(0xff), 6);
}

static void lines(void **state)
{
	struct log_reader reader;
	struct log_line line;

	(void)state;
	assert_fine(log_open(&reader, text_of("one\r\n\n[    1.500000] two\nthree"), text_of("0.5\n1\r\n2.000001\n")));
	assert_true(log_next(&reader, &line));
	assert_text(line.text, "one");
	assert_int_equal(line.number, 1);
	assert_true(line.timed && !line.stamped);
	assert_int_equal(line.us, 500000);
	assert_true(log_next(&reader, &line));
	assert_text(line.text, "");
	assert_true(log_next(&reader, &line));
	assert_true(line.stamped);
	assert_int_equal(line.stamp, 1500000);
	assert_int_equal(line.us, 2000001);
	assert_true(log_next(&reader, &line));
	assert_text(line.text, "three");
	assert_false(line.timed);
	assert_false(log_next(&reader, &line));
	assert_int_equal(line.number, 0);
}

/* What is no time stamp of a kernel's. */
static void stamps(void **state)
{
	struct log_reader reader;
	struct log_line line;

	(void)state;
	assert_fine(log_open(&reader, text_of("[\n[x]\n[ 1.5] \n[ 1.500000\n[    x.500000]\n1.500000]\n"), span(NULL, 0)));
	for (unsigned i = 0; i < 6; i++) {
		assert_true(log_next(&reader, &line));
		assert_false(line.stamped);
	}
}

/* Each line begins with its time, or none does. */
static void prefixes(void **state)
{
	static const char *const not_prefixed[] = { "0.500000 one\ntwo\n", "0.5 one\n", "0.500000\n", "\n\n", "x 0.500000 y\n" };
	struct log_reader reader;
	struct log_line line;

	(void)state;
	assert_fine(log_open(&reader, text_of("0.500000 one\n\n12.000001 [    0.000000] two\n"), span(NULL, 0)));
	assert_true(log_next(&reader, &line));
	assert_text(line.text, "one");
	assert_int_equal(line.us, 500000);
	assert_true(log_next(&reader, &line));
	assert_false(line.timed);
	assert_true(log_next(&reader, &line));
	assert_text(line.text, "[    0.000000] two");
	assert_true(line.timed && line.stamped);
	assert_int_equal(line.us, 12000001);
	for (unsigned i = 0; i < sizeof(not_prefixed) / sizeof(not_prefixed[0]); i++) {
		assert_fine(log_open(&reader, span(not_prefixed[i], strlen(not_prefixed[i])), span(NULL, 0)));
		assert_true(log_next(&reader, &line));
		assert_false(line.timed);
	}
}

static void bad_times(void **state)
{
	static const char *const bad[] = { "1\nx\n", "1\n2 3\n", "1\n\n2\n", "1\n-1\n" };
	struct log_reader reader;
	struct error error;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error = log_open(&reader, text_of("a\nb\n"), span(bad[i], strlen(bad[i])));
		assert_int_equal(error.code, ERROR_TIMES_LINE);
		assert_int_equal(error.found, 2);
	}
}

static void fields(void **state)
{
	const struct span line = text_of("lull:  payload a=1 line=\"b \\\"c\\\" d\" e= f=\"open \\");
	static const char *const wanted[][2] = { { "", "lull:" }, { "", "payload" }, { "a", "1" }, { "line", "b \\\"c\\\" d" },
						 { "e", "" }, { "f", "open \\" } };
	struct log_field field;
	uint64_t at = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_true(log_field(line, &at, &field));
		assert_text(field.name, wanted[i][0]);
		assert_text(field.value, wanted[i][1]);
	}
	assert_false(log_field(line, &at, &field));
	at = 0;
	assert_false(log_field(text_of("  "), &at, &field));
}

static void costs(void **state)
{
	char wide[LOG_LINE_MAX + 100];

	(void)state;
	memset(wide, 'x', sizeof(wide));
	assert_int_equal(log_line_cost(text_of("a<b")), 14 + 8);
	assert_int_equal(log_line_cost(span(wide, LOG_LINE_MAX)), 14 + LOG_LINE_MAX);
	assert_int_equal(log_line_cost(span(wide, sizeof(wide))), 14 + LOG_LINE_MAX + 30);
	assert_int_equal(log_cost(text_of("a\nb<\n"), span(NULL, 0)), 15 + 21);
}

static void cuts(void **state)
{
	/* Each of its lines costs 15. */
	const struct span log = text_of("1\n2\n3\n4\n5\n6\n");
	struct log_cut cut;

	(void)state;
	cut = log_cut(log, span(NULL, 0), 90 * 2);
	assert_int_equal(cut.head, 6);
	assert_int_equal(cut.tail, 1);
	cut = log_cut(log, span(NULL, 0), 60);
	assert_int_equal(cut.head, 2);
	assert_int_equal(cut.tail, 5);
	cut = log_cut(log, span(NULL, 0), 90);
	assert_int_equal(cut.head, 3);
	assert_int_equal(cut.tail, 4);
	cut = log_cut(log, span(NULL, 0), 0);
	assert_int_equal(cut.head, 0);
	assert_int_equal(cut.tail, 7);
	cut = log_cut(span(NULL, 0), span(NULL, 0), 0);
	assert_int_equal(cut.head, 0);
	assert_int_equal(cut.tail, 1);
}

int main(void)
{
	return RUN_TESTS("boot_log", numbers, texts, lines, stamps, prefixes, bad_times, fields, costs, cuts);
}
