/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the entries is meant, and what its kernel is told. */
#include <shim/disk/entry.h>
#include <shim/disk/letters.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/line_out.h>

static bool same(struct span one, struct span other)
{
	return one.size == other.size && span_is(one, 0, other.at, other.size);
}

void entries_limit(struct entry_list *list, struct span disk)
{
	const struct volumes *volumes = list->volumes;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct volume *volume = &volumes->volume[list->entry[i].volume];

		if (same(disk, entry_span(volume->name)) || same(disk, entry_span(volumes->disk[volume->disk]->name)))
			list->entry[kept++] = list->entry[i];
	}
	list->count = kept;
}

bool entry_number(struct span text, uint32_t most, uint32_t *out)
{
	uint64_t i = 0;

	*out = 0;
	for (; i < text.size && is_digit(text.at[i]) && *out <= most; i++)
		*out = *out * 10 + (text.at[i] - '0');
	return i != 0 && i == text.size && *out <= most;
}

uint32_t entries_named(struct entry_list *list, struct span wanted)
{
	const char *pattern = entry_keep(list, wanted);
	uint32_t number;

	if (entry_number(wanted, ENTRIES_MOST, &number) && number < list->count)
		return number;
	for (uint32_t i = 0; pattern != NULL && i < list->count; i++)
		if (entry_matches(pattern, list->entry[i].id))
			return i;
	return list->count;
}

/* Adds words without the blanks behind them. */
static void put_words(struct line_out *line, struct span words)
{
	while (words.size != 0 && words.at[words.size - 1] == ' ')
		words.size--;
	line_out_put_words(line, words);
}

struct error entry_line(const struct entry *entry, struct span words, char *out, uint64_t size)
{
	struct span options = entry->source == ENTRY_UKI ? entry_span("lull.append") : entry_span(entry->options), rest, choice;
	struct line_out line = line_out_begin(out, size, 0);
	struct cmdline_word word;

	cmdline_find_own(words, "lull.cmdline", &choice);
	if (same(choice, entry_span("replace")))
		options = span("", 0);
	rest = options;
	while (cmdline_next(&rest, &word))
		;
	/* The word "--", or the end: what comes from there on is for init. */
	rest.size = options.size;
	if (word.whole.size != 0)
		rest.size = (uint64_t)(word.whole.at - options.at);
	put_words(&line, span(options.at, rest.size));
	put_words(&line, words);
	put_words(&line, span(options.at + rest.size, options.size - rest.size));
	return line_out_end(&line);
}
