/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHECK() in a fuzz target: a broken invariant of our own is a find. */
#include <core/check.h>

#include "fuzz.h"

_Noreturn void check_failed(const char *condition, const char *file, unsigned line)
{
	fprintf(stderr, "%s:%u: broken check: %s\n", file, line, condition);
	abort();
}
