/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entries.c: lull entries, which lists what there is to boot on disks. */
#ifndef LULL_TOOLS_ENTRIES_H
#define LULL_TOOLS_ENTRIES_H

int entries_main(int argc, char **argv);

#endif
