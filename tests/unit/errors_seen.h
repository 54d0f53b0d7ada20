/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included in front of every product source of the unit tests' build: whoever makes an error tells errors_seen() its
 * number, so that error_codes.py knows which errors the tests produce.
 */
#ifndef LULL_TESTS_ERRORS_SEEN_H
#define LULL_TESTS_ERRORS_SEEN_H

#define error_make    error_make_unseen
#define error_at_site error_at_site_unseen
#include <core/error.h>
#undef error_make
#undef error_at_site

/* Adds the number to the file that LULL_ERRORS_SEEN names, when there is one. */
void errors_seen(enum error_code code);

static inline struct error error_make(enum error_code code, const char *subject, uint64_t expected, uint64_t found)
{
	errors_seen(code);
	return error_make_unseen(code, subject, expected, found);
}

static inline struct error error_at_site(enum error_code code, const char *subject, uint64_t record, uint64_t found,
					 uint64_t site, uint32_t site_length)
{
	errors_seen(code);
	return error_at_site_unseen(code, subject, record, found, site, site_length);
}

#endif
