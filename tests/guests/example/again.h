/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_AGAIN_H
#define EXAMPLE_AGAIN_H

#include <lull/site.h>
#include <pv/engine/journal.h>

/* At least the text. */
#define COPY_SIZE 65536

/* Plans for these features, where boot planned for those of the receipt.  `alias` is a writable mapping of the text. */
struct error again_plan(uint8_t *alias, const struct lull_features *features);

/* Switches to the other of the two plans. */
struct error again_switch(struct window_result *result);

#endif
