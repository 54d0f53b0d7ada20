/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHECK() in a unit test: cmocka's way, so that expect_assert_failure() can ask for it. */
#include "unit.h"

#include <core/check.h>

_Noreturn void check_failed(const char *condition, const char *file, unsigned line)
{
	mock_assert(0, condition, file, (int)line);
	abort();
}
