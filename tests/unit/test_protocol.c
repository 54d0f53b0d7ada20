/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/cmdline.h>
#include <shim/protocol.h>

/* The door's line, the payload's own, a kind of payload, a control domain or not; an error, or what is chosen. */
static const struct {
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

static void every_case(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct payload payload = { .kind = cases[i].kind, .cmdline = cmdline_of(cases[i].own) };
		enum protocol chosen;

		assert_error(protocol_choose(cmdline_of(cases[i].door), &payload, cases[i].control_domain, &chosen),
			     cases[i].error);
		if (cases[i].error == ERROR_NONE)
			assert_int_equal(chosen, cases[i].chosen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_case) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
