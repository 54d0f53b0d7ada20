/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <tools/json.h>

static void new_line(struct json *json)
{
	if (json->in_page)
		return;
	fputc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

/*
 * How many bytes the UTF-8 character at `offset` has; 0 when there is none (RFC 3629, section 4: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
static unsigned character_size(struct span text, uint64_t offset)
{
	static const struct { uint8_t first, last, second_low, second_high; unsigned size; } forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t lead = span_u8(text, offset);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (lead < forms[i].first || lead > forms[i].last)
			continue;
		if (!span_has(text, offset, forms[i].size))
			return 0;
		for (unsigned b = 1; b < forms[i].size; b++) {
			const uint8_t low = b == 1 ? forms[i].second_low : 0x80;
			const uint8_t high = b == 1 ? forms[i].second_high : 0xbf;

			if (text.at[offset + b] < low || text.at[offset + b] > high)
				return 0;
		}
		return forms[i].size;
	}
	return 0;
}

/* "</script" and "<!--" mean something to HTML, wherever they stand. */
static bool is_markup(uint8_t byte)
{
	return byte == '<' || byte == '>' || byte == '&';
}

static void put_string(struct json *json, struct span text)
{
	fputc('"', json->out);
	for (uint64_t i = 0; i < text.size;) {
		const unsigned size = character_size(text, i);

		if (size == 0)
			fputs("\\ufffd", json->out);
		else if (text.at[i] == '"' || text.at[i] == '\\')
			fprintf(json->out, "\\%c", text.at[i]);
		else if (text.at[i] < 0x20 || text.at[i] == 0x7f || (json->in_page && is_markup(text.at[i])))
			fprintf(json->out, "\\u%04x", text.at[i]);
		else
			fwrite(text.at + i, 1, size, json->out);
		i += size ? size : 1;
	}
	fputc('"', json->out);
}

/* Writes what stands before a value. */
static void begin(struct json *json, const char *key)
{
	if (!json->first)
		fputc(',', json->out);
	json->first = false;
	if (json->depth > 0)
		new_line(json);
	if (key) {
		put_string(json, span(key, strlen(key)));
		fputs(json->in_page ? ":" : ": ", json->out);
	}
}

void json_open(struct json *json, const char *key, char bracket)
{
	if (json->depth == 0)
		json->first = true;
	begin(json, key);
	fputc(bracket, json->out);
	json->depth++;
	json->first = true;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (!json->first)
		new_line(json);
	fputc(bracket, json->out);
	json->first = false;
	if (json->depth == 0)
		fputc('\n', json->out);
}

void json_text(struct json *json, const char *key, struct span text)
{
	begin(json, key);
	put_string(json, text);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	begin(json, key);
	fprintf(json->out, "%llu", (unsigned long long)value);
}

void json_flag(struct json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->out);
}
