/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/cmdline.h>

static const char prefix[] = "lull.";

#define PREFIX_SIZE (sizeof(prefix) - 1)

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct span cmdline_of(const char *text)
{
	uint64_t size = 0;

	if (text == NULL)
		return span("", 0);
	while (text[size] != 0)
		size++;
	return span(text, size);
}

/* Takes the next word off a line; false when only blanks are left. */
static bool next_word(struct span *line, struct span *word)
{
	uint64_t start = 0, end;
	bool quoted = false;

	while (start < line->size && is_blank(line->at[start]))
		start++;
	for (end = start; end < line->size && (quoted || !is_blank(line->at[end])); end++)
		if (line->at[end] == '"')
			quoted = !quoted;
	span_cut(*line, start, end - start, word);
	span_cut(*line, end, line->size - end, line);
	return word->size != 0;
}

/* Without a quote at its start, and then without one at its end, as Linux reads words and values. */
static struct span unquoted(struct span text)
{
	if (!span_is(text, 0, "\"", 1))
		return text;
	span_cut(text, 1, text.size - 1, &text);
	if (text.size != 0 && text.at[text.size - 1] == '"')
		text.size--;
	return text;
}

/* True for a word of lull's own. */
static bool is_own(struct span word)
{
	return span_is(unquoted(word), 0, prefix, PREFIX_SIZE);
}

static bool has_foreign_word(struct span line)
{
	struct span word;

	while (next_word(&line, &word))
		if (!is_own(word))
			return true;
	return false;
}

/* The bytes of a section before its first NUL: it may be padded with them, or have none at all. */
static struct span before_nul(struct span section)
{
	uint64_t size = 0;

	while (size < section.size && section.at[size] != 0)
		size++;
	section.size = size;
	return section;
}

struct span cmdline_choose(struct span door, struct span module, struct span section)
{
	if (has_foreign_word(door))
		return door;
	if (has_foreign_word(module))
		return module;
	return before_nul(section);
}

/* Copies the words that are not lull's as far as there is room; returns the bytes that all of them need. */
static uint64_t copy_words(struct span line, char *out, uint64_t room)
{
	struct span word;
	uint64_t length = 0;

	while (next_word(&line, &word)) {
		if (is_own(word))
			continue;
		if (length != 0 && length++ < room)
			out[length - 1] = ' ';
		for (uint64_t i = 0; i < word.size; i++)
			if (length++ < room)
				out[length - 1] = (char)word.at[i];
	}
	return length;
}

struct error cmdline_filter(struct span line, uint64_t limit, char *out, uint64_t size, uint64_t *length)
{
	uint64_t needed = copy_words(line, out, size - 1);

	out[needed <= limit && needed < size ? needed : 0] = 0;
	if (length != NULL)
		*length = needed;
	if (needed > limit)
		return error_make(ERROR_CMDLINE_KERNEL, NULL, limit, needed);
	if (needed >= size)
		return error_make(ERROR_CMDLINE_BUFFER, NULL, size - 1, needed);
	return error_none();
}

/* The value of a word that has the option `name` at `start`. */
static bool read_option(struct span word, uint64_t start, struct span name, struct span *value)
{
	uint64_t end = start + name.size;

	if (!span_is(word, start, name.at, name.size))
		return false;
	if (word.size == end)
		return span_cut(word, end, 0, value);
	if (word.at[end] != '=')
		return false;
	span_cut(word, end + 1, word.size - end - 1, value);
	*value = unquoted(*value);
	return true;
}

bool cmdline_option(struct span line, const char *name, struct span *value)
{
	struct span word, wanted = cmdline_of(name);
	bool found = false;

	*value = span("", 0);
	while (next_word(&line, &word))
		if (is_own(word) && read_option(unquoted(word), PREFIX_SIZE, wanted, value))
			found = true;
	return found;
}

bool cmdline_has(struct span line, const char *name)
{
	struct span word, value, wanted = cmdline_of(name);

	while (next_word(&line, &word))
		if (read_option(unquoted(word), 0, wanted, &value))
			return true;
	return false;
}
