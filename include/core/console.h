/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console as everybody above the machine sees it: text goes to every console there is.
 */
#ifndef LULL_CORE_CONSOLE_H
#define LULL_CORE_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

#include <core/span.h>

/* Writes a string to every console. */
void console_puts(const char *text);

/*
 * Formats and writes.  Knows %s %c %% %u %x %lu %lx %llu %llx %p with a zero or blank padded width; nothing else.
 */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same into a buffer, always terminated; returns the length it would have had (as vsnprintf does). */
int format_text(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int format_vtext(char *out, size_t size, const char *format, va_list arguments);

/*
 * Writes bytes that came from outside as they are printed: a double quote and a backslash with a backslash before them,
 * and every byte below the space or from 0x7f on as \xHH.  So nothing in them can end a line, or a text in quotes.
 * Always terminated, and cut before the first byte for which there is no room; returns the length it wrote.
 */
size_t escape_text(char *out, size_t size, struct span bytes);

/* Writes bytes that came from outside to every console, by escape_text(). */
void console_escaped(struct span bytes);

#endif
