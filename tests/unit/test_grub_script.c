/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of GRUB that are long: what has room is whole, and what has none is no entry. */
#include "grub_scene.h"

static char config[200000], line[GRUB_COMMAND_MOST + 100];

/* A line of Linux of `count` words, each of `length` letters. */
static const char *line_of(unsigned count, unsigned length)
{
	char *to = line;

	for (unsigned i = 0; i < count; i++) {
		memset(to, 'a' + (int)(i % 26), length);
		to[length] = ' ';
		to += length + 1;
	}
	to[-1] = '\0';
	return line;
}

static const struct entry *run_line(const char *options)
{
	snprintf(config, sizeof(config), "menuentry x { linux /k %s\n initrd /i\n}\n", options);
	run(config);
	return list.count != 0 && strcmp(list.entry[0].id, "x") == 0 ? &list.entry[0] : NULL;
}

/* The longest line that Linux takes on x86, in words of one letter nearly, and as many words as there is room for. */
static void lines(void **state)
{
	(void)state;
	assert_string_equal(run_line(line_of(40, 50))->options, line);
	assert_string_equal(run_line(line_of(GRUB_WORDS_MOST - 2, 3))->options, line);
	assert_int_equal(list.note_count, 0);
	assert_null(run_line(line_of(GRUB_WORDS_MOST - 1, 3)));
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_ENTRY_LONG));
}

/* Bytes: "linux", "/k" and the option, each with a zero behind it. */
static void bytes(void **state)
{
	const unsigned most = GRUB_COMMAND_MOST - sizeof("linux") - sizeof("/k") - 1;

	(void)state;
	assert_string_equal(run_line(line_of(1, most))->options, line);
	assert_int_equal(list.note_count, 0);
	assert_null(run_line(line_of(1, most + 1)));
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_ENTRY_LONG));
	/* A word of it that has no byte any more, and a variable behind that. */
	line_of(1, most);
	assert_null(run_line(strcat(line, " y$root")));
}

/* Other commands of an entry; and commands outside of one, which have a note and leave the entries behind them. */
static void others(void **state)
{
	(void)state;
	line_of(GRUB_WORDS_MOST, 3);
	snprintf(config, sizeof(config), "menuentry a { linux /k\n initrd /i %s\n}\nmenuentry b { linux /k\n}\n", line);
	run(config);
	assert_string_equal(all_ids(), "b vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	assert_int_equal(list.note_count, 1);
	line_of(1, GRUB_COMMAND_MOST);
	snprintf(config, sizeof(config), "set v=%s\nmenuentry b { linux /k\n}\nmenuentry c { chainloader %s\n}\n", line, line);
	run(config);
	assert_string_equal(all_ids(), "b vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	assert_int_equal(list.note_count, 1);
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_ENTRY_LONG));
}

/* Many entries with long lines have room, and the chosen one is there. */
static void many(void **state)
{
	size_t used = (size_t)sprintf(config, "set default=k11\n");

	(void)state;
	line_of(50, 26);
	assert_int_equal(strlen(line), 1349);
	for (unsigned i = 0; i < 12; i++)
		used += (size_t)sprintf(config + used, "menuentry k%u { linux /k %s\n initrd /i\n}\n", i, line);
	run(config);
	assert_string_equal(all_ids(), "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	for (unsigned i = 0; i < 12; i++)
		assert_string_equal(list.entry[i].options, line);
	assert_int_equal(entries_default(&list), 11);
	assert_int_equal(list.left_out, 0);
}

/* An entry that sets its root again and again takes no room for it. */
static void same_values(void **state)
{
	uint32_t once;

	(void)state;
	run("menuentry x { linux /k\n}\n");
	once = list.pool_used;
	run("root=$root\nset root=($root)\nmenuentry x { set root='lull00'\n linux /k\n}\n");
	assert_int_equal(list.pool_used, once);
}

/* Between double quotes too, a line may go on in the next one. */
static void continued(void **state)
{
	(void)state;
	assert_string_equal(run_line("\"a\\\nb\" \"c\\\n  d\"")->options, "ab \"c  d\"");
	assert_string_equal(run_line("\"a\nb\" 'c\\\nd'")->options, "a\nb c\\\nd");
}

/* Text that grows in place, and such as has other text behind it by now; and a pool that ends. */
static void appended(void **state)
{
	const char *one, *all;

	(void)state;
	list = (struct entry_list){ .memory = { .pool = pool, .pool_size = 16 } };
	one = entry_append(&list, NULL, span("ab", 2));
	assert_ptr_equal(entry_append(&list, one, span("cd", 2)), one);
	assert_string_equal(one, "abcd");
	entry_keep(&list, span("x", 1));
	all = entry_append(&list, one, span("ef", 2));
	assert_string_equal(all, "abcdef");
	assert_string_equal(one, "abcd");
	assert_null(entry_append(&list, one, span("g", 1)));
	assert_true(list.is_full);
	assert_null(entry_append(&list, all, span("h", 1)));
}

int main(void)
{
	return RUN_TESTS("grub_script", lines, bytes, others, many, same_values, continued, appended);
}
