/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What entries of grub.cfg are called, and the devices that they are on. */
#include "grub_scene.h"
#include "partition_builder.h"

/* The id that the only entry has. */
static void check_names(const char *words, const char *title, const char *id)
{
	char config[300];

	snprintf(config, sizeof(config), "menuentry %s { linux /k\n}\n", words);
	run(config);
	if (strcmp(list.entry[0].title, title) != 0 || strcmp(list.entry[0].id, id) != 0)
		fail_msg("%s: title %s id %s", words, list.entry[0].title, list.entry[0].id);
}

/* Options stand anywhere; the title is the first word that is none, nor the value of one. */
static void names(void **state)
{
	static const struct { const char *words, *title, *id; } all[] = {
		{ "A B", "A", "A" }, { "--class os --unrestricted 'The A' --id a", "The A", "a" }, { "--id a A", "A", "a" },
		{ "--id=a --class=os A", "A", "a" }, { "A --id=b=c", "A", "b=c" }, { "--users root --hotkey k --source s A", "A", "A" },
		{ "--users '' A", "A", "A" }, { "--users --id a A", "A", "a" }, { "A --id", "A", "A" }, { "A --id=", "A", "" },
		{ "--unrestricted=x A", "A", "A" }, { "-- --id a", "--id", "--id" }, { "A -- --id a", "A", "A" },
		{ "--idea A", "--idea", "--idea" },
		{ "-x A", "-x", "-x" }, { "--id a", "", "a" }, { "A --id a --id b", "A", "b" }, { "a=b --class c", "a=b", "a=b" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_names(all[i].words, all[i].title, all[i].id);
	run("default='The B'\nmenuentry --class os A { linux /k\n}\nmenuentry --class os --unrestricted 'The B' { linux /k\n}\n");
	assert_int_equal(entries_default(&list), 1);
	run("default='S>B'\nsubmenu --class os S { menuentry A { linux /k\n}\nmenuentry B { linux /k\n}\n}\n");
	assert_int_equal(entries_default(&list), 1);
}

/* Root is set with parentheses around the device, or without them; other variables keep theirs. */
static void roots(void **state)
{
	static const char *const commands[] = {
		"set root='(hd0)'", "set root=(hd0)", "root=(hd0)", "set root=hd0", "set root='(lull0)'", "set root=(hd0); x=$root; root=(${x})",
	};
	char config[200];

	(void)state;
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(config, sizeof(config), "root=hd7\n%s\nmenuentry x { linux /k\n initrd ($root)/i\n}\n", commands[i]);
		run(config);
		assert_int_equal(entry_of("x")->initrd_count, 1);
		assert_int_equal(list.note_count, 0);
	}
	run("x=(hd0)\nmenuentry x { linux $x/k\n}\nroot=(hd0\nmenuentry w { linux /k\n}\nroot=(\nmenuentry y { linux /k\n}\nroot=\nmenuentry z { linux (hd0)/k\n}\n");
	assert_string_equal(entry_of("x")->kernel, "/k");
	assert_string_equal(all_ids(), "x z vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
}

/* The same with a partition. */
static void partitions(void **state)
{
	struct ext_files system = system_with("menuentry x { set root='(hd0,msdos2)'\n"
	    " linux /k\n}\nmenuentry y { set root=(hd0,2)\n linux /k\n}\n");
	struct file disk = file_new(64 * 512 + system.image.size);

	(void)state;
	memcpy(disk.at + 64 * 512, system.image.at, system.image.size);
	mbr_put(disk, 0, 1, 0x83, 64, (uint32_t)(system.image.size / 512));
	find(&disk, 1);
	assert_string_equal(all_ids(), "x y vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	file_free(&disk);
	file_free(&system.image);
}

/* An entry on a device that is not there, or not read, is passed over, and the note names the device. */
static void devices(void **state)
{
	static const struct { const char *body, *device; } all[] = {
		{ "linux (lvm/vg-root)/k", "lvm/vg-root" }, { "linux (hd1,msdos1)/k\n initrd /i", "hd1,msdos1" },
		{ "linux /k\n initrd /i (hd9)/i", "hd9" },
		{ "set root=lvmid/a/b\n linux /k", "lvmid/a/b" }, { "linux /k\n linux (hd7)/k", "hd7" }, { "linux (hd8)/k\n linux /k", "hd8" },
		{ "linux (a-name-that-is-longer-than-any-device-of-lull)/k", "a-name-that-is-longer-than-any-device-of-lull" },
		{ "linux /k\n initrd (hd1)/i", "hd1" },
	};
	char config[300];

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(config, sizeof(config), "menuentry x { %s\n}\nmenuentry y { linux /k\n}\n", all[i].body);
		run(config);
		assert_string_equal(all_ids(), "y vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
		assert_int_equal(list.note_count, 1);
		assert_int_equal(list.note[0].error.code, ERROR_GRUB_DEVICE);
		assert_string_equal(list.note[0].error.subject, all[i].device);
	}
	/* What starts no Linux has no note. */
	run("menuentry x { set root=hd9\n chainloader (hd9)+1\n module2 (hd9)/k\n configfile (hd9)/grub.cfg\n"
	    "}\nlinux (hd9)/k\ninitrd (hd9)/i\n");
	assert_int_equal(list.note_count, 0);
}

/* An initrd is not taken from the kernel's file system when it is said to be on another one, which has it too. */
static void two_devices(void **state)
{
	struct ext_files here = system_with("menuentry x { linux (hd0)/k\n initrd (hd1)/i\n"
	    "}\nmenuentry y { linux (hd1)/k\n initrd (hd1)/i\n}\n");
	struct ext_files other = ext_files_new("\x22", "other");
	struct file images[2];

	(void)state;
	ext_files_text(&other, "k", "kernel");
	ext_files_text(&other, "i", "initrd");
	images[0] = here.image;
	images[1] = other.image;
	find(images, 2);
	assert_int_equal(entry_of("y")->volume, 1);
	assert_int_equal(list.note_count, 1);
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_GRUB_DEVICE));
	assert_string_equal(list.note[0].error.subject, "hd1");
	file_free(&images[0]);
	file_free(&images[1]);
}

/* What distributions write that changes no entry has no note. */
static void known(void **state)
{
	(void)state;
	run("if [ -z \"$boot_counter\" ]; then\n decrement boot_counter\nfi\nmenuentry x { linux /k\n boot\n}\n"
	    "menuentry Windows --class windows { parttool ${root} hidden-\n"
	    " drivemap -s (hd0) ${root}\n ntldr /bootmgr\n chainloader +1\n}\n");
	assert_int_equal(list.note_count, 0);
}

/* A configuration that a link leads to as well is read once. */
static void read_once(void **state)
{
	struct ext_files files = system_with("menuentry x { linux /k\n}\n");
	bool is_new;
	unsigned boot, config, other;

	(void)state;
	ext_files_text(&files, "grub/grub.cfg", "menuentry y { linux /k\n}\n");
	find(&files.image, 1);
	assert_string_equal(all_ids(), "x y vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	boot = ext_files_name(&files, ext_files_name(&files, EXT_ROOT, "boot", 4, &is_new), "grub", 4, &is_new);
	config = ext_files_name(&files, boot, "grub.cfg", 8, &is_new);
	other = ext_files_name(&files, EXT_ROOT, "grub", 4, &is_new);
	file_put(files.image, ext_block_at(files.home[other]), config, 4);
	find(&files.image, 1);
	assert_string_equal(all_ids(), "x vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	file_free(&files.image);
}

int main(void)
{
	return RUN_TESTS("grub_menu", names, roots, partitions, devices, two_devices, known, read_once);
}
