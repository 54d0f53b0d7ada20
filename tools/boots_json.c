/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The half of boots.h that writes.  Times are in milliseconds; lines are counted from 1.
 */
#include <stdlib.h>
#include <string.h>

#include <tools/boots.h>
#include <tools/log_text.h>

/* More of a field or of a sentence is not shown; it is in the log. */
#define VALUE_MAX 512
/* More fields than any line of lull's has. */
#define FIELDS_MAX 24

static const char *const mark_name[BOOT_MARKS] = {
	[MARK_LOADER] = "loader", [MARK_DOOR] = "door", [MARK_PAYLOAD] = "payload", [MARK_RECEIPT] = "receipt",
	[MARK_HANDOVER] = "handover", [MARK_KERNEL] = "kernel", [MARK_USER] = "user",
};

/* What the words without a name are in lull's lines, behind the words that begin the line. */
static const struct { const char *begin; const char *word[2]; } words[BOOT_MARKS] = {
	[MARK_DOOR] = { "lull ", { "version" } }, [MARK_PAYLOAD] = { "lull: payload ", { "kind", "version" } },
	[MARK_RECEIPT] = { "lull: receipt ", { NULL } }, [MARK_HANDOVER] = { "lull: handover ", { NULL } },
};

static void put(struct json *json, const char *key, struct span text)
{
	json_text(json, key, span(text.at, text.size < VALUE_MAX ? text.size : VALUE_MAX));
}

static void put_string(struct json *json, const char *key, const char *text)
{
	json_text(json, key, span(text, strlen(text)));
}

/* Writes a text that may be empty, and then is left out. */
static void put_some(struct json *json, const char *key, struct span text)
{
	if (text.size > 0)
		put(json, key, text);
}

/* A name of lull's own: small letters and underscores. */
static bool is_own_name(struct span name, char *out, size_t size)
{
	if (name.size == 0 || name.size >= size)
		return false;
	for (uint64_t i = 0; i < name.size; i++)
		if ((name.at[i] < 'a' || name.at[i] > 'z') && name.at[i] != '_')
			return false;
	memcpy(out, name.at, name.size);
	out[name.size] = '\0';
	return true;
}

static void write_status(struct json *json, enum boot_mark mark, const struct log_line *line)
{
	struct log_field field;
	uint64_t at = strlen(words[mark].begin);
	unsigned word = 0;
	char name[32];

	json_open(json, mark_name[mark], '{');
	json_number(json, "line", line->number);
	for (unsigned i = 0; i < FIELDS_MAX && log_field(line->text, &at, &field); i++) {
		if (is_own_name(field.name, name, sizeof(name)))
			put(json, name, field.value);
		else if (field.name.size == 0 && word < 2 && words[mark].word[word])
			put(json, words[mark].word[word++], field.value);
	}
	json_close(json, '}');
}

static void write_marks(struct json *json, const struct boot_log *found)
{
	json_open(json, "marks", '[');
	for (unsigned i = 0; i < BOOT_MARKS; i++) {
		const struct log_line *line = &found->mark[i];

		if (line->number == 0)
			continue;
		json_open(json, NULL, '{');
		put_string(json, "mark", mark_name[i]);
		json_number(json, "line", line->number);
		if (line->timed)
			json_number(json, "ms", line->us / 1000);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_error(struct json *json, const struct boot_error *error)
{
	if (error->line == 0)
		return;
	json_open(json, "error", '{');
	json_number(json, "line", error->line);
	put(json, "number", error->number);
	put(json, "title", error->title);
	put(json, "expected", error->expected);
	put(json, "found", error->found);
	put(json, "do", error->action);
	json_close(json, '}');
}

static void write_found(struct json *json, const struct boot_log *found)
{
	static const char *const clock[] = { "none", "arrival", "own" };

	put_string(json, "clock", clock[found->clock]);
	if (*found->loader)
		put_string(json, "loader", found->loader);
	write_marks(json, found);
	json_open(json, "status", '{');
	for (enum boot_mark i = MARK_DOOR; i <= MARK_HANDOVER; i++)
		if (found->mark[i].number != 0)
			write_status(json, i, &found->mark[i]);
	json_close(json, '}');
	write_error(json, &found->error);
	if (found->warnings == 0)
		return;
	json_number(json, "warning_count", found->warnings);
	json_open(json, "warnings", '[');
	for (unsigned i = 0; i < found->warnings && i < BOOT_WARNINGS; i++)
		put(json, NULL, found->warning[i]);
	json_close(json, ']');
}

/* A line as it is kept. */
static void write_line(FILE *out, struct span text)
{
	const uint64_t kept = text.size < LOG_LINE_MAX ? text.size : LOG_LINE_MAX;

	fwrite(text.at, 1, kept, out);
	if (kept < text.size)
		fprintf(out, " [%llu bytes cut]", (unsigned long long)(text.size - kept));
	fputc('\n', out);
}

/* The lines that a cut leaves, as one text; and when they came. */
static void write_lines(struct json *json, const struct boot *boot, struct log_cut cut)
{
	struct log_reader reader;
	struct log_line line;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)log_open(&reader, boot->log, boot->times);
	if (boot->found.clock == BOOT_CLOCK_ARRIVAL)
		json_open(json, "times", '[');
	while (log_next(&reader, &line)) {
		if (line.number > cut.head && line.number < cut.tail)
			continue;
		if (out)
			write_line(out, line.text);
		if (boot->found.clock == BOOT_CLOCK_ARRIVAL)
			json_number(json, NULL, line.us / 1000);
	}
	if (boot->found.clock == BOOT_CLOCK_ARRIVAL)
		json_close(json, ']');
	if (out)
		fclose(out);
	json_text(json, "text", span(text, text ? size : 0));
	free(text);
}

static void write_log(struct json *json, const struct boot *boot, uint64_t budget)
{
	const struct log_cut cut = log_cut(boot->log, boot->times, budget);

	put_string(json, "log", boot->path);
	json_number(json, "lines", boot->found.lines);
	if (cut.tail > cut.head + 1) {
		json_number(json, "cut_from", cut.head + 1);
		json_number(json, "cut_to", cut.tail - 1);
	}
	write_lines(json, boot, cut);
}

static void write_boot(struct json *json, const struct boot *boot, uint64_t budget)
{
	const struct boot_entry *entry = &boot->entry;

	json_open(json, NULL, '{');
	put(json, "name", entry->name);
	put_some(json, "row", entry->row);
	put_some(json, "column", entry->column);
	put_some(json, "label", entry->label);
	put_string(json, "verdict", boot_verdict_name[entry->verdict]);
	put_some(json, "outcome", entry->outcome);
	put_some(json, "detail", entry->detail);
	if (entry->timed)
		json_number(json, "ms", entry->us / 1000);
	if (boot->log.at) {
		write_found(json, &boot->found);
		write_log(json, boot, budget);
	}
	json_close(json, '}');
}

/* The largest share that each boot can have of a budget, where those that need less leave theirs to the others. */
static uint64_t share_of(const uint64_t *cost, unsigned count, uint64_t budget)
{
	uint64_t share = budget / count, before;

	do {
		uint64_t left = budget, larger = 0;

		before = share;
		for (unsigned i = 0; i < count; i++) {
			if (cost[i] <= before)
				left -= cost[i];
			else
				larger++;
		}
		share = larger ? left / larger : before;
	} while (share > before);
	return share;
}

void boots_json(const struct boots *boots, struct json *json, uint64_t budget)
{
	uint64_t *cost = calloc(boots->count ? boots->count : 1, sizeof(*cost));
	uint64_t share = 0;

	for (unsigned i = 0; cost && i < boots->count; i++)
		cost[i] = log_cost(boots->boot[i].log, boots->boot[i].times);
	if (cost && boots->count)
		share = share_of(cost, boots->count, budget);
	free(cost);
	json_open(json, NULL, '{');
	if (boots->title)
		put_string(json, "title", boots->title);
	put_string(json, "kind", boots->list.at ? "matrix" : "timeline");
	json_open(json, "boots", '[');
	for (unsigned i = 0; i < boots->count; i++)
		write_boot(json, &boots->boot[i], share);
	json_close(json, ']');
	json_close(json, '}');
}
