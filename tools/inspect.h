/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.c: lull inspect, which says what a file is and what can start it.
 */
#ifndef LULL_TOOLS_INSPECT_H
#define LULL_TOOLS_INSPECT_H

/* Runs the command with its own arguments, argv[0] being "inspect".  Returns an exit code. */
int inspect_main(int argc, char **argv);

#endif
