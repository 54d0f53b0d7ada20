/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>

#include <stdbool.h>
#include <stdint.h>

/* Where the text goes: characters past the end are counted and not written. */
struct sink {
	char *out;
	size_t size;
	size_t length;
};

struct conversion {
	bool zeros;
	unsigned width;
	/* How many times "l" stands before the letter. */
	unsigned longs;
	char letter;
};

static void sink_put(struct sink *sink, char c)
{
	if (sink->length + 1 < sink->size)
		sink->out[sink->length] = c;
	sink->length++;
}

static void put_padded(struct sink *sink, const char *text, size_t length, const struct conversion *conversion)
{
	for (size_t i = length; i < conversion->width; i++)
		sink_put(sink, conversion->zeros ? '0' : ' ');
	for (size_t i = 0; i < length; i++)
		sink_put(sink, text[i]);
}

static void put_number(struct sink *sink, uint64_t value, unsigned base, const struct conversion *conversion)
{
	char digits[20];
	size_t first = sizeof(digits);

	do {
		digits[--first] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	put_padded(sink, digits + first, sizeof(digits) - first, conversion);
}

static void put_string(struct sink *sink, const char *text, const struct conversion *conversion)
{
	size_t length = 0;

	if (text == NULL)
		text = "(null)";
	while (text[length] != 0)
		length++;
	put_padded(sink, text, length, conversion);
}

/* Reads what follows a "%"; returns the position behind its letter. */
static const char *read_conversion(const char *format, struct conversion *out)
{
	*out = (struct conversion){ .zeros = *format == '0' };
	for (; *format >= '0' && *format <= '9'; format++)
		out->width = out->width * 10 + (unsigned)(*format - '0');
	for (; *format == 'l'; format++)
		out->longs++;
	out->letter = *format;
	return *format != 0 ? format + 1 : format;
}

int format_vtext(char *out, size_t size, const char *format, va_list arguments)
{
	struct sink sink = { out, size, 0 };
	struct conversion conversion;

	while (*format != 0) {
		if (*format != '%') {
			sink_put(&sink, *format++);
			continue;
		}
		format = read_conversion(format + 1, &conversion);
		switch (conversion.letter) {
		case 's':
			put_string(&sink, va_arg(arguments, const char *), &conversion);
			break;
		case 'c':
			sink_put(&sink, (char)va_arg(arguments, int));
			break;
		case 'p':
			sink_put(&sink, '0');
			sink_put(&sink, 'x');
			put_number(&sink, (uintptr_t)va_arg(arguments, void *), 16, &conversion);
			break;
		case 'u':
		case 'x':
			put_number(&sink, conversion.longs ? va_arg(arguments, unsigned long)
							   : va_arg(arguments, unsigned),
				   conversion.letter == 'u' ? 10 : 16, &conversion);
			break;
		default:
			/* "%%", and whatever this function does not know. */
			sink_put(&sink, conversion.letter != 0 ? conversion.letter : '%');
		}
	}
	if (size != 0)
		out[sink.length < size ? sink.length : size - 1] = 0;
	return (int)sink.length;
}

/* One byte as it is printed; returns how many characters that takes. */
static size_t escape_byte(char out[4], uint8_t byte)
{
	out[0] = '\\';
	if (byte == '"' || byte == '\\') {
		out[1] = (char)byte;
		return 2;
	}
	if (byte >= ' ' && byte < 0x7f) {
		out[0] = (char)byte;
		return 1;
	}
	out[1] = 'x';
	out[2] = "0123456789abcdef"[byte >> 4];
	out[3] = "0123456789abcdef"[byte & 15];
	return 4;
}

size_t escape_text(char *out, size_t size, struct span bytes)
{
	struct sink sink = { out, size, 0 };
	char escape[4];

	for (uint64_t i = 0; i < bytes.size; i++) {
		size_t length = escape_byte(escape, bytes.at[i]);

		if (length >= size - sink.length)
			break;
		for (size_t c = 0; c < length; c++)
			sink_put(&sink, escape[c]);
	}
	out[sink.length] = 0;
	return sink.length;
}

_Static_assert(sizeof(unsigned long) == sizeof(unsigned long long), "one l and two are the same");

int format_text(char *out, size_t size, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = format_vtext(out, size, format, arguments);
	va_end(arguments);
	return length;
}
