/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>

#include <tools/message.h>
#include <tools/options.h>

bool option_once(const char **place, const char *name, const char *command)
{
	if (*place)
		message("%s is given twice; see lull %s --help", name, command);
	else
		*place = optarg;
	return *place == optarg;
}
