/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for the user: status lines and the framed error block, formatted on the stack and written at once.
 */
#include <core/console.h>
#include <core/machine.h>
#include <shim/say/console.h>

#include <string.h>

/* The longest status line: fixed words, a version, and a command line. */
#define LINE_SIZE (BOOT_CMDLINE_SIZE + 256)

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
