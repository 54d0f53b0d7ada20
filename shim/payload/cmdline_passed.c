/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/cmdline_passed.h>
#include <shim/payload/line_out.h>

static void put_own_words(struct line_out *passed, struct span line)
{
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (span_is(word.name, 0, "lull.", 5))
			line_out_put_words(passed, word.whole);
	line_out_put_words(passed, cmdline_of("lull.append"));
}

struct error cmdline_pass_on(const struct cmdline *lines, char *out, uint64_t size)
{
	struct line_out passed = line_out_begin(out, size, 0);

	if (lines->added.size == 0 || lines->chosen == CMDLINE_LOADER || lines->appended == CMDLINE_LOADER)
		line_out_put_words(&passed, lines->line[CMDLINE_LOADER]);
	else
		put_own_words(&passed, lines->line[CMDLINE_LOADER]);
	line_out_put_words(&passed, lines->added);
	return line_out_end(&passed);
}
