/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of letters in names and in configurations: ASCII, whatever else a byte may mean there.
 */
#ifndef LULL_SHIM_DISK_LETTERS_H
#define LULL_SHIM_DISK_LETTERS_H

#include <core/span.h>

static inline bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static inline bool is_letter(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* What parts words in a line. */
static inline bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

static inline char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c; }

/* Whether a text that ends with a NUL is the same as another one.  It looks no further than they differ. */
static inline bool same_text(const char *text, struct span other)
{
	uint64_t i = 0;

	while (i < other.size && text[i] != '\0' && (uint8_t)text[i] == other.at[i])
		i++;
	return i == other.size && text[i] == '\0';
}

/* Whether two texts are the same but for upper and lower case. */
static inline bool same_folded(struct span one, struct span other)
{
	uint64_t i = 0;

	while (i < one.size && i < other.size && lower((char)one.at[i]) == lower((char)other.at[i]))
		i++;
	return i == one.size && i == other.size;
}

#endif
