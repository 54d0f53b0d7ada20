/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/error_text.h>

/* Values from here on are more likely addresses, masks and magic numbers than counts. */
#define HEXADECIMAL_FROM 1000000

static const struct error_text texts[] = {
#define ERROR_CODE(name, number, title, expected, found, action) { ERROR_##name, title, expected, found, action },
#include <core/error_list.h>
#undef ERROR_CODE
};

static const struct error_text unknown = {
	ERROR_NONE, "unknown-error", "a known error code", "another", "a bug of lull: report this block",
};

const struct error_text *error_text(enum error_code code)
{
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].code == code)
			return &texts[i];
	return &unknown;
}

static unsigned put_value(char *out, unsigned size, uint64_t value)
{
	return (unsigned)format_text(out, size, value < HEXADECIMAL_FROM ? "%lu" : "0x%lx", value);
}

/* It may come from outside. */
static unsigned put_subject(char *out, unsigned size, const char *subject)
{
	uint64_t length = 0;

	while (subject[length] != 0)
		length++;
	return (unsigned)escape_text(out, size, span(subject, length));
}

unsigned error_sentence(char *out, unsigned size, const char *sentence, const struct error *error)
{
	unsigned length = 0;

	if (size == 0)
		return 0;
	for (; *sentence != 0 && length < size - 1; sentence++) {
		char *rest = out + length;
		unsigned room = size - length;
		char letter = *sentence == '%' ? sentence[1] : 0;

		if (letter == 'E')
			length += put_value(rest, room, error->expected);
		else if (letter == 'F')
			length += put_value(rest, room, error->found);
		else if (letter == 'A')
			length += (unsigned)format_text(rest, room, "0x%lx", error->site);
		else if (letter == 'L')
			length += put_value(rest, room, error->site_length);
		else if (letter == 'S')
			length += put_subject(rest, room, error->subject ? error->subject : "it");
		else
			out[length++] = *sentence;
		if (letter == 'E' || letter == 'F' || letter == 'A' || letter == 'L' || letter == 'S')
			sentence++;
	}
	if (length > size - 1)
		length = size - 1;
	out[length] = 0;
	return length;
}

void error_brief(char out[ERROR_BRIEF_SIZE], const struct error *error)
{
	const struct error_text *text = error_text(error->code);
	char expected[160], found[160];

	error_sentence(expected, sizeof(expected), text->expected, error);
	error_sentence(found, sizeof(found), text->found, error);
	format_text(out, ERROR_BRIEF_SIZE, "%s: expected %s; found %s", text->title, expected, found);
}
