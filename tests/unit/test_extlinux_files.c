/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configurations of syslinux that are in several files, and what of them is started by itself. */
#include "entry_scene.h"

#define MAIN "/isolinux/isolinux.cfg"

static struct ext_files files;

static void begin(const char *config)
{
	files = ext_files_new("\x11", "root");
	ext_files_text(&files, "live/vmlinuz", "kernel");
	ext_files_text(&files, "live/initrd", "initrd");
	ext_files_text(&files, "isolinux/linux", "kernel");
	ext_files_text(&files, "isolinux/vmlinuz-6.1.0", "kernel");
	ext_files_text(&files, &MAIN[1], config);
}

static void end(void)
{
	find(&files.image, 1);
	file_free(&files.image);
}

/* A configuration that is one file; which entry is started. */
static const char *started(const char *config)
{
	begin(config);
	end();
	return list.count != 0 ? list.entry[entries_default(&list)].id : NULL;
}

/* As Debian's live images have it: the labels are in files of files, whose paths all count from the first one's directory. */
static void debian_live(void **state)
{
	const struct entry *entry;

	(void)state;
	begin("# D-I config version 2.0\n# search path for the c32 support libraries (libcom32, libutil etc.)\npath \r\n"
	      "include menu/menu.cfg\r\ndefault vesamenu.c32\nprompt 0\ntimeout 300\ntimeout 50\n");
	ext_files_text(&files, "isolinux/menu/menu.cfg", "menu hshift 0\nmenu width 82\nmenu title Boot menu\nMENU  INCLUDE stdmenu.cfg\n"
		       "include live.cfg\n\tmenu begin utilities\n\tmenu label ^Utilities\n\tinclude stdmenu.cfg\nlabel hdt\n"
		       "menu label ^Hardware\ntext help\nlabel x\nlinux /live/vmlinuz\n endtext\ncom32 hdt.c32\nmenu clear\nmenu end\n"
		       "include gone.cfg\n");
	ext_files_text(&files, "isolinux/stdmenu.cfg", "menu background splash.png\nmenu color title\t* #FFFFFFFF *\n");
	ext_files_text(&files, "isolinux/live.cfg", "label live-amd64\n\tmenu label ^Live system (^amd64)\n\tmenu default\n\tlinux /live/vmlinuz\n"
		       "\tinitrd /live/initrd\n\tappend boot=live components quiet splash\n\nlabel live-failsafe\n\tlinux /live/vmlinuz\n"
		       "\tinitrd /live/initrd\n\tappend boot=live noapic\n");
	end();
	assert_string_equal(all_ids(), "live-amd64 live-failsafe ");
	entry = entry_of("live-amd64");
	assert_string_equal(entry->title, "Live system (amd64)");
	assert_string_equal(entry->file, "/isolinux/live.cfg");
	assert_string_equal(entry->options, "boot=live components quiet splash");
	assert_string_equal(entry->initrd[0], "/live/initrd");
	assert_true(entry->is_default);
	assert_int_equal(list.timeout, 5);
	assert_int_equal(list.note_count, 1);
	assert_true(has_note("/isolinux/gone.cfg", ERROR_FS_NO_FILE));
	assert_int_equal(list.text_used, 0);
}

/* Files that include themselves, or each other; and more of them than there may be. */
static void loops(void **state)
{
	char name[32], config[2048] = "";

	(void)state;
	begin("include isolinux.cfg\ninclude /isolinux/a.cfg\nlabel last\nlinux linux\n");
	ext_files_text(&files, "isolinux/a.cfg", "include isolinux.cfg\ninclude " MAIN "\nlabel a\nlinux linux\n");
	end();
	assert_string_equal(all_ids(), "a last ");
	assert_true(has_note(MAIN, ERROR_EXTLINUX_INCLUDE));
	assert_int_equal(list.note_count, 3);
	/* Seven files, one in the other, below the first one; the eighth is left out. */
	begin("include 1\n");
	for (unsigned i = 1; i < 10; i++) {
		snprintf(name, sizeof(name), "isolinux/%u", i);
		snprintf(config, sizeof(config), "include %u\nlabel in%u\nlinux linux\n", i + 1, i);
		ext_files_text(&files, name, config);
	}
	end();
	assert_string_equal(all_ids(), "in7 in6 in5 in4 in3 in2 in1 ");
	assert_true(has_note("/isolinux/8", ERROR_EXTLINUX_INCLUDE));
	/* 64 in all, with the first one. */
	config[0] = '\0';
	for (unsigned i = 0; i < 64; i++)
		strcat(config, "include a\n");
	begin(config);
	ext_files_text(&files, "isolinux/a", "label a\nlinux linux\n");
	end();
	assert_int_equal(list.count, 63);
	assert_int_equal(list.note_count, 1);
	assert_true(has_note("/isolinux/a", ERROR_EXTLINUX_INCLUDE));
}

/* APPEND before any label is for those that have none; "-" is none. */
static void global_append(void **state)
{
	(void)state;
	started("append initrd=/live/initrd ro  quiet\ninitrd /live/gone\nlabel a\nkernel linux\nlabel b\nkernel linux\nappend -\n"
		"label c\nkernel linux\nappend rw\nlabel d\nkernel linux root=x initrd=/gone\nlabel e\nkernel linux x\nappend -\n"
		"label f\nkernel linux\ninitrd /gone\ninitrd linux\n menu separator\nappend -\nlabel g\nkernel linux\n");
	assert_string_equal(all_ids(), "a b c d e f g ");
	assert_string_equal(entry_of("a")->options, "ro quiet");
	assert_string_equal(entry_of("a")->initrd[0], "/live/initrd");
	assert_string_equal(entry_of("b")->options, "");
	assert_int_equal(entry_of("b")->initrd_count, 0);
	assert_string_equal(entry_of("c")->options, "rw");
	assert_int_equal(entry_of("c")->initrd_count, 0);
	assert_string_equal(entry_of("d")->options, "root=x ro quiet");
	assert_string_equal(entry_of("d")->initrd[0], "/live/initrd");
	assert_string_equal(entry_of("e")->options, "x");
	/* The last INITRD counts, and more than any word. */
	assert_int_equal(entry_of("f")->initrd_count, 1);
	assert_string_equal(entry_of("f")->initrd[0], "/isolinux/linux");
	assert_string_equal(entry_of("g")->options, "");
}

#define TWO "label one\nlinux linux\nappend 1\nlabel two\nlinux linux\nappend 2 initrd=/live/initrd\n"

static void start(void **state)
{
	(void)state;
	assert_string_equal(started(TWO), "one");
	assert_string_equal(started(TWO "menu default\ndefault menu.c32\n"), "two");
	assert_string_equal(started("default one\ndefault two\n" TWO), "two");
	assert_string_equal(started("ui menu.c32\ndefault two\n" TWO "label three\nlinux linux\nmenu default\n"), "two");
	/* What a time that passes starts, where one is said. */
	assert_string_equal(started("default one\nontimeout two\n" TWO), "one");
	assert_string_equal(started("default one\nontimeout two\ntimeout 0\n" TWO), "one");
	assert_string_equal(started("default one\nontimeout two\ntimeout 010\n" TWO), "two");
	assert_string_equal(started("default one\nontimeout two\ntotaltimeout 9000\n" TWO), "two");
	/* Of two labels of a name the first counts. */
	started("default two\n" TWO "label two\nlinux linux\nappend other\n");
	assert_true(entry_of("two")->is_default);
	assert_int_equal(entries_default(&list), 1);
	assert_int_equal(list.note_count, 0);
}

/* A label with words behind it, and a kernel with words. */
static void commands(void **state)
{
	const struct entry *entry;

	(void)state;
	assert_string_equal(started("default two  single initrd=linux\n" TWO), "two  single initrd=linux");
	assert_string_equal(all_ids(), "one two two  single initrd=linux ");
	entry = &list.entry[2];
	assert_string_equal(entry->options, "2 single");
	assert_string_equal(entry->initrd[0], "/isolinux/linux");
	assert_string_equal(entry_of("two")->options, "2");
	assert_string_equal(started("timeout 5\nontimeout /live/vmlinuz speech initrd=/live/initrd\nappend ro\n" TWO),
			    "/live/vmlinuz speech initrd=/live/initrd");
	entry = &list.entry[2];
	assert_string_equal(entry->kernel, "/live/vmlinuz");
	assert_string_equal(entry->file, MAIN);
	assert_string_equal(entry->options, "ro speech");
	assert_int_equal(entry->initrd_count, 1);
	assert_int_equal(list.note_count, 0);
	assert_string_equal(started("default gone\n" TWO), "one");
	assert_int_equal(list.count, 2);
	assert_true(has_note(MAIN, ERROR_FS_NO_FILE));
	assert_string_equal(started("default\n" TWO), "one");
	assert_int_equal(list.note_count, 0);
}

/* A label that starts no Linux is no entry; it has a note where that changes what is started, or hides labels. */
static void others(void **state)
{
	(void)state;
	started("label a\ncom32 linux\nlabel b\nkernel reboot.c32\nlabel c\nlocalboot 0x80\nlabel d\nkernel memtest.bin\nlabel e\n"
		"linux linux\nboot linux\nlabel f\nkernel vmlinuz-6.1.0\nlabel g\nboot x\nlinux linux\nlabel -\nmenu label Other\n"
		"menu disable\nlabel back\nmenu exit\nlabel linux\nappend x\n");
	assert_string_equal(all_ids(), "f g linux ");
	assert_string_equal(entry_of("linux")->kernel, "/isolinux/linux");
	assert_int_equal(list.note_count, 0);
	assert_string_equal(started("default disk\n" TWO "label disk\nlocalboot 0\n"), "one");
	assert_true(has_note(MAIN, ERROR_EXTLINUX_LABEL));
	assert_string_equal(list.note[0].error.subject, "disk");
	assert_string_equal(started("label disk\nmenu default\nlocalboot 0\n" TWO), "one");
	assert_true(has_note(MAIN, ERROR_EXTLINUX_LABEL));
	assert_string_equal(started("default disk\nlabel disk\nlocalboot 0\n" TWO "menu default\n"), "two");
	assert_true(has_note(MAIN, ERROR_EXTLINUX_LABEL));
	assert_string_equal(started("default disk now\n" TWO "label disk\nlocalboot 0\n"), "one");
	assert_true(has_note(MAIN, ERROR_EXTLINUX_LABEL));
	/* A label that is its own kernel, and has no name. */
	started("label\n" TWO);
	assert_true(has_note(MAIN, ERROR_FS_NO_CONTENT));
	/* Labels of other files. */
	started("default sys\n" TWO "label sys\nconfig sys.cfg\nlabel more\nkernel vesamenu.c32\nappend more.cfg\nlabel menu\nkernel menu.c32\n"
		"label plain\nkernel menu.c32\nappend\nlabel off\nkernel menu.c32\nappend more.cfg\nmenu default\nmenu disable\n");
	assert_int_equal(list.note_count, 2);
	assert_string_equal(list.note[0].error.subject, "sys");
	assert_string_equal(list.note[1].error.subject, "more");
}

/* What a menu within a menu chooses counts only where the menu itself is chosen. */
static void menus(void **state)
{
	(void)state;
	assert_string_equal(started(TWO "menu begin\nlabel in\nlinux linux\nmenu default\nmenu end\nmenu end\n"), "one");
	assert_string_equal(started(TWO "menu begin\nmenu default\nlabel in\nlinux linux\nlabel on\nlinux linux\nmenu default\n"), "on");
	assert_string_equal(started(TWO "menu begin\nmenu start\nlabel in\nlinux linux\nmenu end\n"), "in");
	assert_string_equal(started("default one\n" TWO "menu begin\nmenu start\nlabel in\nlinux linux\nmenu end\n"), "one");
	assert_string_equal(started("menu begin\nlabel in\nlinux linux\nmenu end\nlabel a\nlinux linux\n"), "in");
	assert_string_equal(started("label hid\nmenu hide\nlinux linux\nlabel a\nlinux linux\n"), "a");
	assert_string_equal(started("default hid\nlabel a\nlinux linux\nlabel hid\nmenu hide\nlinux linux\n"), "hid");
	/* Deeper than is counted; the menu around them is still the outermost then. */
	assert_string_equal(started("label a\nlinux linux\nmenu begin\nmenu begin\nmenu begin\nmenu begin\nmenu begin\nmenu begin\nmenu begin\n"
				    "menu begin\nmenu begin\nlabel in\nlinux linux\nmenu default\nmenu end\nmenu end\nmenu end\nmenu end\n"
				    "menu end\nmenu end\nmenu end\nmenu end\nmenu end\nlabel b\nlinux linux\nmenu default\n"), "b");
	/* A file with a name behind it is a menu. */
	begin(TWO "menu include in.cfg more\nmenu include on.cfg\n");
	ext_files_text(&files, "isolinux/in.cfg", "label in\nlinux linux\nmenu default\n");
	ext_files_text(&files, "isolinux/on.cfg", "label on\nlinux linux\n");
	end();
	assert_string_equal(all_ids(), "one two in on ");
	assert_true(entry_of("one")->is_default);
}

static void hardship(void **state)
{
	uint32_t most;

	(void)state;
	begin("append ro initrd=/live/initrd\ninclude a.cfg\n" TWO "default a x\nontimeout ^\n");
	ext_files_text(&files, "isolinux/a.cfg", "include isolinux.cfg\nlabel a\nmenu label A^B^\nkernel linux y\nlabel menu\nconfig x\nlabel c\ncom32 c.c32\n");
	find(&files.image, 1);
	assert_string_equal(all_ids(), "a a x one two ");
	assert_string_equal(entry_of("a")->title, "AB");
	assert_string_equal(entry_of("a")->options, "y ro");
	most = list.pool_used + 2;
	for (uint32_t size = 0; size < most; size++) {
		find_in(&files.image, 1, size, ENTRY_TEXT_SIZE, UINT64_MAX);
		assert_true(list.pool_used <= size && list.count <= 4);
	}
	for (uint32_t size = 0; size < 300; size++) {
		find_in(&files.image, 1, ENTRY_POOL_SIZE, size, UINT64_MAX);
		assert_true(list.count <= 4);
	}
	for (uint64_t n = 0;; n++) {
		find_in(&files.image, 1, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, n);
		assert_true(list.count <= 4);
		if (disks[0].reads <= n)
			break;
	}
	file_free(&files.image);
}

int main(void)
{
	return RUN_TESTS("extlinux_files", debian_live, loops, global_append, start, commands, others, menus, hardship);
}
