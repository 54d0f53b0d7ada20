/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.c: a line on standard error for every two seconds that something takes; nothing for what takes less.
 */
#ifndef LULL_TOOLS_PROGRESS_H
#define LULL_TOOLS_PROGRESS_H

/* From now on, every two seconds prints "lull: still DOING FILE".  Ends what was going on before. */
void progress_begin(const char *doing, const char *file);

/* No more lines. */
void progress_end(void);

#endif
