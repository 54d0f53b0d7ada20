/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <core/version.h>
#include <tools/check.h>
#include <tools/entries.h>
#include <tools/extract.h>
#include <tools/inspect.h>
#include <tools/message.h>
#include <tools/pack.h>
#include <tools/timeline.h>

static const char help[] =
	"Usage: lull COMMAND [OPTION]...\n"
	"The host side of lull, a boot shim for paravirtualised x86 kernels.\n"
	"\n"
	"  pack       put a kernel, an initrd and a command line into one image that boots\n"
	"  inspect    say what a kernel, a UKI or an image is and what can start it\n"
	"  extract    take the kernel, the initrd or the command line out of such a file\n"
	"  check      verify the tables by which a Linux kernel patches itself\n"
	"  entries    list what there is to boot on disks, and why the rest is passed over\n"
	"  timeline   draw boots from their console logs, as one HTML page\n"
	"\n"
	"  lull COMMAND --help tells more; lull --version prints the version.\n";

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "pack", pack_main },
	{ "inspect", inspect_main },
	{ "extract", extract_main },
	{ "check", check_main },
	{ "entries", entries_main },
	{ "timeline", timeline_main },
};

/*
 * A file must not get the number of a standard stream that the tool was started without: messages would go into it.  What holds
 * the number, O_PATH, can be neither read nor written, so that "cannot write" stays true.
 */
static void hold_streams(void)
{
	for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
		if (fcntl(stream, F_GETFD) < 0)
			(void)open("/", O_PATH);
}

int main(int argc, char **argv)
{
	static char own_name[] = "lull";

	hold_streams();
	/* A file that may not grow further then gives an error, which has a message. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_text(help) ? EXIT_OK : EXIT_INPUT;
	if (strcmp(argv[1], "--version") == 0)
		return print_text("lull " LULL_VERSION "\n") ? EXIT_OK : EXIT_INPUT;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		/* getopt_long() begins its messages with that, as message() does. */
		argv[1] = own_name;
		return commands[i].run(argc - 1, argv + 1);
	}
	message("no command \"%s\"; see lull --help", argv[1]);
	return EXIT_USAGE;
}
