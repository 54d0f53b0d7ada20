/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/cmdline.h>
#include <shim/payload/cmdline_linux.h>

bool linux_has_setup(struct span line, const char *name)
{
	struct span wanted = cmdline_of(name), beginning;
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (span_cut(word.name, 0, wanted.size, &beginning) && cmdline_same_name(beginning, wanted))
			return true;
	return false;
}

/* Takes the next run of bytes above the space off a line; false when there is none. */
static bool next_run(struct span *line, struct span *run)
{
	uint64_t start = 0, end;

	while (start < line->size && line->at[start] <= ' ')
		start++;
	for (end = start; end < line->size && line->at[end] > ' '; end++)
		;
	span_cut(*line, start, end - start, run);
	span_cut(*line, end, line->size - end, line);
	return run->size != 0;
}

bool linux_has_early(struct span line, const char *name)
{
	struct span wanted = cmdline_of(name), run;

	while (next_run(&line, &run))
		if (run.size == wanted.size && span_is(run, 0, wanted.at, wanted.size))
			return true;
	return false;
}

bool linux_find_early(struct span line, const char *name, struct span *value)
{
	struct span wanted = cmdline_of(name), run;
	bool found = false;

	*value = span("", 0);
	while (next_run(&line, &run)) {
		if (!span_is(run, 0, wanted.at, wanted.size) || !span_is(run, wanted.size, "=", 1))
			continue;
		span_cut(run, wanted.size + 1, run.size - wanted.size - 1, value);
		found = true;
	}
	return found;
}
