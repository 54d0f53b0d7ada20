/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <core/check.h>
#include <core/error_text.h>
#include <tools/message.h>

/* Longer than any sentence of error_list.h with its numbers filled in. */
#define SENTENCE_SIZE 512
#define FRAME "================"

void message(const char *format, ...)
{
	va_list arguments;

	fputs("lull: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void framed_line(const char *label, const char *sentence, const struct error *error)
{
	char text[SENTENCE_SIZE];

	error_sentence(text, sizeof(text), sentence, error);
	fprintf(stderr, "%s%s\n", label, text);
}

void message_framed(const char *file, const struct error *error)
{
	const struct error_text *text = error_text(error->code);

	fprintf(stderr, "%s lull error %u: %s %s\n", FRAME, (unsigned)error->code, text->title, FRAME);
	fprintf(stderr, "file:     %s\n", file);
	framed_line("expected: ", text->expected, error);
	framed_line("found:    ", text->found, error);
	framed_line("do:       ", text->action, error);
	fprintf(stderr, "%s\n", FRAME FRAME FRAME FRAME "==");
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
