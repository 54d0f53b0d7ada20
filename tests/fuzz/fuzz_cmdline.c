/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is a command line.  What lull makes of it is held against what the two parsers of Linux would: they are told
 * here once more, byte by byte and in another way than the product does it.
 */
#include <string.h>

#include <shim/payload/cmdline.h>
#include <shim/payload/cmdline_linux.h>

#include "fuzz.h"

#define LONGEST 2000

/* The line as a string, what must be left of it, and the name of each word in turn, as parse_args() would see it. */
static char line[LONGEST + 1], left[LONGEST + 1];

static bool is_space(char c) { return strchr("\t\n\v\f\r \240", c) != NULL && c != '\0'; }

/*
 * One word in the way of next_arg(): overwrites quotes and "=" with NULs.  Returns where the next one may begin; `last` is
 * set when the line ends with this one.
 */
static char *next_argument(char *at, char **name, char **value, bool *last)
{
	bool in_quotes = false, quoted = *at == '"';
	size_t equals = 0, i;

	if (quoted) {
		in_quotes = true;
		at++;
	}
	for (i = 0; at[i] != '\0' && (in_quotes || !is_space(at[i])); i++) {
		if (equals == 0 && at[i] == '=')
			equals = i;
		if (at[i] == '"')
			in_quotes = !in_quotes;
	}
	*name = at;
	*value = NULL;
	*last = at[i] == '\0';
	char *next = at + i + !*last;
	bool close = quoted;

	if (equals != 0) {
		*value = at + equals + 1;
		if (**value == '"') {
			++*value;
			close = true;
		}
	}
	at[i] = '\0';
	if (close && i > 0 && at[i - 1] == '"')
		at[i - 1] = '\0';
	if (equals != 0)
		at[equals] = '\0';
	return next;
}

/* Walks the words up to "--": notes what is left without lull's, and whether a word begins with `setup`. */
static bool walk(const char *setup)
{
	char copy[LONGEST + 1], *at = copy, *name, *value;
	size_t done = 0, length = 0;
	bool found = false, last;

	strcpy(copy, line);
	for (;;) {
		while (is_space(*at))
			at++;
		if (*at == '\0')
			break;
		size_t start = (size_t)(at - copy);

		at = next_argument(at, &name, &value, &last);
		if (value == NULL && strcmp(name, "--") == 0)
			break;
		for (char *c = name; *c != '\0'; c++)
			*c = *c == '-' ? '_' : *c;
		found = found || strncmp(name, setup, strlen(setup)) == 0;
		if (strncmp(name, "lull.", 5) != 0)
			continue;
		memcpy(left + length, line + done, start - done);
		length += start - done;
		done = (size_t)(at - copy);
		if (last && length != 0)
			length--;
	}
	strcpy(left + length, line + done);
	return found;
}

/* The last "name=" behind a byte up to the space, or at the start. */
static const char *early(const char *text, const char *name)
{
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
		if (at == text || (unsigned char)at[-1] <= ' ')
			last = at + strlen(name);
	return last;
}

static void check_options(void)
{
	struct cmdline lines = { .line = { cmdline_of(line), span("", 0), span("", 0) } };
	struct lull_options options;

	if (failed(cmdline_choose(&lines)) || failed(lull_options_read(&lines, &options)))
		return;
	PROMISE((options.unknown_count == 0) == (options.unknown.size == 0));
	PROMISE(lies_in(lines.line[CMDLINE_LOADER], options.unknown));
}

/* The line as the loader's, beside a packed one that asks for both: all that is left of it follows the packed words. */
static void check_appended(void)
{
	struct cmdline lines = { .line = { cmdline_of(line), span("", 0), cmdline_of("packed lull.append") } };
	char both[LONGEST + 8];

	if (failed(cmdline_choose(&lines)))
		return;
	PROMISE(!failed(cmdline_write(&lines, sizeof(both), "it", both, sizeof(both))));
	if (lines.chosen == CMDLINE_LOADER)
		PROMISE(strcmp(both, left) == 0);
	else if (lines.appended == CMDLINE_LOADER)
		PROMISE(strncmp(both, "packed ", 7) == 0 && strcmp(both + 7, left) == 0);
	else
		PROMISE(strcmp(both, "packed") == 0);
	PROMISE(!cmdline_is_unused(&lines, CMDLINE_LOADER) || (lines.chosen == CMDLINE_PACKED && lines.appended != CMDLINE_LOADER));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cmdline lines = { .line = { span("", 0), span("", 0), span(data, size) } };
	char once[LONGEST + 1], twice[LONGEST + 1];
	uint64_t length, again;
	struct span value;
	const char *wanted;
	bool found;

	/* On an error the packed line is cut all the same. */
	lines.chosen = CMDLINE_PACKED;
	cmdline_choose(&lines);
	PROMISE(lies_in(span(data, size), cmdline_chosen(&lines)));
	length = cmdline_chosen(&lines).size;
	if (length > LONGEST)
		return 0;
	memcpy(line, data, length);
	line[length] = '\0';
	found = walk("noreplace_smp");
	PROMISE(linux_has_setup(cmdline_of(line), "noreplace-smp") == found);
	wanted = early(line, "clearcpuid=");
	PROMISE(linux_find_early(cmdline_of(line), "clearcpuid", &value) == (wanted != NULL));
	PROMISE(wanted == NULL || (value.at == (const uint8_t *)wanted && (uint8_t)wanted[value.size] <= ' '));
	for (uint64_t i = 0; i < value.size; i++)
		PROMISE(value.at[i] > ' ');
	PROMISE(!failed(cmdline_filter(cmdline_of(line), LONGEST, "it", once, sizeof(once), &length)));
	PROMISE(length == strlen(once) && strcmp(once, left) == 0);
	/* What is left has no word of lull's, so that a second filter changes nothing. */
	PROMISE(!failed(cmdline_filter(cmdline_of(once), LONGEST, "it", twice, sizeof(twice), &again)));
	PROMISE(again == length && strcmp(once, twice) == 0);
	check_options();
	check_appended();
	return 0;
}
