/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extract.c: the command lull extract, which takes a part out of any file that lull inspect knows.
 */
#ifndef LULL_TOOLS_EXTRACT_H
#define LULL_TOOLS_EXTRACT_H

/* Runs the command with its own arguments, argv[0] being "extract".  Returns its exit status. */
int extract_main(int argc, char **argv);

#endif
