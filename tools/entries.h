/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entries.c: lull entries, which lists what there is to boot on disks. */
#ifndef LULL_TOOLS_ENTRIES_H
#define LULL_TOOLS_ENTRIES_H

/* Runs the command with its own arguments, argv[0] being "entries".  Returns its exit status. */
int entries_main(int argc, char **argv);

#endif
