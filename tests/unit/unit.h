/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test includes: cmocka, and assertions about errors. */
#ifndef LULL_TESTS_UNIT_H
#define LULL_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <core/error_text.h>
#include <core/span.h>

#include "errors_seen.h"

/* Fails, and names both errors, unless the expression gives the code. */
#define assert_error(expression, wanted) assert_error_at(expression, wanted, __FILE__, __LINE__)
#define assert_fine(expression) assert_error(expression, ERROR_NONE)

static inline void assert_error_at(struct error error, enum error_code wanted, const char *file, int line)
{
	if (error.code == wanted)
		return;
	print_error("%s:%d: wanted %s, got %s (subject %s, expected %#llx, found %#llx)\n", file, line,
		    wanted ? error_text(wanted)->title : "no error", error.code ? error_text(error.code)->title : "none",
		    error.subject ? error.subject : "-", (unsigned long long)error.expected,
		    (unsigned long long)error.found);
	_fail(file, line);
}

#define assert_span(found, text) \
	do { \
		struct span span_ = (found); \
		assert_int_equal(span_.size, strlen(text)); \
		assert_memory_equal(span_.at, text, span_.size); \
	} while (0)

/*
 * What main() returns: runs the cases that are named, in this order, in a group of that name.  RUN_TESTS_WITH() calls a
 * function before each case and one behind it; either may be NULL.  Only where cases differ in that, they stand in a list of
 * cmocka's own.
 */
#define RUN_TESTS(group, ...) RUN_TESTS_WITH(NULL, NULL, group, __VA_ARGS__)
#define RUN_TESTS_WITH(set_up, tear_down, group, ...) \
	run_cases(set_up, tear_down, group, #__VA_ARGS__, (const CMUnitTestFunction[]){ __VA_ARGS__, NULL })

static inline int run_cases(CMFixtureFunction set_up, CMFixtureFunction tear_down, const char *group, const char *names,
			    const CMUnitTestFunction *function)
{
	/* cmocka passes over entries without a name. */
	static struct CMUnitTest tests[64];
	static char name[4096];

	assert_true(strlen(names) < sizeof(name));
	strcpy(name, names);
	for (unsigned i = 0; function[i] != NULL; i++) {
		assert_true(i < sizeof(tests) / sizeof(tests[0]));
		tests[i] = (struct CMUnitTest){ strtok(i == 0 ? name : NULL, ", "), function[i], set_up, tear_down, NULL };
	}
	return cmocka_run_group_tests_name(group, tests, NULL, NULL);
}

#endif
