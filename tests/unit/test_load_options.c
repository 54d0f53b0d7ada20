/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <efi/load_options.h>

/* Text that a test wrote as UTF-16, without its terminator. */
#define WIDE(text) span(u"" text, sizeof(u"" text) - 2)

static char line[16];

static struct error read(struct span options)
{
	return load_options_read(options, false, line, sizeof(line));
}

static void assert_line(struct span options, const char *wanted)
{
	assert_fine(read(options));
	assert_string_equal(line, wanted);
}

static void assert_no_text(struct span options)
{
	strcpy(line, "before");
	assert_error(read(options), ERROR_EFI_LOAD_OPTIONS);
	assert_string_equal(line, "");
}

static void none(void **state)
{
	(void)state;
	assert_line(span(NULL, 0), "");
	assert_line(WIDE("\0"), "");
	assert_line(WIDE("\0\0\0\0\0\0\0"), "");
}

/* A NUL ends the text, and so does the end of the options. */
static void ends(void **state)
{
	(void)state;
	assert_line(WIDE("a=1 b"), "a=1 b");
	assert_line(WIDE("a\0b"), "a");
	assert_line(WIDE("\ta"), "\ta");
	assert_line(span(u"a\0\x01", 7), "a");
}

static void characters(void **state)
{
	(void)state;
	assert_line(WIDE("\x7f\x80\x7ff\x800"), "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80");
	assert_line(WIDE("\xd7ff\xe000\xffff"), "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf");
	assert_line(WIDE("\U00010000\U0010ffff"), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

static void no_text(void **state)
{
	(void)state;
	assert_no_text(span(u"ab", 3));
	assert_no_text(span(u"a", 1));
	assert_no_text(WIDE("a\x1f"));
	assert_no_text(WIDE("a\n"));
	assert_no_text(WIDE("\xd800"));
	assert_no_text(WIDE("\xd800x"));
	assert_no_text(WIDE("\xd800\xe000"));
	assert_no_text(WIDE("\xdc00\xdc00"));
}

/* All of a line, or nothing of it. */
static void room(void **state)
{
	(void)state;
	assert_line(WIDE("0123456789abcde"), "0123456789abcde");
	assert_error(read(WIDE("0123456789abcdef")), ERROR_CMDLINE_BUFFER);
	assert_string_equal(line, "");
	assert_line(WIDE("0123456789abc\xe9"), "0123456789abc\xc3\xa9");
	assert_error(read(WIDE("0123456789abcd\xe9")), ERROR_CMDLINE_BUFFER);
}

/* EFI_LOAD_OPTION (UEFI 2.10, section 3.1.3). */
static void whole_entries(void **state)
{
	static const uint16_t with_data[] = { 1, 0, 4, 'd', 0, 0xff7f, 4, 'a', 'b', 0 };
	static const uint16_t no_paths[] = { 1, 0, 0, 'd', 0, 'a', 0 };
	static const uint16_t paths_too_long[] = { 1, 0, 5, 'd', 0, 0xff7f, 4 };
	static const uint16_t not_active[] = { 0, 0, 4, 'd', 0, 0xff7f, 4, 'x' };

	(void)state;
	assert_line(span(with_data, sizeof(with_data)), "ab");
	assert_line(span(with_data, 14), "");
	assert_line(span(not_active, sizeof(not_active)), "x");
	assert_no_text(span(no_paths, sizeof(no_paths)));
	assert_no_text(span(paths_too_long, sizeof(paths_too_long)));
	/* It ends inside its description, and inside its first fields. */
	assert_no_text(span(with_data, 8));
	assert_no_text(span(with_data, 4));
}

static void assert_shell(struct span options, const char *wanted)
{
	assert_fine(load_options_read(options, true, line, sizeof(line)));
	assert_string_equal(line, wanted);
}

static void shell(void **state)
{
	(void)state;
	assert_shell(WIDE("lull.efi a  b"), "a  b");
	assert_shell(WIDE("lull.efi   a"), "a");
	assert_shell(WIDE("lull.efi"), "");
	assert_shell(WIDE("lull.efi  "), "");
	assert_shell(WIDE("\"fs0:\\a b\" c"), "c");
	assert_shell(WIDE("\"fs0:\\a b c"), "");
	assert_shell(span(NULL, 0), "");
}

static uint16_t wide[8];

static void assert_written(const char *text, struct span wanted)
{
	uint64_t used;

	assert_fine(load_options_write(span(text, strlen(text)), wide, 8, &used));
	assert_int_equal(used * 2, wanted.size + 2);
	assert_memory_equal(wide, wanted.at, wanted.size + 2);
}

static void written(void **state)
{
	(void)state;
	assert_written("", WIDE(""));
	assert_written("a b", WIDE("a b"));
	assert_written("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80", WIDE("\x7f\x80\x7ff\x800"));
	assert_written("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", WIDE("\xd7ff\xe000\xffff"));
	assert_written("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", WIDE("\U00010000\U0010ffff"));
}

static void assert_not_written(const char *text, enum error_code code)
{
	uint64_t used;

	assert_error(load_options_write(span(text, strlen(text)), wide, 8, &used), code);
}

/* RFC 3629: a lone or missing byte behind the first, a form longer than it need be, half of a pair, what is beyond Unicode. */
static void no_utf8(void **state)
{
	static const char *const texts[] = {
		"a\x80", "\xff", "\xf8\x80\x80\x80\x80", "\xc3", "\xc3" "a", "\xe0\xa0", "\xe0\xa0" "a", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_not_written(texts[i], ERROR_EFI_CMDLINE_UTF8);
}

static void written_room(void **state)
{
	(void)state;
	assert_written("123456", WIDE("123456"));
	assert_not_written("1234567", ERROR_CMDLINE_BUFFER);
	assert_written("1234\xf0\x90\x80\x80", WIDE("1234\U00010000"));
}

int main(void)
{
	return RUN_TESTS("load_options", none, ends, characters, no_text, room, whole_entries, shell, written,
			 no_utf8, written_room);
}
