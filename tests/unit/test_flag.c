/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mask of privilege level 0 where it masks nothing: a process is at level 3, as the kernel of a PV guest is. */
#include "unit.h"

#include <pv/engine/x86/flag.h>

static void refused_at_level_3(void **state)
{
	struct error error = flag_suits();

	(void)state;
	assert_error(error, ERROR_MASK_UNSUITED);
	assert_int_equal(error.found, 3);
	assert_false(flag_is_masked());
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refused_at_level_3) };

	return cmocka_run_group_tests_name("flag", tests, NULL, NULL);
}
