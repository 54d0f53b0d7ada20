/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <tools/boot_log.h>

static struct boot_log read_log(const char *log, const char *times)
{
	struct boot_log boot;

	assert_fine(boot_log_read(span(log, strlen(log)), span(times, strlen(times)), &boot));
	return boot;
}

/* Which line each mark is at; 0 is none. */
static void assert_marks(const struct boot_log *boot, uint32_t loader, uint32_t door, uint32_t payload, uint32_t receipt,
			 uint32_t handover, uint32_t kernel, uint32_t user)
{
	const uint32_t wanted[BOOT_MARKS] = { loader, door, payload, receipt, handover, kernel, user };

	for (unsigned i = 0; i < BOOT_MARKS; i++)
		assert_int_equal(boot->mark[i].number, wanted[i]);
}

static void assert_text(struct span text, const char *wanted)
{
	assert_int_equal(text.size, strlen(wanted));
	assert_memory_equal(text.at, wanted, text.size);
}

#define LULL \
	"lull 0.1 door=pvh backend=native cpus=1\n" \
	"lull: payload linux-bzimage 6.1 initrd=0 cmdline=\"\"\n" \
	"lull: receipt self=6/6 masked_ns=1000 shim_ns=7000000 left=none\n" \
	"lull: handover entry=0x1000200 proto=linux64 kaslr=own\n"

static void whole_boot(void **state)
{
	struct boot_log boot = read_log("Welcome to GRUB!\n" LULL "\n[    0.000000] Linux version 6.1\n"
					"[    0.500000] Run /init as init process\nUSERSPACE UP\n"
					"lull: receipt again\nlull 0.2 door=x\n",
					"0.1\n1\n1.1\n1.2\n1.3\n1.4\n2\n3\n4\n5\n6\n");

	(void)state;
	assert_marks(&boot, 1, 2, 3, 4, 5, 7, 8);
	assert_int_equal(boot.clock, BOOT_CLOCK_ARRIVAL);
	assert_string_equal(boot.loader, "GRUB");
	assert_int_equal(boot.mark[MARK_KERNEL].us, 2000000);
	assert_int_equal(boot.lines, 11);
	assert_int_equal(boot.error.line, 0);
}

static void without_lull(void **state)
{
	struct boot_log boot = read_log("(XEN) Xen version\n\nEarly console\n[    0.000000] Linux version 6.1\n"
					"[    0.500000] systemd[1]: Hello\n", "");

	(void)state;
	assert_marks(&boot, 1, 0, 0, 0, 0, 4, 5);
	assert_string_equal(boot.loader, "Xen");
	assert_int_equal(boot.clock, BOOT_CLOCK_OWN);
	assert_int_equal(boot.mark[MARK_USER].us, 500000);
	assert_false(boot.mark[MARK_LOADER].timed);
	/* A quiet one. */
	boot = read_log("Welcome to Debian\nLinux version of somebody's\n", "");
	assert_marks(&boot, 0, 0, 0, 0, 0, 0, 1);
	assert_int_equal(boot.clock, BOOT_CLOCK_NONE);
	boot = read_log("Linux version 6.1 without stamps\nand more\n", "");
	assert_marks(&boot, 0, 0, 0, 0, 0, 1, 0);
	boot = read_log("", "");
	assert_marks(&boot, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(boot.lines, 0);
}

/* What looks like the beginning of user space. */
static void users(void **state)
{
	static const struct { const char *line; bool user; } cases[] = {
		{ "USERSPACE UP", true }, { "systemd[1]: x", true }, { "Run /sbin/init as init process", true },
		{ "Welcome to Debian GNU/Linux", true }, { "[    1.000000] Run /init as init process", true },
		{ "Welcome to GRUB!", false }, { "Run /init", false }, { "x USERSPACE UP", false }, { "GUEST OK", false },
	};
	char log[1024];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct boot_log boot;

		snprintf(log, sizeof(log), LULL "%s\n", cases[i].line);
		boot = read_log(log, "");
		assert_int_equal(boot.mark[MARK_USER].number, cases[i].user ? 5 : 0);
		assert_int_equal(boot.mark[MARK_KERNEL].number, cases[i].user ? 0 : 5);
	}
}

/* A Linux, or its user space, that starts lull is its loader. */
static void by_kexec(void **state)
{
	struct boot_log boot = read_log("[    0.100000] Linux version 6.1\n[    0.200000] Run /init as init process\n" LULL "guest\n", "");

	(void)state;
	assert_marks(&boot, 1, 3, 4, 5, 6, 7, 0);
	assert_string_equal(boot.loader, "Linux");
	boot = read_log("USERSPACE UP\n" LULL, "");
	assert_marks(&boot, 1, 2, 3, 4, 5, 0, 0);
	boot = read_log("GRUB\n[    0.100000] Linux version 6.1\n" LULL, "");
	assert_marks(&boot, 1, 3, 4, 5, 6, 0, 0);
	assert_string_equal(boot.loader, "Linux");
}

/* What is not lull's first line. */
static void doors(void **state)
{
	static const char *const lines[] = { "lull x door=pvh\n", "lull 0.1\n", "a lull 0.1 door=pvh\n", "lull /.1 door=pvh\n",
					     "lull :.1 door=pvh\n" };

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct boot_log boot = read_log(lines[i], "");

		assert_marks(&boot, 1, 0, 0, 0, 0, 0, 0);
	}
	/* Nor do the others count before it. */
	struct boot_log boot = read_log("lull: payload x\n" LULL, "");

	assert_marks(&boot, 1, 2, 3, 4, 5, 0, 0);
}

/* lull's count and the kernel's stamps, where there is nothing else. */
static void own_clock(void **state)
{
	struct boot_log boot = read_log(LULL "[    0.250000] Linux version 6.1\n[    1.000000] Run /init as init process\n", "");

	(void)state;
	assert_int_equal(boot.clock, BOOT_CLOCK_OWN);
	assert_true(boot.mark[MARK_DOOR].timed);
	assert_int_equal(boot.mark[MARK_HANDOVER].us, 7000);
	assert_int_equal(boot.mark[MARK_KERNEL].us, 257000);
	assert_int_equal(boot.mark[MARK_USER].us, 1007000);
	assert_false(boot.mark[MARK_PAYLOAD].timed);
	/* Too large for a number, and for a sum. */
	boot = read_log("lull 0.1 door=pvh\nlull: receipt shim_ns=99999999999999999999\nlull: handover x\n"
			"[18446744073709.551615] Linux version\n[18446744073709.551615] Run /init as init process\n", "");
	assert_int_equal(boot.mark[MARK_RECEIPT].us, 0);
	assert_int_equal(boot.mark[MARK_KERNEL].us, UINT64_MAX);
	boot = read_log("lull 0.1 door=pvh\nlull: receipt shim_ns=1000\nlull: handover x\n"
			"[18446744073709.551615] Linux version\n[18446744073709.551615] Run /init as init process\n", "");
	assert_false(boot.mark[MARK_KERNEL].timed);
	assert_false(boot.mark[MARK_USER].timed);
	/* A receipt that says no time. */
	boot = read_log("lull 0.1 door=pvh\nlull: receipt x\n", "");
	assert_int_equal(boot.clock, BOOT_CLOCK_NONE);
}

static void error_blocks(void **state)
{
	struct boot_log boot = read_log("lull 0.1 door=pvh backend=native cpus=1\n"
					"================ lull error 8: module-none ================\n"
					"expected: a kernel\nfound:    no module\ndo:       pass one\nfound: more\n"
					"================ lull error 9: other ================\n", "");

	(void)state;
	assert_int_equal(boot.error.line, 2);
	assert_text(boot.error.number, "8");
	assert_text(boot.error.title, "module-none");
	assert_text(boot.error.expected, "a kernel");
	assert_text(boot.error.found, "no module");
	assert_text(boot.error.action, "pass one");
	/* Before lull's first line; and a broken one. */
	boot = read_log("================ lull error 8", "");
	assert_int_equal(boot.error.line, 1);
	assert_text(boot.error.number, "8");
	assert_int_equal(boot.error.title.size, 0);
	boot = read_log("================ lull error 8: =\nno colon\nother: x\n", "");
	assert_int_equal(boot.error.title.size, 0);
	assert_int_equal(boot.error.expected.size, 0);
	boot = read_log("================ lull error 8:==\n", "");
	assert_text(boot.error.number, "8");
	assert_int_equal(boot.error.title.size, 0);
	/* Behind the hand-over it is the guest's own text. */
	boot = read_log(LULL "================ lull error 8: module-none ================\n", "");
	assert_int_equal(boot.error.line, 0);
}

static void warnings(void **state)
{
	char log[4096] = "";
	struct boot_log boot;

	(void)state;
	for (unsigned i = 0; i < BOOT_WARNINGS + 3; i++)
		strcat(log, "lull: warning one\n");
	boot = read_log(log, "");
	assert_int_equal(boot.warnings, BOOT_WARNINGS + 3);
	assert_text(boot.warning[BOOT_WARNINGS - 1], "lull: warning one");
}

static void bad_times(void **state)
{
	struct boot_log boot;

	(void)state;
	assert_int_equal(boot_log_read(span("a", 1), span("x", 1), &boot).code, ERROR_TIMES_LINE);
}

int main(void)
{
	return RUN_TESTS("boot_marks", whole_boot, without_lull, users, by_kexec, doors, own_clock, error_blocks,
			 warnings, bad_times);
}
