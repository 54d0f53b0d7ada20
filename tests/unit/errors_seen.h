/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included in front of every product source of the unit tests' build, and by unit.h for what product headers define: whoever
 * makes an error tells errors_seen() its number, so that error_codes.py knows which errors the product made in the tests.
 */
#ifndef LULL_TESTS_ERRORS_SEEN_H
#define LULL_TESTS_ERRORS_SEEN_H

#include <core/error.h>

/* The functions are called by their names in brackets, which no macro takes. */
#define error_make(code, ...)    (errors_seen(code, __FILE__), (error_make)(code, __VA_ARGS__))
#define error_at_site(code, ...) (errors_seen(code, __FILE__), (error_at_site)(code, __VA_ARGS__))

/* Adds the number to the file that LULL_ERRORS_SEEN names, when there is one, unless `file` is a test's. */
void errors_seen(enum error_code code, const char *file);

#endif
