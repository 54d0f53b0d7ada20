/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the entries on a disk is started, and with which line. */
#include "boot_scene.h"

#include <shim/boot_search.h>

/* Three entries of the Boot Loader Specification, the first with two initrds. */
static void add_entries_with(const char *options, const char *configuration)
{
	struct ext_files files = ext_files_new("1", "root");
	char entry[4200];

	snprintf(entry, sizeof(entry), "title One\nlinux /k\ninitrd /i\ninitrd /j\noptions %s\n", options);
	ext_files_text(&files, "loader/entries/c-one.conf", entry);
	ext_files_text(&files, "loader/entries/b-two.conf", "title \"Two\nlinux /l\noptions y\n");
	ext_files_text(&files, "loader/entries/a-three.conf", "linux /l\n");
	ext_files_text(&files, "loader/loader.conf", configuration);
	ext_files_text(&files, "k", "kernel");
	ext_files_text(&files, "l", "other");
	ext_files_text(&files, "i", "first");
	ext_files_text(&files, "j", "second");
	images[image_count++] = files.image.at;
	add(file_span(files.image));
}

static void add_entries(const char *options) { add_entries_with(options, "# none\n"); }

/* An entry's options, the loader's words behind them, and its initrds as one. */
static void options(void **state)
{
	(void)state;
	add_entries("root=/dev/x -- single");
	info.cmdline = "console=hvc0 lull.disk";
	assert_fine(boot_disk(&info));
	assert_string_equal(info.cmdline, "root=/dev/x console=hvc0 lull.disk -- single");
	assert_module(0, "kernel");
	assert_int_equal(range_size(info.module[1].where), 8 + 6);
	assert_memory_equal((void *)info.module[1].where.start, "first\0\0\0second", 14);
	assert_said("entry=\"One\" file=/k");
}

/* A line for which there is no room: the next entry. */
static void long_options(void **state)
{
	char words[BOOT_CMDLINE_SIZE];

	(void)state;
	add_entries("root=/dev/x");
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	info.cmdline = words;
	assert_fine(boot_disk(&info));
	assert_module(0, "other");
	assert_said("entry=\"a-three.conf\" file=/l");
	assert_said("warning disk xvda/k is passed over: cmdline-buffer");
	assert_string_equal(info.cmdline, words);
}

static void choice(void **state)
{
	static const char *const lines[][2] = { { "lull.entry=2", "\"a-three.conf\"" }, { "lull.entry=1", "\\\"Two" }, { "lull.entry=A-*", "\"a-three.conf\"" } };

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		begin(NULL);
		add_entries("root=/dev/x");
		info.cmdline = lines[i][0];
		assert_fine(boot_disk(&info));
		assert_module(0, "other");
		assert_said(lines[i][1]);
	}
	begin(NULL);
	add_entries("");
	info.cmdline = "lull.entry=4 lull.entry=a";
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NAME);
	assert_said("lull: entry 0 xvda bls id=\"c-one.conf\" title=\"One\" default\nlull: entry 1 xvda bls id=\"b-two.conf\" title=\"\\\"Two\"\n");
	begin(NULL);
	add_entries("");
	info.cmdline = "lull.list";
	assert_error(boot_disk(&info), ERROR_BOOT_LISTED);
	assert_said("lull: entry 2 xvda bls id=\"a-three.conf\" title=\"a-three.conf\"\n");
	assert_int_equal(info.module_count, 0);
}

/* Whichever read fails, it is said, and there is an end. */
static void each_read(void **state)
{
	bool fine = false;

	(void)state;
	for (uint64_t fails = 0; !fine; fails++) {
		struct error error;

		begin(NULL);
		add_entries("");
		memory_disk[0].fails = fails;
		error = boot_disk(&info);
		assert_true(!failed(error) || error.code == ERROR_BOOT_ENTRY_NONE);
		fine = memory_disk[0].reads <= fails;
		if (failed(error))
			more();
		assert_true(fine || strstr(said, "disk-read") != NULL);
	}
}

/* What is asked for has no room for its line: then the others in their order, from the first on. */
static void others(void **state)
{
	char words[BOOT_CMDLINE_SIZE];

	(void)state;
	add_entries("");
	memset(words, 'x', sizeof(words) - 1);
	memcpy(words, "lull.entry=1 ", 13);
	words[sizeof(words) - 1] = '\0';
	info.cmdline = words;
	assert_fine(boot_disk(&info));
	assert_module(0, "kernel");
	assert_said("warning disk xvda/l is passed over: cmdline-buffer");
}

/* When somebody is asked. */
static void waiting(void **state)
{
	static const struct {
		const char *words;
		bool waits;
	} cases[] = {
		{ "", true }, { "lull.timeout=0", false }, { "lull.timeout=2", true }, { "lull.entry=0", false },
		{ "lull.entry=0 lull.timeout=1", true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(NULL);
		add_entries_with("root=/dev/x", "timeout 5\n");
		info.cmdline = cases[i].words;
		machine_stub_typed = cases[i].waits ? "2\n" : "";
		assert_fine(boot_disk(&info));
		assert_string_equal(machine_stub_typed, "");
		assert_module(0, cases[i].waits ? "other" : "kernel");
		assert_int_equal(strstr(said, "starts in") != NULL, cases[i].waits);
	}
	begin(NULL);
	add_entries("");
	info.cmdline = "lull.timeout=1 b=2";
	machine_stub_typed = "2e\25edited\n";
	assert_fine(boot_disk(&info));
	assert_string_equal(info.cmdline, "edited");
	assert_said("entry=\"a-three.conf\"");
	/* Nobody is asked where there is no choice, or no time. */
	begin(NULL);
	add_entries_with("", "timeout 0\n");
	assert_fine(boot_disk(&info));
	assert_null(strstr(said, "starts in"));
	begin(NULL);
	add_entries("");
	info.cmdline = "lull.timeout=soon";
	assert_error(boot_disk(&info), ERROR_CMDLINE_TIMEOUT);
}

/* A file that went since the list was made. */
static void gone(void **state)
{
	static struct looked looked;
	static struct disk *disk;
	struct search search = { .info = &info, .looked = &looked };
	const struct entry entry = { .kernel = "/gone", .title = "x" };

	(void)state;
	add_entries("");
	disk = &memory_disk[0].disk;
	volumes_find(&looked.volumes, &disk, 1, looked.scratch);
	assert_error(boot_entry_take(&search, &entry, ""), ERROR_FS_NO_FILE);
	assert_int_equal(info.module_count, 0);
}

/* More than there is room for. */
static void left_out(void **state)
{
	static struct looked looked;
	static struct machine_disks none;
	const struct search search = { .info = &info, .looked = &looked, .disks = &none };

	(void)state;
	looked.volumes.left_out = 1;
	looked.list.left_out = 2;
	looked.list.notes_left_out = 4;
	boot_say_problems(&search);
	assert_string_equal(said, "lull: warning 7 more file systems, entries or reasons are left out\n");
	boot_say_of(&search);
	boot_say_looked();
	assert_said("looked:   7 more file systems");
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "boot_choice", options, long_options, choice, each_read, others, waiting, gone, left_out);
}
