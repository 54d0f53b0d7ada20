/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <tools/inspect.h>
#include <tools/message.h>

int inspect_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return EXIT_USAGE;
}
