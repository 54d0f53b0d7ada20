/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration that would be read without end is read up to a bound, and a long one that is meant is read as a whole. */
#include "grub_scene.h"

static char config[ENTRY_TEXT_SIZE + 1000];

/* A thing of which there is too much, so that the entry behind it is not read. */
static void check_too_much(const char *what)
{
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_GRUB_COSTS));
	assert_string_equal(list.note[list.note_count - 1].error.subject, what);
	assert_string_equal(all_ids(), "first vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
}

/* It reads itself, in each of its lines: each time that is refused. */
static void itself(void **state)
{
	size_t used = (size_t)sprintf(config, "menuentry first { linux /k\n}\n");

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		used += (size_t)sprintf(config + used, "source /boot/grub/grub.cfg\n");
	sprintf(config + used, "menuentry last { linux /k\n}\n");
	run(config);
	assert_string_equal(all_ids(), "first last vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	assert_int_equal(list.note_count, 10);
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_GRUB_NESTED));
	for (unsigned i = 0; i < 60; i++)
		used += (size_t)sprintf(config + used, "source /boot/grub/grub.cfg\n");
	sprintf(config + used, "menuentry last { linux /k\n}\n");
	run(config);
	/* The notes have no more room. */
	assert_int_equal(list.notes_left_out, 0);
	check_too_much("files to read");
}

/* Two that read each other, by other names each time; and blocks of variables, which are files too. */
static void files(void **state)
{
	struct ext_files system = system_with("menuentry first { linux /k\n}\nsource /a\nmenuentry last { linux /k\n}\n");
	size_t used = 0;

	(void)state;
	ext_files_text(&system, "a", "source /b\nsource //b\nsource ///b\nsource ////b\n");
	ext_files_text(&system, "b", "source /a\nsource //a\nsource ///a\nsource ////a\n");
	find(&system.image, 1);
	check_too_much("files to read");
	file_free(&system.image);
	used = (size_t)sprintf(config, "menuentry first { linux /k\n}\n");
	for (unsigned i = 0; i < GRUB_ALL_FILES_MOST; i++)
		used += (size_t)sprintf(config + used, "load_env -f /boot/grub/grub.cfg\n");
	sprintf(config + used, "menuentry last { linux /k\n}\n");
	run(config);
	check_too_much("files to read");
}

/* Paths that are looked for, by commands and for entries; what is behind the last is not read, and the entry around it is none. */
static void paths(void **state)
{
	static const char *const looks[] = {
		"search --file /none\n", "if [ -f /none ]; then x; fi\n", "menuentry gone { linux /none\n}\n",
		"menuentry gone { linux /k\n initrd /none /none /none\n}\n",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		size_t used = (size_t)sprintf(config, "menuentry first { linux /k\n}\n");

		for (unsigned look = 0; look < 4200; look++)
			used += (size_t)sprintf(config + used, "%s", looks[i]);
		sprintf(config + used, "menuentry last { linux /k\n}\n");
		run(config);
		assert_string_equal(all_ids(), "first vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
		assert_true(i >= 2 || has_note("/boot/grub/grub.cfg", ERROR_GRUB_COSTS));
	}
	sprintf(config, "menuentry first { linux /k\n}\nmenuentry cut { linux /k\n");
	for (unsigned look = 0; look < 4200; look++)
		strcat(config + 50 + 20 * look, "search --file /none\n");
	run(config);
	check_too_much("paths to look for");
}

/* Looking on every disk takes longer: they are opened, one after the other. */
static void opens(void **state)
{
	size_t used = (size_t)sprintf(config, "menuentry first { linux /k\n}\n");
	struct ext_files system, other = ext_files_new("\x22", "other");
	struct file images[2];

	(void)state;
	for (unsigned look = 0; look < GRUB_ALL_OPENS_MOST; look++)
		used += (size_t)sprintf(config + used, "search --file /none\n");
	sprintf(config + used, "menuentry last { linux /k\n}\n");
	system = system_with(config);
	images[0] = system.image;
	images[1] = other.image;
	find(images, 1);
	entry_of("last");
	find(images, 2);
	check_too_much("file systems to look into");
	file_free(&images[0]);
	file_free(&images[1]);
}

/* Files of words and variables, each of which is as long as it may be. */
static void words(void **state)
{
	static const char *const texts[] = { "a ", "$a ", "\n$a$a$a", "a\n" };

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ext_files system = system_with("menuentry first { linux /k\n}\nsource /a\nsource /a\nsource /a\nsource /a\nsource /a\n"
						      "source /a\nmenuentry last { linux /k\n}\n");

		for (size_t used = 0; used < 130000; used += strlen(texts[i]))
			strcpy(config + used, texts[i]);
		ext_files_text(&system, "a", config);
		find(&system.image, 1);
		check_too_much("words");
		file_free(&system.image);
	}
}

/* One that is meant: hundreds of entries, of which the list has its share, and the default is found. */
static void meant(void **state)
{
	size_t used = (size_t)sprintf(config, "set default=e100\n");

	(void)state;
	for (unsigned i = 0; i < 600; i++)
		used += (size_t)sprintf(config + used, "menuentry 'Entry %u' --class os --id e%u {\n\tinsmod part_gpt\n\tinsmod ext2\n"
			"\tset root='hd0,gpt2'\n\tif [ x$feature_platform_search_hint = xy ]; then\n"
			"\t  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2 " ROOT_UUID "\n"
			"\telse\n\t  search --no-floppy --fs-uuid --set=root " ROOT_UUID "\n\tfi\n\tif [ -f /k ]; then true; fi\n"
			"\tlinux /k root=UUID=" ROOT_UUID " ro quiet splash $vt_handoff\n\tinitrd /i /i\n}\n", i, i);
	run(config);
	assert_int_equal(list.count, ENTRIES_MOST);
	assert_int_equal(list.note_count, 0);
	assert_int_equal(entries_default(&list), 100);
	assert_true(list.left_out >= 600 - ENTRIES_MOST);
}

int main(void)
{
	return RUN_TESTS("grub_costs", itself, files, paths, opens, words, meant);
}
