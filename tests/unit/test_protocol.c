/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/handover/protocol.h>
#include <shim/payload/cmdline.h>

/* What lull.proto= asks for, a kind of payload, a control domain or not; an error, or what is chosen. */
static const struct protocol_case {
	uint8_t asked;
	enum payload_kind kind;
	bool control_domain;
	enum error_code error;
	enum protocol chosen;
} cases[] = {
	{ PROTO_UNASKED, PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_LINUX64 },
	{ PROTO_UNASKED, PAYLOAD_LINUX_BZIMAGE, true, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_UNASKED, PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_PVH, PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_PVH, PAYLOAD_LINUX_BZIMAGE, true, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_LINUX64, PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_LINUX64 },
	{ PROTO_LINUX64, PAYLOAD_LINUX_BZIMAGE, true, ERROR_LINUX_CONTROL_DOMAIN, 0 },
	{ PROTO_VMLINUX, PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_VMLINUX },
	{ PROTO_VMLINUX, PAYLOAD_LINUX_BZIMAGE, true, ERROR_LINUX_CONTROL_DOMAIN, 0 },
	{ PROTO_LINUX64, PAYLOAD_PVH_ELF32, true, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_VMLINUX, PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_UNASKED, PAYLOAD_MULTIBOOT1, false, ERROR_NONE, PROTOCOL_MULTIBOOT },
	{ PROTO_PVH, PAYLOAD_MULTIBOOT2, false, ERROR_NONE, PROTOCOL_MULTIBOOT },
	/* No start flags are told, and none are asked for. */
	{ PROTO_MULTIBOOT2, PAYLOAD_MULTIBOOT2, true, ERROR_NONE, PROTOCOL_MULTIBOOT },
};

/* An ELF that can be entered by startup_64, with a PVH note and without. */
static const struct protocol_case startup_cases[] = {
	{ PROTO_UNASKED, PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_VMLINUX },
	{ PROTO_UNASKED, PAYLOAD_PVH_ELF64, true, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_PVH, PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_PVH },
	{ PROTO_VMLINUX, PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_VMLINUX },
	{ PROTO_VMLINUX, PAYLOAD_PVH_ELF64, true, ERROR_LINUX_CONTROL_DOMAIN, 0 },
	{ PROTO_LINUX64, PAYLOAD_PVH_ELF64, false, ERROR_NONE, PROTOCOL_VMLINUX },
	{ PROTO_UNASKED, PAYLOAD_LINUX_ELF64, false, ERROR_NONE, PROTOCOL_VMLINUX },
	{ PROTO_UNASKED, PAYLOAD_LINUX_ELF64, true, ERROR_LINUX_CONTROL_DOMAIN, 0 },
};

/* Behind the Xen PV door nothing is left to choose. */
static const struct protocol_case pv_cases[] = {
	{ PROTO_UNASKED, PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_XEN_PV },
	{ PROTO_UNASKED, PAYLOAD_XEN_PV_ELF64, true, ERROR_NONE, PROTOCOL_XEN_PV },
	{ PROTO_PVH, PAYLOAD_LINUX_BZIMAGE, false, ERROR_NONE, PROTOCOL_XEN_PV },
	{ PROTO_LINUX64, PAYLOAD_LINUX_BZIMAGE, true, ERROR_NONE, PROTOCOL_XEN_PV },
};

static void try_one(const struct protocol_case *test, bool as_xen_pv, bool has_startup)
{
	struct payload payload = { .kind = test->kind, .as_xen_pv = as_xen_pv, .has_startup = has_startup };
	enum protocol chosen;

	payload.options.value[LULL_PROTO] = test->asked;
	assert_error(protocol_choose(&payload, test->control_domain, &chosen), test->error);
	if (test->error != ERROR_NONE)
		return;
	assert_int_equal(chosen, test->chosen);
	assert_int_equal(protocol_wants_vmlinux(chosen, &payload),
			 test->kind == PAYLOAD_LINUX_BZIMAGE && test->chosen != PROTOCOL_LINUX64);
}

static void every_case(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_one(&cases[i], false, false);
	for (unsigned i = 0; i < sizeof(startup_cases) / sizeof(startup_cases[0]); i++)
		try_one(&startup_cases[i], false, true);
	for (unsigned i = 0; i < sizeof(pv_cases) / sizeof(pv_cases[0]); i++)
		try_one(&pv_cases[i], true, true);
}

/* What an unpacked kernel has decides whether it can be entered as was chosen. */
static void settled(void **state)
{
	struct payload payload = { .kind = PAYLOAD_PVH_ELF64, .has_startup = true };

	(void)state;
	assert_fine(protocol_settle(PROTOCOL_PVH, &payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	assert_fine(protocol_settle(PROTOCOL_VMLINUX, &payload));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_ELF64);
	assert_error(protocol_settle(PROTOCOL_PVH, &payload), ERROR_LINUX_NO_PVH);
	payload = (struct payload){ .kind = PAYLOAD_PVH_ELF64 };
	assert_error(protocol_settle(PROTOCOL_VMLINUX, &payload), ERROR_LINUX_NO_STARTUP);
	payload = (struct payload){ .kind = PAYLOAD_LINUX_BZIMAGE };
	assert_fine(protocol_settle(PROTOCOL_LINUX64, &payload));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_BZIMAGE);
	payload = (struct payload){ .kind = PAYLOAD_XEN_PV_ELF64 };
	assert_fine(protocol_settle(PROTOCOL_XEN_PV, &payload));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_case), cmocka_unit_test(settled) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
