/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <tools/boot_list.h>

static struct boot_list list_of(const char *text)
{
	return (struct boot_list){ .text = span(text, strlen(text)) };
}

static void assert_text(struct span text, const char *wanted)
{
	assert_int_equal(text.size, strlen(wanted));
	assert_memory_equal(text.at, wanted, text.size);
}

static void entries(void **state)
{
	struct boot_list list = list_of("; a comment\n\n[one]\nlog = one.log\n row=Xen PVH\ncolumn = Linux = 6.1\nlabel = 1cpu\n"
					"verdict = failed\noutcome = crash\nseconds = 1.25\ndetail = ; why\n[ two ]\nverdict = error");
	struct boot_entry entry;
	bool there;

	(void)state;
	assert_fine(boot_list_next(&list, &entry, &there));
	assert_true(there);
	assert_text(entry.name, "one");
	assert_text(entry.log, "one.log");
	assert_text(entry.row, "Xen PVH");
	assert_text(entry.column, "Linux = 6.1");
	assert_text(entry.label, "1cpu");
	assert_int_equal(entry.verdict, BOOT_FAILED);
	assert_text(entry.outcome, "crash");
	assert_true(entry.timed);
	assert_int_equal(entry.us, 1250000);
	assert_text(entry.detail, "; why");
	assert_fine(boot_list_next(&list, &entry, &there));
	assert_true(there);
	assert_text(entry.name, " two ");
	assert_int_equal(entry.verdict, BOOT_ERROR);
	assert_false(entry.timed);
	assert_int_equal(entry.log.size, 0);
	assert_fine(boot_list_next(&list, &entry, &there));
	assert_false(there);
	list = list_of("");
	assert_fine(boot_list_next(&list, &entry, &there));
	assert_false(there);
}

/* As an editor for Windows ends them. */
static void carriage_returns(void **state)
{
	struct boot_list list = list_of("; a comment\r\n\r\n[one]\r\nlog = one.log \r\nverdict = passed\r\nseconds = 2\r");
	struct boot_entry entry;
	bool there;

	(void)state;
	assert_fine(boot_list_next(&list, &entry, &there));
	assert_true(there);
	assert_text(entry.name, "one");
	assert_text(entry.log, "one.log");
	assert_int_equal(entry.verdict, BOOT_PASSED);
	assert_int_equal(entry.us, 2000000);
}

static void bad_lists(void **state)
{
	static const struct { const char *text; enum error_code code; uint64_t line; } cases[] = {
		{ "log = x\n", ERROR_LIST_LINE, 1 }, { "[]\n", ERROR_LIST_LINE, 1 }, { "[a]\nx\n", ERROR_LIST_LINE, 2 },
		{ "(a]\n", ERROR_LIST_LINE, 1 }, { "[a)\n", ERROR_LIST_LINE, 1 },
		{ "[a]\nfoo = x\n", ERROR_LIST_KEY, 2 }, { "; x\n[a]\nseconds = x\n", ERROR_LIST_VALUE, 3 },
		{ "[a]\nseconds = 1 2\n", ERROR_LIST_VALUE, 2 }, { "[a]\n\nverdict = good\n", ERROR_LIST_VALUE, 3 },
	};
	struct boot_entry entry;
	struct error error;
	bool there;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct boot_list list = list_of(cases[i].text);

		error = boot_list_next(&list, &entry, &there);
		assert_int_equal(error.code, cases[i].code);
		assert_int_equal(error.found, cases[i].line);
	}
}

int main(void)
{
	return RUN_TESTS("boot_list", entries, carriage_returns, bad_lists);
}
