/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <core/check.h>
#include <core/error_text.h>
#include <tools/message.h>
#include <tools/utf8.h>

/* Longer than any sentence of error_list.h with its numbers filled in. */
#define SENTENCE_SIZE 512
/* Room for two names of files and what is said of them. */
#define LINE_SIZE (3 * PATH_MAX)
#define FRAME "================"

void message_clean(char *text)
{
	const struct span all = span(text, strlen(text));
	uint64_t to = 0;

	for (uint64_t i = 0; i < all.size;) {
		const unsigned size = utf8_size(all, i);
		const bool shown = size != 0 && !utf8_is_control(all, i);

		if (shown)
			memmove(text + to, text + i, size);
		else
			text[to] = '?';
		to += shown ? size : 1;
		i += size ? size : 1;
	}
	text[to] = '\0';
}

static void print_line(const char *before, const char *format, va_list arguments)
{
	char text[LINE_SIZE];

	vsnprintf(text, sizeof(text), format, arguments);
	message_clean(text);
	fprintf(stderr, "%s%s\n", before, text);
}

void message(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line("lull: ", format, arguments);
	va_end(arguments);
}

/* A line of a block. */
static void __attribute__((format(printf, 1, 2))) block_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_line("", format, arguments);
	va_end(arguments);
}

static void framed_line(const char *label, const char *sentence, const struct error *error)
{
	char text[SENTENCE_SIZE];

	error_sentence(text, sizeof(text), sentence, error);
	block_line("%s%s", label, text);
}

void message_framed(const char *file, const struct error *error)
{
	const struct error_text *text = error_text(error->code);

	block_line("%s lull error %u: %s %s", FRAME, (unsigned)error->code, text->title, FRAME);
	block_line("file:     %s", file);
	framed_line("expected: ", text->expected, error);
	framed_line("found:    ", text->found, error);
	framed_line("do:       ", text->action, error);
	block_line("%s", FRAME FRAME FRAME FRAME "==");
}

void message_warning(const char *warning, const struct error *error)
{
	const struct error_text *text = error_text(error->code);
	char expected[SENTENCE_SIZE], found[SENTENCE_SIZE], action[SENTENCE_SIZE];

	error_sentence(expected, sizeof(expected), text->expected, error);
	error_sentence(found, sizeof(found), text->found, error);
	error_sentence(action, sizeof(action), text->action, error);
	message("warning: %s: error %u: %s (expected: %s; found: %s; do: %s)", warning, (unsigned)error->code, text->title,
		expected, found, action);
}

void check_failed(const char *condition, const char *file, unsigned line)
{
	message("a bug of lull: %s does not hold (%s:%u)", condition, file, line);
	abort();
}

bool print_text(const char *text)
{
	fputs(text, stdout);
	return stdout_is_written("to standard output");
}

bool stdout_is_written(const char *what)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	message("cannot write %s", what);
	return false;
}
