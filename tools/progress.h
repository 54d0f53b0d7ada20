/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.c: says on standard error what takes longer than two seconds, and nothing about what takes less.
 *
 * A terminal sees one line that is drawn again and then erased, with a bar where it is known how much there is to do.  Anything
 * else gets a line every two seconds.
 */
#ifndef LULL_TOOLS_PROGRESS_H
#define LULL_TOOLS_PROGRESS_H

#include <stdint.h>

/* From now on "lull: still DOING FILE" is said.  Ends what was going on before. */
void progress_begin(const char *doing, const char *file);

/* Of what was begun, `done` of `total` is done; `total` is not 0. */
void progress_step(uint64_t done, uint64_t total);

/* So much more of the same total is done. */
void progress_advance(uint64_t more);

/* Nothing more is said. */
void progress_end(void);

#endif
