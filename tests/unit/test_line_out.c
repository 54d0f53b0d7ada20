/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line in the making: one blank between words, and whole or not at all. */
#include "unit.h"

#include <shim/payload/line_out.h>

static struct span words_of(const char *text) { return span(text, strlen(text)); }

static struct error write_line(char *out, uint64_t size, uint64_t length)
{
	struct line_out line = line_out_begin(out, size, length);

	line_out_put_blank(&line);
	line_out_put_words(&line, words_of(""));
	line_out_put_words(&line, words_of("a=1 "));
	line_out_put_words(&line, words_of("b"));
	line_out_put_words(&line, words_of(""));
	line_out_put(&line, words_of("c"));
	line_out_put_blank(&line);
	return line_out_end(&line);
}

static void pieces(void **state)
{
	char out[16];

	(void)state;
	assert_fine(write_line(out, sizeof(out), 0));
	assert_string_equal(out, "a=1  bc ");
	assert_fine(write_line(memcpy(out, "x y", 4), sizeof(out), 3));
	assert_string_equal(out, "x y  a=1  bc ");
}

/* The buffer has just its size, so that a byte behind it is one too many. */
static void rooms(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= 9; size++) {
		char *out = malloc(size);
		struct error error = write_line(out, size, 0);

		if (size == 9) {
			assert_fine(error);
		} else {
			assert_error(error, ERROR_CMDLINE_BUFFER);
			assert_int_equal(error.expected, size - 1);
			assert_int_equal(error.found, 8);
		}
		assert_string_equal(out, size == 9 ? "a=1  bc " : "");
		free(out);
	}
	/* What was there before stays. */
	for (uint64_t size = 4; size <= 13; size++) {
		char *out = memcpy(malloc(size), "x y", 4);

		assert_error(write_line(out, size, 3), ERROR_CMDLINE_BUFFER);
		assert_string_equal(out, "x y");
		free(out);
	}
}

int main(void) { return RUN_TESTS("line out", pieces, rooms); }
