/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.c: what the tool says on standard error, and the exit codes that go with it.
 */
#ifndef LULL_TOOLS_MESSAGE_H
#define LULL_TOOLS_MESSAGE_H

#include <stdbool.h>

#include <core/error.h>

enum exit_code {
	EXIT_OK = 0,
	/* Something is wrong with a file: the input, or where the output should go. */
	EXIT_INPUT = 1,
	/* The command line of the tool itself is wrong. */
	EXIT_USAGE = 2,
};

/*
 * Puts '?' in place of each control character of a text, which a terminal might obey, and of what is no UTF-8.  All that is
 * said on standard error goes through it: the name of a file may hold any byte but one.
 */
void message_clean(char *text);

/* Prints "lull: " and the text, one line. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the framed block as the shim prints it (shim/say/panic.c), with one line more: the file it is about. */
void message_framed(const char *file, const struct error *error);

/* Prints "lull: warning: " and the text, and the error's number, name and sentences behind it, on one line. */
void message_warning(const char *text, const struct error *error);

/* Prints a text that was asked for, on standard output; true when it is written, else says so. */
bool print_text(const char *text);

/* True when all that was printed on standard output is written; else says that `what`, such as "the list", is not. */
bool stdout_is_written(const char *what);

#endif
