/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <tools/json.h>
#include <tools/utf8.h>

static void new_line(struct json *json)
{
	if (json->in_page)
		return;
	fputc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
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
		const unsigned size = utf8_size(text, i);

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
