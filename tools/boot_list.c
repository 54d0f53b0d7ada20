/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <tools/boot_list.h>
#include <tools/log_text.h>

const char *const boot_verdict_name[] = { "ended", "passed", "failed", "error" };

/* The texts of an entry, by their keys. */
static const struct { const char *key; size_t at; } texts[] = {
	{ "log", offsetof(struct boot_entry, log) }, { "row", offsetof(struct boot_entry, row) },
	{ "column", offsetof(struct boot_entry, column) }, { "label", offsetof(struct boot_entry, label) },
	{ "outcome", offsetof(struct boot_entry, outcome) }, { "detail", offsetof(struct boot_entry, detail) },
};

/* The line at `at`, without spaces around it and a carriage return at its end; `*next` is where the one behind it begins. */
static struct span line_at(struct span text, uint64_t at, uint64_t *next)
{
	const uint8_t *begin = text.at + at;
	const uint8_t *end = memchr(begin, '\n', text.size - at);
	uint64_t size = end ? (uint64_t)(end - begin) : text.size - at;

	*next = at + size + (end != NULL);
	if (size > 0 && begin[size - 1] == '\r')
		size--;
	return text_trim(span(begin, size));
}

/* Whether a line begins an entry; its name is what stands between the brackets. */
static bool begins_entry(struct span line, struct span *name)
{
	*name = span(line.at, 0);
	if (line.size < 3 || line.at[0] != '[' || line.at[line.size - 1] != ']')
		return false;
	*name = span(line.at + 1, line.size - 2);
	return true;
}

static bool is_verdict(struct span value, enum boot_verdict *verdict)
{
	for (unsigned i = 0; i < sizeof(boot_verdict_name) / sizeof(boot_verdict_name[0]); i++) {
		if (!text_equals(value, boot_verdict_name[i]))
			continue;
		*verdict = (enum boot_verdict)i;
		return true;
	}
	return false;
}

/* Puts the value of a key into an entry. */
static struct error take_value(struct boot_entry *entry, struct span key, struct span value, uint64_t line)
{
	uint64_t at = 0;
	unsigned digits;

	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!text_equals(key, texts[i].key))
			continue;
		memcpy((char *)entry + texts[i].at, &value, sizeof(value));
		return error_none();
	}
	if (text_equals(key, "seconds")) {
		entry->timed = text_seconds(value, &at, &entry->us, &digits) && at == value.size;
		return entry->timed ? error_none() : error_make(ERROR_LIST_VALUE, "seconds", 0, line);
	}
	if (!text_equals(key, "verdict"))
		return error_make(ERROR_LIST_KEY, NULL, 0, line);
	return is_verdict(value, &entry->verdict) ? error_none() : error_make(ERROR_LIST_VALUE, "verdict", 0, line);
}

/* A line that is neither a name nor a comment. */
static struct error take_line(struct boot_entry *entry, struct span line, uint64_t number)
{
	uint64_t equals = 0;

	while (equals < line.size && line.at[equals] != '=')
		equals++;
	if (equals == line.size)
		return error_make(ERROR_LIST_LINE, NULL, 0, number);
	return take_value(entry, text_trim(span(line.at, equals)),
			  text_trim(span(line.at + equals + 1, line.size - equals - 1)), number);
}

struct error boot_list_next(struct boot_list *list, struct boot_entry *entry, bool *there)
{
	struct span line, name;
	uint64_t next;

	*entry = (struct boot_entry){ .verdict = BOOT_ENDED };
	*there = false;
	while (list->at < list->text.size) {
		line = line_at(list->text, list->at, &next);
		if (begins_entry(line, &name)) {
			/* The next entry's, which is left for the next call. */
			if (*there)
				return error_none();
			entry->name = name;
			*there = true;
		} else if (line.size > 0 && line.at[0] != ';') {
			if (!*there)
				return error_make(ERROR_LIST_LINE, NULL, 0, list->line + 1);
			TRY(take_line(entry, line, list->line + 1));
		}
		list->at = next;
		list->line++;
	}
	return error_none();
}
