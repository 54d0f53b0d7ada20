/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatted text, and the four functions that gcc calls by itself.
 */
#include "guest.h"

void *memcpy(void *to, const void *from, size_t size)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	while (size--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, size_t size)
{
	uint8_t *t = to;

	while (size--)
		*t++ = (uint8_t)value;
	return to;
}

unsigned text_length(const char *text)
{
	unsigned length = 0;

	while (text[length])
		length++;
	return length;
}

bool text_equal(const char *a, const char *b, unsigned size)
{
	while (size--)
		if (*a++ != *b++)
			return false;
	return true;
}

static void print_hex(uint64_t value)
{
	char text[18];
	unsigned at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	text[--at] = 'x';
	text[--at] = '0';
	console_write(text + at, sizeof(text) - at);
}

static void print_decimal(uint32_t value)
{
	char text[10];
	unsigned at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	console_write(text + at, sizeof(text) - at);
}

void print_arguments(const char *format, __builtin_va_list *arguments)
{
	while (*format) {
		unsigned plain = 0;

		while (format[plain] && format[plain] != '%')
			plain++;
		if (plain) {
			console_write(format, plain);
			format += plain;
			continue;
		}
		format++;
		if (*format == 's') {
			const char *text = __builtin_va_arg(*arguments, const char *);

			console_write(text, text_length(text));
		} else if (*format == 'u') {
			print_decimal(__builtin_va_arg(*arguments, uint32_t));
		} else if (*format == 'x') {
			print_hex(__builtin_va_arg(*arguments, uint32_t));
		} else if (text_equal(format, "llx", 3)) {
			format += 2;
			print_hex(__builtin_va_arg(*arguments, uint64_t));
		} else if (*format == 'c') {
			char one = (char)__builtin_va_arg(*arguments, int);

			console_write(&one, 1);
		} else {
			console_write("%", 1);
		}
		format++;
	}
}

void print(const char *format, ...)
{
	__builtin_va_list arguments;

	__builtin_va_start(arguments, format);
	print_arguments(format, &arguments);
	__builtin_va_end(arguments);
}
