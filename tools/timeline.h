/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timeline.c: lull timeline, which draws boots from their console logs as one HTML page. */
#ifndef LULL_TOOLS_TIMELINE_H
#define LULL_TOOLS_TIMELINE_H

/* Runs the command with its own arguments, argv[0] being "timeline".  Returns its exit status. */
int timeline_main(int argc, char **argv);

#endif
