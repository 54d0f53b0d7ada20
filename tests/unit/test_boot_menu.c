/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menu: which entry is chosen by which keys, and what line its kernel gets. */
#include "boot_scene.h"

#include <shim/boot_menu.h>

#define SECONDS 3

static struct volumes volumes = { .count = 1, .volume[0].name = "xvda1" };
static struct entry_list list;
static char line[24];
static struct menu menu;

static int begin_menu(void **state)
{
	static const char *const ids[] = { "a", "b", "c" };

	(void)state;
	list = (struct entry_list){ .volumes = &volumes, .count = 12 };
	for (uint32_t i = 0; i < list.count; i++)
		list.entry[i] = (struct entry){ .source = ENTRY_BLS, .id = ids[i % 3], .title = "title", .options = "root=x  quiet" };
	menu = (struct menu){ .list = &list, .seconds = SECONDS, .words = span("a=1", 3), .line = line, .line_size = sizeof(line) };
	said[0] = '\0';
	/* Ten milliseconds for each look at the clock. */
	machine_stub_step = 5000000;
	return 0;
}

static int end_menu(void **state)
{
	(void)state;
	machine_stub_step = 10;
	machine_stub_typed = "";
	return 0;
}

static void nobody(void **state)
{
	(void)state;
	menu.chosen = 2;
	boot_menu(&menu);
	assert_int_equal(menu.chosen, 2);
	assert_false(menu.is_edited);
	assert_said("lull: entry 11 xvda1 bls id=\"c\" title=\"title\"\n");
	assert_said("\rlull: entry   2 starts in     3 s: a number chooses, e edits, Enter starts "
		    "\rlull: entry   2 starts in     2 s: a number chooses, e edits, Enter starts "
		    "\rlull: entry   2 starts in     1 s: a number chooses, e edits, Enter starts \n");
}

static void choices(void **state)
{
	static const struct {
		const char *typed;
		uint32_t chosen;
	} cases[] = {
		{ "\r", 5 }, { "\n", 5 }, { "\1\1 \n", 5 }, { "2\n", 2 }, { "11\n", 11 }, { "12\n", 2 }, { "119\n", 9 },
		{ "\1" "1\1" "0\1\n", 10 }, { "/\n", 5 }, { ":\n", 5 }, { "\xff\n", 5 },
		{ "\33[A\n", 4 }, { "\33OB\n", 6 }, { "\33[B\33[B\33[A\n", 6 }, { "0\33[A\n", 0 }, { "11\33[B\n", 11 },
		{ "\33[C\n", 5 }, { "\33[\1\1\1\1\1\1\1A\n", 5 }, { "\33\1\1\1\1\1\1\1A\n", 5 }, { "\33\1[\1A\n", 4 }, { "\33x\n", 5 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_menu(NULL);
		menu.chosen = 5;
		machine_stub_typed = cases[i].typed;
		boot_menu(&menu);
		assert_int_equal(menu.chosen, cases[i].chosen);
		assert_string_equal(machine_stub_typed, "");
		assert_false(menu.is_edited);
	}
	assert_said("\rlull: entry   5                   : a number chooses");
	/* No digit means an entry of which there is none. */
	begin_menu(NULL);
	list.count = 3;
	menu.chosen = 1;
	machine_stub_typed = "7\n";
	boot_menu(&menu);
	assert_int_equal(menu.chosen, 1);
}

static void editing(void **state)
{
	static const struct {
		const char *typed, *line;
	} cases[] = {
		{ "e\n", "root=x  quiet a=1" },
		{ "e b\n", "root=x  quiet a=1 b" },
		{ "e\1\b2\r", "root=x  quiet a=2" },
		{ "e\177\177\177\177 \27x\n", "root=x  x" },
		{ "e\27\27\27\27\27y\177\177\n", "" },
		{ "e\25\27\25" "only\n", "only" },
		/* No room for more. */
		{ "e 1234567890\n", "root=x  quiet a=1 12345" },
		/* Bytes that are no letters, and a key of its own. */
		{ "e\2\33[A\25\xc3\xa4\n", "\xc3\xa4" },
		/* Another thought, and another one. */
		{ "e\25z\33\1\1\1\1\1\1\1e\n", "root=x  quiet a=1" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_menu(NULL);
		machine_stub_typed = cases[i].typed;
		boot_menu(&menu);
		assert_string_equal(line, cases[i].line);
		assert_true(menu.is_edited);
		assert_string_equal(machine_stub_typed, "");
	}
	assert_said("\nlull: the line of entry 0: Enter starts it");
	begin_menu(NULL);
	machine_stub_typed = "e\33\1\1\1\1\1\1\1" "1\n";
	boot_menu(&menu);
	assert_false(menu.is_edited);
	assert_int_equal(menu.chosen, 1);
}

static void what_is_shown(void **state)
{
	(void)state;
	list.entry[0].options = "a\177\nb";
	machine_stub_typed = "e\25\xc3z\177\177\177\n";
	boot_menu(&menu);
	assert_said("a??b a=1\b \b");
	assert_said("?z\b \b\b \b\n");
	/* A line without room cannot be edited. */
	begin_menu(NULL);
	menu.line_size = 10;
	machine_stub_typed = "e\n";
	boot_menu(&menu);
	assert_false(menu.is_edited);
}

int main(void)
{
	return RUN_TESTS_WITH(begin_menu, end_menu, "boot_menu", nobody, choices, editing, what_is_shown);
}
