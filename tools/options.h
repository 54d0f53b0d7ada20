/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.c: what the commands' options share.
 */
#ifndef LULL_TOOLS_OPTIONS_H
#define LULL_TOOLS_OPTIONS_H

#include <stdbool.h>

/*
 * Takes the text of an option that may be given once.  A second one is an error, since one of the two would be ignored: false
 * after a message, with the option's name and its command.
 */
bool option_once(const char **place, const char *name, const char *command);

#endif
