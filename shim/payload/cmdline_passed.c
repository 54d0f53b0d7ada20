/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/cmdline_passed.h>

/* What finds no room is counted only. */
struct passed {
	char *at;
	uint64_t room;
	uint64_t length;
};

static void passed_put(struct passed *passed, struct span words)
{
	if (words.size == 0)
		return;
	if (passed->length != 0 && passed->length++ < passed->room)
		passed->at[passed->length - 1] = ' ';
	for (uint64_t i = 0; i < words.size; i++)
		if (passed->length++ < passed->room)
			passed->at[passed->length - 1] = (char)words.at[i];
}

static void put_own_words(struct passed *passed, struct span line)
{
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (span_is(word.name, 0, "lull.", 5))
			passed_put(passed, word.whole);
	passed_put(passed, cmdline_of("lull.append"));
}

struct error cmdline_pass_on(const struct cmdline *lines, char *out, uint64_t size)
{
	struct passed passed = { out, size - 1, 0 };

	if (lines->added.size == 0 || lines->chosen == CMDLINE_LOADER || lines->appended == CMDLINE_LOADER)
		passed_put(&passed, lines->line[CMDLINE_LOADER]);
	else
		put_own_words(&passed, lines->line[CMDLINE_LOADER]);
	passed_put(&passed, lines->added);
	out[passed.length <= passed.room ? passed.length : 0] = '\0';
	return passed.length <= passed.room ? error_none() : error_make(ERROR_CMDLINE_BUFFER, NULL, passed.room, passed.length);
}
