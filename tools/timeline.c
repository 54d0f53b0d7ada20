/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>

#include <tools/boots.h>
#include <tools/message.h>
#include <tools/options.h>
#include <tools/page.h>
#include <tools/timeline.h>

static const char help[] =
	"Usage: lull timeline LOG... -o OUT.html\n"
	"Draws boots as time lines, one below the other, from their console logs: one HTML page that needs nothing else.\n"
	"\n"
	"  -o, --output FILE  the page\n"
	"      --title TEXT   what it is about\n"
	"      --list FILE    the boots of a list, as a grid too; make matrix writes such lists\n"
	"      --json         what the page is made of, on standard output\n"
	"  -h, --help         this text\n"
	"\n"
	"LOG.times beside LOG.log has the seconds at which its lines came; or each line begins with them (ts -s %.s).\n"
	"Exit status: 0 done, 1 a file cannot be read or written, or is malformed, 2 wrong usage.\n";

struct timeline {
	const char *output, *list;
	bool as_json;
};

/* Reads the options; false where they make no sense. */
static bool take_options(int argc, char **argv, struct timeline *chosen, struct boots *boots, bool *wants_help)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { "title", required_argument, NULL, 't' },
		{ "list", required_argument, NULL, 'l' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (option) {
		case 'o': good = option_once(&chosen->output, "--output", "timeline"); break;
		case 't': good = option_once(&boots->title, "--title", "timeline"); break;
		case 'l': good = option_once(&chosen->list, "--list", "timeline"); break;
		case 'j': chosen->as_json = true; break;
		case 'h': *wants_help = true; return true;
		default: return false;
		}
	}
	if (!good)
		return false;
	if ((!chosen->list && optind == argc) || (!chosen->output && !chosen->as_json)) {
		message("timeline takes logs or --list, and -o or --json; see lull timeline --help");
		return false;
	}
	return true;
}

static bool add_all(struct boots *boots, const struct timeline *chosen, char **logs)
{
	if (chosen->list && !boots_add_list(boots, chosen->list))
		return false;
	for (; *logs; logs++)
		if (!boots_add_log(boots, *logs))
			return false;
	if (!chosen->output || !boots_read(boots, chosen->output))
		return true;
	message("%s is an input, and would be replaced", chosen->output);
	return false;
}

static bool write_json(const struct boots *boots)
{
	struct json json = { .out = stdout };

	/* All of each log. */
	boots_json(boots, &json, UINT64_MAX / 2);
	return stdout_is_written("the JSON");
}

int timeline_main(int argc, char **argv)
{
	struct timeline chosen = { .output = NULL };
	struct boots boots = { .boot = NULL };
	bool wants_help = false, done;

	if (!take_options(argc, argv, &chosen, &boots, &wants_help))
		return EXIT_USAGE;
	if (wants_help)
		return print_text(help) ? EXIT_OK : EXIT_INPUT;
	done = add_all(&boots, &chosen, argv + optind) && (!chosen.as_json || write_json(&boots)) &&
	       (!chosen.output || page_write(&boots, chosen.output));
	boots_release(&boots);
	return done ? EXIT_OK : EXIT_INPUT;
}
