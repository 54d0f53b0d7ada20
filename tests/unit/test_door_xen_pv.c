/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_memory.h"

#include <arch/x86/doors.h>
#include <xen/xen.h>

#define START UINT64_C(0x240000)

/* The layout of a domain of 64 MiB as xl's builder makes it: kernel, module, P2M, start_info, rings, tables, stack. */
static const struct start_info good = {
	.magic = "xen-3.0-x86_64", .nr_pages = 0x4000, .flags = SIF_PRIVILEGED,
	.pt_base = START + 0x3000, .nr_pt_frames = 5, .mfn_list = 0x220000,
	.mod_start = 0x200000, .mod_len = 0x1234, .cmd_line = "one two",
};

static struct door_strings strings;
static struct boot_info info;

static struct error read(struct start_info start, uint64_t stack)
{
	fake_clear();
	fake_put(START, &start, sizeof(start));
	memset(&info, 0, sizeof(info));
	return xen_start_info_read(START, stack, fake_reach, &strings, &info);
}

#define STACK (START + 0x9000)

static void a_domain(void **state)
{
	(void)state;
	assert_fine(read(good, STACK));
	assert_string_equal(info.cmdline, "one two");
	assert_int_equal(info.start_flags, SIF_PRIVILEGED);
	assert_int_equal(info.module_count, 1);
	assert_int_equal(info.module[0].where.start, 0x200000);
	assert_int_equal(info.module[0].where.end, 0x201234);
	assert_memory_equal(info.xen_pv.start_info, "xen-", 4);
	assert_int_equal(info.memory.count, 3);
	assert_int_equal(info.memory.region[0].size, 0x220000);
	assert_int_equal(info.memory.region[1].type, REGION_RESERVED);
	assert_int_equal(info.memory.region[1].size, STACK - 0x220000);
	assert_int_equal(info.memory.region[2].start + info.memory.region[2].size, 0x4000000);
	/* A stack pointer inside its page, as well as at its end. */
	assert_fine(read(good, STACK - 8));
	assert_int_equal(info.memory.region[1].size, STACK - 0x220000);
}

static void without_a_module(void **state)
{
	struct start_info start = good;

	(void)state;
	start.mod_len = 0;
	assert_fine(read(start, STACK));
	assert_int_equal(info.module_count, 0);
	start.mod_len = UINT64_MAX;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
}

/* By the number of its first page. */
static void module_by_number(void **state)
{
	struct start_info start = good;

	(void)state;
	start.flags |= SIF_MOD_START_PFN;
	start.mod_start = 0x200;
	assert_fine(read(start, STACK));
	assert_int_equal(info.module[0].where.start, 0x200000);
	assert_int_equal(info.module[0].where.end, 0x201234);
	start.mod_start = UINT64_MAX / PAGE_SIZE + 1;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
}

/* The list upon the shim, and a start_info inside a page. */
static void in_the_way(void **state)
{
	(void)state;
	assert_fine(read(good, STACK));
	memset(&info, 0, sizeof(info));
	info.shim = (struct range){ 0x100000, good.mfn_list + 1 };
	assert_error(xen_start_info_read(START, STACK, fake_reach, &strings, &info), ERROR_XEN_START_INFO);
	info.shim.end = good.mfn_list;
	assert_fine(xen_start_info_read(START, STACK, fake_reach, &strings, &info));
	fake_clear();
	fake_put(START + 8, &good, sizeof(good));
	assert_error(xen_start_info_read(START + 8, STACK, fake_reach, &strings, &info), ERROR_XEN_START_INFO);
}

static void out_of_order(void **state)
{
	struct start_info start = good;

	(void)state;
	assert_error(xen_start_info_read(8, 0, fake_reach, &strings, &info), ERROR_XEN_START_INFO);
	start.magic[3] = '_';
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	assert_error(read(good, START + 0x8000), ERROR_XEN_START_INFO);
	assert_error(read(good, UINT64_MAX), ERROR_XEN_START_INFO);
	start = good;
	start.pt_base = START;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start.pt_base = UINT64_MAX - 4096;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start = good;
	start.mfn_list = START - 0x1f000;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start.mfn_list = UINT64_MAX - 4096;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start = good;
	start.mfn_list = good.mfn_list + 8;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start = good;
	start.nr_pt_frames = UINT64_MAX / PAGE_SIZE + 6;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start = good;
	start.nr_pages = 0x248;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	/* Page tables of which the bytes wrap to none, and one more than there are pages. */
	start = good;
	start.nr_pt_frames = UINT64_C(1) << 52;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
	start.nr_pt_frames = start.nr_pages + 1;
	assert_error(read(start, STACK), ERROR_XEN_START_INFO);
}

static void too_much(void **state)
{
	struct start_info start = good;

	(void)state;
	start.nr_pages = XEN_PV_MAX_PAGES + 1;
	assert_error(read(start, STACK), ERROR_XEN_PAGES);
	memset(start.cmd_line, 'x', sizeof(start.cmd_line));
	assert_error(read(start, STACK), ERROR_DOOR_CMDLINE);
	start = good;
	memset(start.cmd_line, 'x', sizeof(start.cmd_line) - 1);
	assert_fine(read(start, STACK));
	assert_int_equal(strlen(info.cmdline), MAX_GUEST_CMDLINE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain),
		cmocka_unit_test(without_a_module),
		cmocka_unit_test(module_by_number),
		cmocka_unit_test(in_the_way),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(too_much),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	fake_clear();
	return failed;
}
