/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <core/addr.h>
#include <core/error_text.h>
#include <tools/report.h>

#define KEY_WIDTH 16
/* Of a field in a row. */
#define TEXT_WIDTH 20
#define NUMBER_WIDTH 10
#define ADDRESS_WIDTH 18

void report_begin(struct report *report, FILE *out, bool as_json)
{
	*report = (struct report){ .as_json = as_json, .json = { .out = out, .first = true } };
	if (as_json)
		json_open(&report->json, NULL, '{');
}

void report_end(struct report *report)
{
	if (report->as_json)
		json_close(&report->json, '}');
}

static void indent(const struct report *report)
{
	for (unsigned i = 0; i < report->depth; i++)
		fputs("  ", report->json.out);
}

static void put_key(const struct report *report, const char *key)
{
	for (; *key; key++)
		fputc(*key == '_' ? ' ' : *key, report->json.out);
}

static void heading(struct report *report, const char *key)
{
	indent(report);
	put_key(report, key);
	fputs(":\n", report->json.out);
	report->depth++;
}

void report_open(struct report *report, const char *key)
{
	if (report->as_json)
		json_open(&report->json, key, '{');
	else
		heading(report, key);
}

void report_close(struct report *report)
{
	if (report->as_json)
		json_close(&report->json, '}');
	else
		report->depth--;
}

void report_list(struct report *report, const char *key)
{
	report->empty = true;
	if (report->as_json)
		json_open(&report->json, key, '[');
	else
		heading(report, key);
}

void report_list_end(struct report *report)
{
	if (report->as_json) {
		json_close(&report->json, ']');
		return;
	}
	if (report->empty) {
		indent(report);
		fputs("none\n", report->json.out);
	}
	report->depth--;
}

void report_row(struct report *report)
{
	report->in_row = true;
	report->empty = false;
	report->pending = 0;
	if (report->as_json)
		json_open(&report->json, NULL, '{');
	else
		indent(report);
}

void report_row_end(struct report *report)
{
	report->in_row = false;
	if (report->as_json)
		json_close(&report->json, '}');
	else
		fputc('\n', report->json.out);
}

/* Writes what stands before a value: its key, or in a row the space up to its column. */
static void put_before(struct report *report, const char *key, bool keyed)
{
	FILE *out = report->json.out;

	if (!report->in_row) {
		indent(report);
		put_key(report, key);
		fprintf(out, "%*s ", strlen(key) < KEY_WIDTH ? (int)(KEY_WIDTH - strlen(key)) : 0, "");
		return;
	}
	fprintf(out, "%*s", (int)report->pending, "");
	if (keyed) {
		put_key(report, key);
		fputc(' ', out);
	}
}

/* Writes one field for people.  In a row numbers have their keys before them, and texts speak for themselves. */
static void put_field(struct report *report, const char *key, bool keyed, struct span value, unsigned width)
{
	FILE *out = report->json.out;

	put_before(report, key, keyed);
	for (uint64_t i = 0; i < value.size; i++)
		fputc(value.at[i] >= ' ' && value.at[i] < 0x7f ? value.at[i] : '?', out);
	if (report->in_row)
		report->pending = value.size < width ? width - (unsigned)value.size + 2 : 2;
	else
		fputc('\n', out);
}

void report_span(struct report *report, const char *key, struct span text)
{
	if (report->as_json)
		json_text(&report->json, key, text);
	else
		put_field(report, key, false, text, TEXT_WIDTH);
}

void report_text(struct report *report, const char *key, const char *text)
{
	report_span(report, key, span(text, strlen(text)));
}

void report_number(struct report *report, const char *key, uint64_t value)
{
	char text[24];

	if (report->as_json) {
		json_number(&report->json, key, value);
		return;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	put_field(report, key, true, span(text, strlen(text)), NUMBER_WIDTH);
}

void report_size(struct report *report, const char *key, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	uint64_t tenths = bytes;
	char text[64];
	unsigned unit = 0;

	if (report->as_json || bytes < KIB) {
		report_number(report, key, bytes);
		return;
	}
	/* Rounded once, and carried where that makes 1024 of them. */
	for (tenths = bytes > UINT64_MAX / 10 ? UINT64_MAX : bytes * 10; unit < 3 && tenths + 5 >= 10 * KIB; unit++)
		tenths = (tenths + KIB / 2) / KIB;
	if (report->in_row)
		snprintf(text, sizeof(text), "%llu.%llu %s", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10),
			 units[unit]);
	else
		snprintf(text, sizeof(text), "%llu.%llu %s (%llu bytes)", (unsigned long long)(tenths / 10),
			 (unsigned long long)(tenths % 10), units[unit], (unsigned long long)bytes);
	put_field(report, key, true, span(text, strlen(text)), NUMBER_WIDTH);
}

void report_address(struct report *report, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	if (report->as_json)
		json_text(&report->json, key, span(text, strlen(text)));
	else
		put_field(report, key, true, span(text, strlen(text)), ADDRESS_WIDTH);
}

void report_flag(struct report *report, const char *key, bool value)
{
	if (report->as_json)
		json_flag(&report->json, key, value);
	else
		report_text(report, key, value ? "yes" : "no");
}

void report_error(struct report *report, const char *key, const struct error *error)
{
	const struct error_text *text = error_text(error->code);
	char sentence[512];

	report_open(report, key);
	report_number(report, "number", error->code);
	report_text(report, "name", text->title);
	error_sentence(sentence, sizeof(sentence), text->expected, error);
	report_text(report, "expected", sentence);
	error_sentence(sentence, sizeof(sentence), text->found, error);
	report_text(report, "found", sentence);
	error_sentence(sentence, sizeof(sentence), text->action, error);
	report_text(report, "do", sentence);
	report_close(report);
}
