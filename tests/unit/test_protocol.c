/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/handover/protocol.h>
#include <shim/payload/cmdline.h>

/* The door's line, the payload's own, a kind of payload, a control domain or not; an error, or what is chosen. */
static const struct protocol_case {
	const char *door, *own;
	enum payload_kind kind;
	bool control_domain;
	enum error_code error;
	enum protocol chosen;
} cases[] = {
	{ "", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_LINUX64 },
	{ "", "", PAYLOAD_LINUX_BZIMAGE, true, ERROR_NONE, PROTOCOL_PVH },
	{ "", "", PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_PVH },
	{ "quiet lull.proto=pvh", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_PVH },
	{ "quiet", "lull.proto=pvh", PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_PVH },
	{ "lull.proto=linux64", "lull.proto=pvh", PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_LINUX64 },
	{ "lull.proto=pvh", "lull.proto=linux64", PAYLOAD_LINUX_BZIMAGE, true, ERROR_NONE, PROTOCOL_PVH },
	{ "lull.proto=linux64", "", PAYLOAD_LINUX_BZIMAGE, true, ERROR_LINUX_CONTROL_DOMAIN, 0 },
	{ "lull.proto=linux64", "", PAYLOAD_PVH_ELF32, true, ERROR_NONE, PROTOCOL_PVH },
	{ "lull.proto=linux", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_CMDLINE_PROTO, 0 },
	{ "lull.proto=linux32", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_CMDLINE_PROTO, 0 },
	{ "lull.proto=pvm", "", PAYLOAD_PVH_ELF64, false, ERROR_CMDLINE_PROTO, 0 },
	{ "lull.proto=pve", "", PAYLOAD_LINUX_BZIMAGE, true, ERROR_CMDLINE_PROTO, 0 },
	{ "lull.proto", "lull.proto=pvh", PAYLOAD_LINUX_BZIMAGE, false, ERROR_CMDLINE_PROTO, 0 },
};

/* Behind the Xen PV door nothing is left to choose, but what is asked for must be a protocol all the same. */
static const struct protocol_case pv_cases[] = {
	{ "", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_XEN_PV },
	{ "", "", PAYLOAD_XEN_PV_ELF64, true, ERROR_NONE, PROTOCOL_XEN_PV },
	{ "lull.proto=pvh", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_XEN_PV },
	{ "", "lull.proto=linux64", PAYLOAD_LINUX_BZIMAGE, true, ERROR_NONE, PROTOCOL_XEN_PV },
	{ "lull.proto=linux", "", PAYLOAD_LINUX_BZIMAGE, false, ERROR_CMDLINE_PROTO, 0 },
};

static void try_one(const struct protocol_case *test, bool as_xen_pv)
{
	struct payload payload = { .kind = test->kind, .cmdline = cmdline_of(test->own), .as_xen_pv = as_xen_pv };
	enum protocol chosen;

	assert_error(protocol_choose(cmdline_of(test->door), &payload, test->control_domain, &chosen), test->error);
	if (test->error == ERROR_NONE)
		assert_int_equal(chosen, test->chosen);
}

static void every_case(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_one(&cases[i], false);
	for (unsigned i = 0; i < sizeof(pv_cases) / sizeof(pv_cases[0]); i++)
		try_one(&pv_cases[i], true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_case) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
