/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_text.c: the small questions that the readers of logs ask of bytes.  Pure.
 */
#ifndef LULL_TOOLS_LOG_TEXT_H
#define LULL_TOOLS_LOG_TEXT_H

#include <core/span.h>

/* Whether the string stands at the offset. */
bool text_is(struct span text, uint64_t offset, const char *string);
/* Whether the string stands anywhere. */
bool text_has(struct span text, const char *string);
/* Whether the whole is the string. */
bool text_equals(struct span text, const char *string);

/*
 * Seconds in decimal at `*at`, with or without a point and up to nine digits behind it, as microseconds; `*at` is then behind them, and
 * `*digits` is how many stand behind the point.  False where no such number stands, or one that is too large.
 */
bool text_seconds(struct span text, uint64_t *at, uint64_t *us, unsigned *digits);

/* A whole number that is all of the text; false where it is none, or too large. */
bool text_number(struct span text, uint64_t *number);

/* Without the spaces and tabs around it. */
struct span text_trim(struct span text);

/* How many bytes a byte takes at most in JSON inside an HTML page. */
unsigned text_json_size(uint8_t byte);

#endif
