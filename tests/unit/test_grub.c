/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grub_debian.h"
#include "grub_scene.h"
#include "partition_builder.h"

/* What a condition chooses, as the options of the only entry. */
static void check_condition(const char *condition, bool wanted)
{
	char config[1000];

	snprintf(config, sizeof(config), "set a=1\nset e=\nif %s; then\nmenuentry x { linux /k yes\n}\nelse menuentry x { linux /k no\n}\nfi\n", condition);
	run(config);
	if (strcmp(entry_of("x")->options, wanted ? "yes" : "no") != 0)
		fail_msg("%s", condition);
}

static void debian(void **state)
{
	struct ext_files files = system_with(grub_debian);
	const struct entry *entry;

	(void)state;
	find(&files.image, 1);
	assert_int_equal(list.note_count, 0);
	entry = entry_of("gnulinux-simple-0fd0e86c");
	assert_string_equal(entry->title, "Debian GNU/Linux");
	assert_string_equal(entry->kernel, "/boot/vmlinuz-6.1.0-56-amd64");
	assert_string_equal(entry->initrd[0], "/boot/initrd.img-6.1.0-56-amd64");
	assert_int_equal(entry->initrd_count, 1);
	assert_string_equal(entry->options, "root=UUID=" ROOT_UUID " ro quiet");
	assert_true(entry->is_default);
	assert_int_equal(entries_default(&list), 0);
	assert_int_equal(list.timeout, 5);
	entry = entry_of("gnulinux-6.1.0-9-amd64-recovery-0fd0e86c");
	assert_string_equal(entry->options, "root=UUID=" ROOT_UUID " ro single \"dyndbg=file x +p\"");
	assert_string_equal(all_ids(), "gnulinux-simple-0fd0e86c gnulinux-6.1.0-56-amd64-advanced-0fd0e86c "
				       "gnulinux-6.1.0-9-amd64-recovery-0fd0e86c vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	file_free(&files.image);
}

/* The system may lie in a subvolume of btrfs, which is a directory from the top. */
static void subvolumes(void **state)
{
	static const struct { const char *subvolume, *config; } all[] = {
		{ "@", "@/boot/grub/grub.cfg" }, { "@", "@/boot/grub2/grub.cfg" }, { "@rootfs", "@rootfs/boot/grub/grub.cfg" },
		{ "@rootfs", "@rootfs/boot/grub2/grub.cfg" }, { "root", "root/boot/grub/grub.cfg" }, { "root", "root/boot/grub2/grub.cfg" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ext_files files = ext_files_new("\x11", "root");
		char kernel[100], config[200], options[200];

		snprintf(kernel, sizeof(kernel), "%s/boot/vmlinuz-6.1", all[i].subvolume);
		snprintf(config, sizeof(config), "menuentry x --id x {\n linux /%s rootflags=subvol=%s\n}\n", kernel, all[i].subvolume);
		snprintf(options, sizeof(options), "root=UUID=" ROOT_UUID " rootflags=subvol=%s ro", all[i].subvolume);
		ext_files_text(&files, kernel, "kernel");
		ext_files_text(&files, all[i].config, config);
		find(&files.image, 1);
		assert_string_equal(all_ids(), "x vmlinuz-6.1 ");
		assert_string_equal(entry_of("x")->kernel + 1, kernel);
		assert_string_equal(entry_of("vmlinuz-6.1")->kernel + 1, kernel);
		assert_string_equal(entry_of("vmlinuz-6.1")->options, options);
		file_free(&files.image);
	}
}

/* The saved entry in all its forms, in the block that GRUB keeps.  next_entry, for one start, is not obeyed. */
static void defaults(void **state)
{
	static const struct { const char *saved, *id; } all[] = {
		{ "0", "a" }, { "1", "b1" }, { "1>0", "b1" }, { "1>1", "b2" }, { "B", "b1" }, { "B>b2", "b2" }, { "menu>Title b2", "b2" },
		{ "c", "c" }, { "2", "c" }, { "Title c", "c" }, { "b2", NULL }, { "1>5", NULL }, { "1>1>1", NULL }, { "7", NULL },
		{ "1>2>0", "deep" }, { "1>2", "deep" }, { "99999999999", NULL }, { "0x", NULL }, { "", "a" }, { ">", NULL }, { "-", NULL },
	};
	char env[400];

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ext_files files = system_with("load_env\nset default=\"$saved_entry\"\nif [ -n \"$next_entry\" ]; then default=2; fi\n"
			"menuentry 'Title a' --id a { linux /k\n}\nsubmenu B --id menu {\n menuentry 'Title b1' --id b1 {\nlinux /k\n}\n"
			" menuentry 'Title b2' --id b2 {\nlinux /k\n}\nsubmenu D { menuentry deep { linux /k\n}\n}\n}\n"
			"menuentry 'Title c' --id c {\nlinux /k\n}\n");
		bool found = false;

		snprintf(env, sizeof(env), "# GRUB Environment Block\n# WARNING\nsaved_entry=%s\nnext_entry=2\nodd\n######", all[i].saved);
		ext_files_text(&files, "boot/grub/grubenv", env);
		find(&files.image, 1);
		for (uint32_t entry = 0; entry < list.count; entry++) {
			if (list.entry[entry].is_default)
				assert_string_equal(list.entry[entry].id, all[i].id);
			found = found || list.entry[entry].is_default;
		}
		if (found != (all[i].id != NULL))
			fail_msg("%s", all[i].saved);
		file_free(&files.image);
	}
}

/* The first item of a menu that begins with a menu. */
static void nested_default(void **state)
{
	(void)state;
	run("set default=0\nsubmenu A { submenu B { menuentry x { linux /k\n}\n}\n}\n");
	assert_true(entry_of("x")->is_default);
}

/* Another block, one that is none, and one that is not there. */
static void environments(void **state)
{
	struct ext_files files = system_with("load_env -f /env\nload_env --file /none x\nload_env -f (hd5)/env\nload_env -f\n"
					     "menuentry x { linux /k $o\n}\n");

	(void)state;
	ext_files_text(&files, "env", "# GRUB Environment Block\n# o=c\no=a b\n");
	ext_files_text(&files, "boot/grub/grubenv", "o=wrong");
	find(&files.image, 1);
	assert_string_equal(entry_of("x")->options, "a b");
	file_free(&files.image);
}

static void conditions(void **state)
{
	static const struct { const char *condition; bool wanted; } all[] = {
		{ "[ 1 = 1 ]", true }, { "[ 1 == 2 ]", false }, { "[ 1 != 2 ]", true }, { "[ $a -eq 01 ]", true }, { "[ 1 -ne 2 ]", true },
		{ "[ -1 -lt 0 ]", true }, { "[ 1 -le 1 ]", true }, { "[ 2 -gt 10 ]", false }, { "[ 2 -ge 1 ]", true }, { "[ 2 -xx 1 ]", false },
		{ "[ 0 -ge 1 ]", false }, { "[ -z \"$e\" ]", true }, { "[ -n \"$e\" ]", false }, { "[ -n $a ]", true }, { "[ -z $a ]", false },
		{ "[ $e ]", false }, { "[ \"$e\" ]", false }, { "[ x ]", true }, { "[ ! x ]", false }, { "! [ x ]", false },
		{ "test x = x", true }, { "! test x", false }, { "[ x -a y ]", true }, { "[ x -a '' ]", false }, { "[ '' -o y ]", true },
		{ "[ '' -o '' ]", false }, { "[ -f /k ]", true }, { "[ -f /boot ]", false }, { "[ -d /boot ]", true }, { "[ -d /k ]", false },
		{ "[ -e /boot ]", true }, { "[ -e /none ]", false }, { "[ -s /k ]", true }, { "[ -s /empty ]", false }, { "[ -f /empty ]", true },
		{ "[ -f (lull0)/k ]", true }, { "[ -f (lull9)/k ]", false }, { "[ -f (hd0)/k ]", true }, { "[ -f (hd0,gpt1)/k ]", false },
		{ "[ -f (hd0,)/k ]", false }, { "[ -f (hdx)/k ]", false }, { "[ -f (cd0)/k ]", false }, { "[ -f (lull)/k ]", false },
		{ "[ -f (a-very-long-name-of-a-device-that-is-none)/k ]", false }, { "[ -f (hd0 ]", false }, { "[ a b ]", false },
		{ "[ a b c d ]", false }, { "[ x", false }, { "true", true }, { "false", false }, { "loadfont x", false }, { "!", false }, { "", false },
		{ "search --file /k --set=r", true }, { "search --set=r -f /none", false }, { "search -u " ROOT_UUID, true },
		{ "search --fs-uuid 0000", false }, { "search --label root", true }, { "search --fs-label nothing", false }, { "search -l Root", false },
		{ "search", false }, { "search --file /k --no-floppy --hint x", false }, { "search.fs_uuid " ROOT_UUID " r", true },
		{ "search.fs_label root", true }, { "search.file /k r", true }, { "search.file", false }, { "[ x$feature_any = xy ]", true },
		{ "[ \"$grub_platform\" = xen -a ! -f /none -o '' ]", true }, { "[ -x /k ]", true }, { "[ xy z ]", false },
		{ "[ 1x -eq 1 ]", true }, { "[ 9999999999 -eq 1 ]", false }, { "[ 1/ -eq 1 ]", true }, { "[ '' -a x ]", false },
		{ "[ -f (hd99999999)/k ]", false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_condition(all[i].condition, all[i].wanted);
}

/* Words: quotes, variables, comments, and lines that go on. */
static void words(void **state)
{
	static const struct { const char *line, *options; } all[] = {
		{ "a  b\tc # d", "a b c" }, { "a'b c'd", "\"ab cd\"" }, { "\"x\\\"y\\$z\\\\\\q\"", "x\"y$z\\\\q" }, { "a\\ b", "\"a b\"" },
		{ "$v ${v} \"$v\"", "1 2 1 2 \"1 2\"" }, { "$none x", "x" }, { "'' x", " x" }, { "a$", "a$" }, { "${v", "1 2" }, { "a\\\n b", "a b" },
		{ "#x", "" }, { "x#y", "x#y" }, { "{a}", "{a}" }, { "${}x", "$x" }, { "$v$v", "1 21 2" }, { "\"$\"", "$" }, { "a\\\\", "a\\" },
		{ "$blank", "" }, { "$v_ $V9", "" }, { "\r", "" },
		{ "$v|", "1 2|" }, { "a \\\nb", "a b" },
	};
	char config[500];

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(config, sizeof(config), "v='1 2'; blank=' '\nmenuentry x {\nlinux /k %s\n}\n", all[i].line);
		run(config);
		assert_string_equal(entry_of("x")->options, all[i].options);
	}
	/* What ends with the file: a quote, a backslash, a brace, a variable. */
	run("menuentry x { linux /k 'a");
	assert_string_equal(entry_of("x")->options, "a");
	run("menuentry x { linux /k \"a$");
	assert_string_equal(entry_of("x")->options, "a$");
	run("menuentry x { linux /k \"a");
	run("menuentry x { linux /k a\\");
	assert_string_equal(entry_of("x")->options, "a\\");
	run("menuentry x { linux /k }");
	assert_string_equal(entry_of("x")->options, "");
	run("menuentry x {");
	assert_int_equal(list.entry[0].source, ENTRY_FOUND);
	run("# only a comment");
	run("if {");
}

/* The other ways in which distributions write entries. */
static void forms(void **state)
{
	(void)state;
	run("unset\nunset v\nset\nset noequal\nv=1\nunset v\nlinux /k outside\ninitrd /i\n"
	    "search --set=drive1 --label root\nsearch --set=drive2 --label none\nconfigfile\nsource (hd7)/x\n"
	    "menuentry NixOS { linux ($drive1)//k init=/nix/store/x\n initrd ($drive1)//i /i\n configfile /boot/grub/other\n}\n"
	    "menuentry efi { linuxefi /k $v\n initrdefi /i\n}\nmenuentry old { linux16 /k\n initrd16 /i (hd9)/i\n}\n"
	    "menuentry twice { linux /k\n linux (hd7)/k\n}\nmenuentry nokernel { linux\n}\nmenuentry elsewhere { set root=hd7\n linux /k\n}\nmenuentry after { linux /k\n}\n"
	    "menuentry gone { linux /gone\n}\nmenuentry { linux /k noname\n}\nmenuentry x --id\n"
	    "menuentry outer { menuentry inner { linux /k inner\n}\nsubmenu s { linux /k s\n}\nlinux /k outer\n}\n"
	    "for x in 1 2; do\nlinux /k\ndone\nwhile true; do echo; done\nuntil false; do echo; done\nelse\nelif true\nfi\n}\n"
	    "function f { menuentry no { linux /k\n}\n}\nf\nfunction {\n}\n{\nmenuentry no2 {\n linux /k\n}\n}\n"
	    "if false; then a; elif true; then menuentry yes { linux /k\n}\nelif true; then b; else c; fi\n"
	    "if false; then if true; then menuentry no { linux /k\n}\nelse menuentry no { linux /k\n}\nfi\nfi\n"
	    "if true; then echo; elif false; then x; else menuentry no { linux /k\n}\nfi\n"
	    "if true; then echo; else menuentry no { linux /k\n}\nelif true; then x\nfi\n"
	    "[ x ]\ntest x\nif false; then submenu s { linux /k\n}\nfi\n"
	    "frobnicate\nfrobnicate\ntimeout=-1\nmenuentry many { linux /k\n initrd /i /i /i /i /i /i /i /i /i\n}\nmenuentry most { linux /k\n initrd /i /i /i /i /i /i /i /i\n}\n"
	    "multiboot2 /xen.gz\nsubmenu q\nmenuentry { else\n}\n");
	assert_string_equal(all_ids(), "NixOS efi after  outer yes most vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	assert_string_equal(entry_of("NixOS")->kernel, "//k");
	assert_int_equal(entry_of("NixOS")->initrd_count, 2);
	assert_string_equal(entry_of("outer")->options, "outer");
	assert_int_equal(entry_of("most")->initrd_count, ENTRY_INITRDS_MOST);
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_ENTRY_LONG));
	assert_int_equal(list.timeout, -1);
	/* The unknown command is named once. */
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_GRUB_COMMAND));
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_FS_NO_FILE));
}

/* Other files: one that is there, one that is not, one that reads itself, and one on another disk. */
static void files(void **state)
{
	struct ext_files here = system_with("source /boot/grub/custom.cfg\n. /none\nsearch --set=root --label other\nconfigfile /its.cfg\n"
					    "menuentry last { linux /k2\n}\n");
	struct ext_files other = ext_files_new("\x22", "other");
	struct file images[2];

	(void)state;
	ext_files_text(&here, "boot/grub/custom.cfg", "menuentry custom { linux /k\n}\nif true; then\nmenuentry open { linux /k");
	ext_files_text(&other, "its.cfg", "menuentry its { linux /k2\n}\nsource /its.cfg");
	ext_files_text(&other, "k2", "kernel");
	images[0] = here.image;
	images[1] = other.image;
	find(images, 2);
	assert_int_equal(entry_of("custom")->volume, 0);
	assert_int_equal(entry_of("open")->volume, 0);
	assert_int_equal(entry_of("its")->volume, 1);
	assert_int_equal(entry_of("last")->volume, 1);
	assert_true(has_note("/none", ERROR_FS_NO_FILE));
	assert_true(has_note("/its.cfg", ERROR_GRUB_NESTED));
	/* A configuration that is too large, and one that is a directory. */
	find_in(images, 2, ENTRY_POOL_SIZE, 50, UINT64_MAX);
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_ENTRY_CONFIG));
	file_free(&images[0]);
	file_free(&images[1]);
}

/* More of everything than there is room for. */
static void limits(void **state)
{
	static char config[60000];
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		used += (size_t)sprintf(config + used, i < 40 ? "set v%u=x; unknown%u\n" : "set v%u=x; function f%u {\n}\n", i, i);
	for (unsigned i = 0; i < 35; i++)
		used += (size_t)sprintf(config + used, "submenu s%u { menuentry e%u { linux /k $v99\n}\n}\n", i, i);
	for (unsigned i = 0; i < 40; i++)
		used += (size_t)sprintf(config + used, "if true; then\n");
	sprintf(config + used, "menuentry never { linux /k\n}\n");
	run(config);
	entry_of("e30");
	assert_true(has_note("/boot/grub/grub.cfg", ERROR_GRUB_NESTED));
	for (uint32_t i = 0; i < list.count; i++)
		assert_true(strcmp(list.entry[i].id, "e34") != 0 && strcmp(list.entry[i].id, "never") != 0);
	/* More entries than the list has. */
	used = 0;
	for (unsigned i = 0; i < ENTRIES_MOST + 5; i++)
		used += (size_t)sprintf(config + used, "menuentry e%u { linux /k\n}\n", i);
	run(config);
	assert_int_equal(list.count, ENTRIES_MOST);
	assert_true(list.left_out >= 5);
}

/* A small memory, and reads that fail: less is found, and nothing else happens. */
static void hardship(void **state)
{
	struct ext_files system = system_with(grub_debian);
	uint32_t most;

	(void)state;
	ext_files_text(&system, "boot/grub/grubenv", "# GRUB Environment Block\nsaved_entry=1\nx=y\n");
	ext_files_text(&system, "boot/grub/custom.cfg", "menuentry c --id d { linux /k x y\n}\nfrobnicate\n");
	find(&system.image, 1);
	most = list.pool_used + 2;
	for (uint32_t size = 0; size < most; size++) {
		find_in(&system.image, 1, size, ENTRY_TEXT_SIZE, UINT64_MAX);
		assert_true(list.pool_used <= size && list.count <= 6);
	}
	for (uint64_t n = 0;; n++) {
		find_in(&system.image, 1, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, n);
		assert_true(list.count <= 6);
		if (disks[0].reads <= n)
			break;
	}
	file_free(&system.image);
}

/* A stale name of a device, as it was where the file was written, is a partition of the disk with that number. */
static void devices(void **state)
{
	struct ext_files system = system_with("search --set=r --file /k\nmenuentry x { set root='hd0,msdos2'\n linux /k\n}\nmenuentry y { set root=hd0,1\n linux /k\n}\n");
	struct file disk = file_new(64 * 512 + system.image.size);

	(void)state;
	memcpy(disk.at + 64 * 512, system.image.at, system.image.size);
	mbr_put(disk, 0, 0, 0x83, 1, 8);
	mbr_put(disk, 0, 1, 0x83, 64, (uint32_t)(system.image.size / 512));
	find(&disk, 1);
	assert_int_equal(entry_of("x")->volume, 1);
	assert_string_equal(all_ids(), "x vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 ");
	file_free(&disk);
	file_free(&system.image);
}

int main(void)
{
	return RUN_TESTS("grub", debian, subvolumes, defaults, nested_default, environments, conditions, words,
			 forms, files, limits, hardship, devices);
}
