/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for the user: status lines and the framed error block, formatted on the stack and written at once.
 */
#include <core/console.h>
#include <core/machine.h>
#include <shim/say/console.h>

#include <string.h>

/* The longest line but for what console_escaped() writes: a sentence of an error. */
#define LINE_SIZE 512
/* How many bytes are escaped at a time. */
#define PIECE_SIZE 64

static bool urgent;

void console_be_urgent(void) { urgent = true; }

void console_puts(const char *text) { machine_console_write(text, strlen(text), urgent); }

void console_printf(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	format_vtext(line, sizeof(line), format, arguments);
	va_end(arguments);
	console_puts(line);
}

void console_escaped(struct span bytes)
{
	struct span piece;
	char text[4 * PIECE_SIZE + 1];

	while (bytes.size != 0) {
		span_cut(bytes, 0, bytes.size < PIECE_SIZE ? bytes.size : PIECE_SIZE, &piece);
		span_cut(bytes, piece.size, bytes.size - piece.size, &bytes);
		escape_text(text, sizeof(text), piece);
		console_puts(text);
	}
}
