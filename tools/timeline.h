/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LULL_TOOLS_TIMELINE_H
#define LULL_TOOLS_TIMELINE_H

/* `lull timeline`. */
int timeline_main(int argc, char **argv);

#endif
