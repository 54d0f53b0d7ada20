/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf8.c: the characters of a text that may hold any byte.  Pure.
 */
#ifndef LULL_TOOLS_UTF8_H
#define LULL_TOOLS_UTF8_H

#include <stdbool.h>

#include <core/span.h>

/*
 * How many bytes the UTF-8 character at `offset` has; 0 when there is none (RFC 3629, section 4: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
unsigned utf8_size(struct span text, uint64_t offset);

/* Whether the character at `offset` is a control character, which a terminal may obey: below U+0020, or U+007F to U+009F. */
bool utf8_is_control(struct span text, uint64_t offset);

#endif
