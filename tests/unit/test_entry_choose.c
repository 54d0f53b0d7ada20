/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry is meant, and the line that its kernel gets. */
#include "unit.h"

#include <shim/disk/entry.h>

static struct volumes volumes;
static struct entry_list list;
static struct disk disk[2] = { { .name = "xvda" }, { .name = "xvdb" } };
static char pool[64];

static int begin(void **state)
{
	static const char *const ids[] = { "first", "second", "3" };

	(void)state;
	volumes = (struct volumes){ .disk = { &disk[0], &disk[1] }, .disk_count = 2, .count = 3 };
	volumes.volume[0] = (struct volume){ .disk = 0, .name = "xvda1" };
	volumes.volume[1] = (struct volume){ .disk = 0, .name = "xvda2" };
	volumes.volume[2] = (struct volume){ .disk = 1, .name = "xvdb" };
	list = (struct entry_list){ .volumes = &volumes, .count = 3, .memory = { .pool = pool, .pool_size = sizeof(pool) } };
	for (uint32_t i = 0; i < 3; i++)
		list.entry[i] = (struct entry){ .volume = i, .id = ids[i], .title = ids[i] };
	return 0;
}

static struct span words_of(const char *text) { return span(text, strlen(text)); }

static void limits(void **state)
{
	(void)state;
	entries_limit(&list, words_of("xvda2"));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.entry[0].id, "second");
	begin(NULL);
	entries_limit(&list, words_of("xvda"));
	assert_int_equal(list.count, 2);
	begin(NULL);
	entries_limit(&list, words_of("xvdb"));
	assert_string_equal(list.entry[0].id, "3");
	entries_limit(&list, words_of("xvd"));
	assert_int_equal(list.count, 0);
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(entries_named(&list, words_of("1")), 1);
	assert_int_equal(entries_named(&list, words_of("se*")), 1);
	assert_int_equal(entries_named(&list, words_of("FIRST")), 0);
	/* No number of the list, but an id. */
	assert_int_equal(entries_named(&list, words_of("3")), 2);
	assert_int_equal(entries_named(&list, words_of("4")), 3);
	assert_int_equal(entries_named(&list, words_of("")), 3);
	/* No room for the pattern. */
	list.pool_used = sizeof(pool);
	assert_int_equal(entries_named(&list, words_of("first")), 3);
}

static void numbers(void **state)
{
	uint32_t number;

	(void)state;
	assert_true(entry_number(words_of("120"), 120, &number));
	assert_int_equal(number, 120);
	assert_false(entry_number(words_of("121"), 120, &number));
	assert_false(entry_number(words_of("99999999999"), 120, &number));
	assert_false(entry_number(words_of(""), 120, &number));
	assert_false(entry_number(words_of("1x"), 120, &number));
}

static void lines(void **state)
{
	static const struct {
		enum entry_source source;
		const char *options, *words, *line;
	} cases[] = {
		{ ENTRY_BLS, "root=/dev/x ro", "console=hvc0 lull.disk", "root=/dev/x ro console=hvc0 lull.disk" },
		{ ENTRY_BLS, "root=/dev/x -- single", "a=1", "root=/dev/x a=1 -- single" },
		{ ENTRY_BLS, "-- single", "a=1", "a=1 -- single" },
		{ ENTRY_BLS, "a=\"b -- c\"  ", "a=1 ", "a=\"b -- c\" a=1" },
		{ ENTRY_BLS, "root=/dev/x", "", "root=/dev/x" },
		{ ENTRY_BLS, "", "a=1", "a=1" },
		{ ENTRY_FOUND, NULL, "a=1", "a=1" },
		{ ENTRY_GRUB, "root=/dev/x -- y", "a=1 lull.cmdline=replace", "a=1 lull.cmdline=replace" },
		{ ENTRY_GRUB, "root=/dev/x", "a=1 lull.cmdline=replaces", "root=/dev/x a=1 lull.cmdline=replaces" },
		{ ENTRY_UKI, NULL, "a=1", "lull.append a=1" },
		{ ENTRY_UKI, NULL, "a=1 lull.cmdline=replace", "a=1 lull.cmdline=replace" },
	};
	char out[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct entry entry = { .source = cases[i].source, .options = cases[i].options };
		const size_t length = strlen(cases[i].line);

		assert_fine(entry_line(&entry, words_of(cases[i].words), out, sizeof(out)));
		assert_string_equal(out, cases[i].line);
		assert_fine(entry_line(&entry, words_of(cases[i].words), out, length + 1));
		assert_string_equal(out, cases[i].line);
		for (size_t room = 1; room <= length; room++) {
			struct error error = entry_line(&entry, words_of(cases[i].words), out, room);

			assert_error(error, ERROR_CMDLINE_BUFFER);
			assert_int_equal(error.found, length);
			assert_string_equal(out, "");
		}
	}
}

int main(void)
{
	return RUN_TESTS_WITH(begin, NULL, "entry_choose", limits, names, numbers, lines);
}
