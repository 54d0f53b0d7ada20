/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.c: lull check, which verifies the patch tables of a Linux kernel and predicts what lull would patch.
 */
#ifndef LULL_TOOLS_CHECK_H
#define LULL_TOOLS_CHECK_H

/*
 * Runs the command with its own arguments, argv[0] being "check".  Returns 0 when the tables are sound, 1 when they are
 * not, 2 when there is nothing to say.
 */
int check_main(int argc, char **argv);

#endif
