/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The add-ons of a UKI on a disk: which files they are, in which order, and why one is not used. */
#include "entry_scene.h"

#include <shim/disk/entry_addons.h>

static struct entry_addons addons;
static struct ext_files files;

/* A PE file; a section without bytes is left out. */
static void add_pe(const char *path, const char *linux_section, const char *cmdline, const char *initrd, const char *uname)
{
	const char *const names[] = { ".linux", ".cmdline", ".initrd", ".uname" }, *const texts[] = { linux_section, cmdline, initrd, uname };
	struct pe_section sections[4];
	unsigned count = 0;
	struct file file;

	for (unsigned i = 0; i < 4; i++)
		if (texts[i][0] != '\0')
			sections[count++] = (struct pe_section){ names[i], texts[i], strlen(texts[i]) };
	file = build_uki(sections, count);
	ext_files_add(&files, path, file.at, file.size);
	file_free(&file);
}

static void add_uki(const char *path) { add_pe(path, "kernel", "base", "", "6.1"); }

static void add_words(const char *path, const char *words) { add_pe(path, "", words, "", ""); }

static int begin(void **state)
{
	(void)state;
	files = ext_files_new("\x11", "esp");
	return 0;
}

static int end(void **state)
{
	(void)state;
	file_free(&files.image);
	return 0;
}

static void look_in(const char *id, uint32_t pool_size, uint32_t text_size)
{
	find_in(&files.image, 1, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, UINT64_MAX);
	list.memory.pool_size = pool_size != 0 ? list.pool_used + pool_size : ENTRY_POOL_SIZE;
	list.memory.text_size = text_size;
	entry_addons_find(&list, entry_of(id), 0, &addons);
}

static void look(const char *id) { look_in(id, 0, ENTRY_TEXT_SIZE); }

/* All files in their order, each with a blank behind it. */
static const char *all_files(void)
{
	static char names[ADDONS_MOST * 64];

	names[0] = '\0';
	for (uint32_t i = 0; i < addons.count; i++)
		strcat(strcat(names, addons.addon[i].file), " ");
	return names;
}

static void order(void **state)
{
	(void)state;
	add_uki("EFI/Linux/lab.efi");
	add_words("EFI/Linux/lab.efi.extra.d/b.addon.efi", "b=1");
	add_words("EFI/Linux/lab.efi.extra.d/a.ADDON.EFI", "a=1");
	add_words("EFI/Linux/other.efi.extra.d/a.addon.efi", "other=1");
	add_words("EFI/Linux/lab.efi.extra.d/a.efi", "none=1");
	add_words("loader/addons/z.addon.efi", "z=1");
	add_pe("loader/addons/m.addon.efi", "", "", "cpio", "");
	look("lab.efi");
	assert_string_equal(all_files(), "/loader/addons/m.addon.efi /loader/addons/z.addon.efi /EFI/Linux/lab.efi.extra.d/a.ADDON.EFI "
			    "/EFI/Linux/lab.efi.extra.d/b.addon.efi ");
	assert_string_equal(addons.line.text, "z=1 a=1 b=1");
	assert_int_equal(range_size(addons.addon[0].addon.section[ADDON_INITRD]), 4);
	assert_int_equal(list.note_count, 0);
}

/* The directory of a UKI that counts its starts is named without them. */
static void counted(void **state)
{
	(void)state;
	add_uki("EFI/Linux/lab+3-1.efi");
	add_words("EFI/Linux/lab.efi.extra.d/a.addon.efi", "a=1");
	add_words("EFI/Linux/lab+3-1.efi.extra.d/b.addon.efi", "b=1");
	look("lab+3-1.efi");
	assert_string_equal(addons.line.text, "a=1");
}

/* An entry of the Boot Loader Specification may be a UKI, at the top too; what is none has no add-ons. */
static void other_entries(void **state)
{
	struct entry bare;

	(void)state;
	add_uki("lab.efi");
	add_words("lab.efi.extra.d/a.addon.efi", "a=1");
	add_words("vmlinuz-1.extra.d/a.addon.efi", "a=1");
	ext_files_text(&files, "vmlinuz-1", "kernel");
	ext_files_text(&files, "loader/entries/uki.conf", "uki /lab.efi\n");
	ext_files_text(&files, "loader/entries/linux.conf", "linux /vmlinuz-1\n");
	look("linux.conf");
	assert_int_equal(addons.count, 0);
	look("uki.conf");
	assert_string_equal(addons.line.text, "a=1");
	bare = *entry_of("uki.conf");
	bare.kernel = "lab.efi";
	entry_addons_find(&list, &bare, 0, &addons);
	assert_string_equal(all_files(), "lab.efi.extra.d/a.addon.efi ");
	bare.kernel = "none.efi";
	entry_addons_find(&list, &bare, 0, &addons);
	assert_int_equal(addons.count, 0);
}

static void releases(void **state)
{
	(void)state;
	add_uki("EFI/Linux/lab.efi");
	add_pe("EFI/Linux/none.efi", "kernel", "", "", "");
	add_pe("loader/addons/a.addon.efi", "", "a=1", "", "6.1");
	add_pe("loader/addons/b.addon.efi", "", "b=1", "", "6.2");
	add_words("loader/addons/c.addon.efi", "c=1");
	look("lab.efi");
	assert_string_equal(addons.line.text, "a=1 c=1");
	assert_true(has_note("/loader/addons/b.addon.efi", ERROR_ADDON_UNAME));
	look("none.efi");
	assert_string_equal(addons.line.text, "a=1 b=1 c=1");
}

/* The kernel of a profile may be of another release. */
static void profiles(void **state)
{
	struct file file = build_uki((struct pe_section[]){ { ".linux", "k", 1 }, { ".uname", "6.1", 3 }, { ".profile", "x", 1 },
							    { ".profile", "y", 1 }, { ".uname", "6.2", 3 } }, 5);

	(void)state;
	ext_files_add(&files, "EFI/Linux/lab.efi", file.at, file.size);
	file_free(&file);
	add_pe("loader/addons/a.addon.efi", "", "a=1", "", "6.1");
	add_pe("loader/addons/b.addon.efi", "", "b=1", "", "6.2");
	look("lab.efi");
	assert_string_equal(addons.line.text, "a=1");
	entry_addons_find(&list, entry_of("lab.efi"), 1, &addons);
	assert_string_equal(addons.line.text, "b=1");
}

/* The inode of a file that is added next. */
static unsigned next_inode(void) { return files.inodes + 1; }

static void bad_files(void **state)
{
	unsigned huge, large, link;

	(void)state;
	add_uki("EFI/Linux/lab.efi");
	add_words("loader/addons/good.addon.efi", "good=1");
	ext_files_add(&files, "loader/addons/directory.addon.efi", NULL, 0);
	ext_files_text(&files, "loader/addons/text.addon.efi", "this is no PE file");
	ext_files_add(&files, "loader/addons/empty.addon.efi", "", 0);
	add_uki("loader/addons/uki.addon.efi");
	add_pe("loader/addons/release.addon.efi", "", "", "", "6.1");
	huge = next_inode();
	add_words("loader/addons/huge.addon.efi", "huge=1");
	file_put(files.image, ext_inode_at(huge) + 0x6c, 0x80000000, 4);
	large = next_inode();
	add_words("loader/addons/large.addon.efi", "large=1");
	file_put(files.image, ext_inode_at(large) + 4, (256 << 20) + 1, 4);
	link = next_inode();
	ext_files_text(&files, "loader/addons/link.addon.efi", "/nowhere");
	file_put(files.image, ext_inode_at(link), 0xa1ff, 2);
	look("lab.efi");
	assert_string_equal(all_files(), "/loader/addons/good.addon.efi ");
	assert_string_equal(addons.line.text, "good=1");
	assert_true(has_note("/loader/addons/directory.addon.efi", ERROR_FS_NO_CONTENT));
	assert_true(has_note("/loader/addons/text.addon.efi", ERROR_PE_TRUNCATED));
	assert_true(has_note("/loader/addons/empty.addon.efi", ERROR_PE_TRUNCATED));
	assert_true(has_note("/loader/addons/uki.addon.efi", ERROR_ADDON_UKI));
	assert_true(has_note("/loader/addons/release.addon.efi", ERROR_ADDON_EMPTY));
	assert_true(has_note("/loader/addons/huge.addon.efi", ERROR_BOOT_FILE));
	assert_true(has_note("/loader/addons/large.addon.efi", ERROR_BOOT_FILE));
	assert_true(has_note("/loader/addons/link.addon.efi", ERROR_FS_NO_FILE));
	assert_int_equal(list.note_count, 8);
	/* A file where the directory should be is no directory, and nothing is missing. */
	ext_files_text(&files, "EFI/Linux/lab.efi.extra.d", "text");
	look("lab.efi");
	assert_int_equal(list.note_count, 8);
}

/* With 16 there is no room for more: those whose names come last go, whenever the directory names them. */
static void too_many(void **state)
{
	char path[64], words[8];

	(void)state;
	add_uki("EFI/Linux/lab.efi");
	for (unsigned i = 0; i < 18; i++) {
		const unsigned number = i < 17 ? 17 - i : 0;

		snprintf(path, sizeof(path), "loader/addons/%02u.addon.efi", number == 17 ? 20 : number);
		snprintf(words, sizeof(words), "%u", number);
		add_words(path, words);
	}
	add_words("loader/addons/30.addon.efi", "30");
	add_words("EFI/Linux/lab.efi.extra.d/a.addon.efi", "a=1");
	look("lab.efi");
	assert_int_equal(addons.count, ADDONS_MOST);
	assert_string_equal(addons.line.text, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15");
	assert_true(has_note("/loader/addons/20.addon.efi", ERROR_ADDON_COUNT));
	assert_true(has_note("/loader/addons/16.addon.efi", ERROR_ADDON_COUNT));
	assert_true(has_note("/loader/addons/30.addon.efi", ERROR_ADDON_COUNT));
	assert_true(has_note("/EFI/Linux/lab.efi.extra.d/a.addon.efi", ERROR_ADDON_COUNT));
	assert_int_equal(list.note_count, 4);
}

/* Words without room: the add-on is not used at all.  What is behind a NUL does not count. */
static void long_words(void **state)
{
	static char words[BOOT_CMDLINE_SIZE + 10];
	struct file file;

	(void)state;
	add_uki("EFI/Linux/lab.efi");
	add_words("loader/addons/a.addon.efi", "a=1");
	memset(words, 'x', sizeof(words) - 1);
	add_pe("loader/addons/b.addon.efi", "", words, "cpio", "");
	add_pe("loader/addons/c.addon.efi", "", "", "", "6.1");
	words[2] = '\0';
	file = build_uki((struct pe_section[]){ { ".cmdline", words, sizeof(words) } }, 1);
	ext_files_add(&files, "loader/addons/d.addon.efi", file.at, file.size);
	file_free(&file);
	look("lab.efi");
	assert_string_equal(addons.line.text, "a=1 xx");
	assert_true(has_note("/loader/addons/b.addon.efi", ERROR_CMDLINE_BUFFER));
	assert_int_equal(addons.count, 2);
}

/* Each read fails once: what is then left is less, and never something else; with little memory as well. */
static void failing_disks(void **state)
{
	uint64_t reads;

	(void)state;
	add_uki("EFI/Linux/lab.efi");
	add_words("loader/addons/a.addon.efi", "a=1");
	add_pe("EFI/Linux/lab.efi.extra.d/b.addon.efi", "", "b=1", "", "6.1");
	find(&files.image, 1);
	disks[0].reads = 0;
	entry_addons_find(&list, entry_of("lab.efi"), 0, &addons);
	reads = disks[0].reads;
	assert_string_equal(addons.line.text, "a=1 b=1");
	for (uint64_t i = 0; i < reads; i++) {
		find(&files.image, 1);
		disks[0].reads = 0;
		disks[0].fails = i;
		entry_addons_find(&list, entry_of("lab.efi"), 0, &addons);
		assert_true((addons.count == 0 && addons.line.length == 0) ||
			    (addons.count == 1 && (strcmp(addons.line.text, "a=1") == 0 || strcmp(addons.line.text, "b=1") == 0)) ||
			    (addons.count == 2 && strcmp(addons.line.text, "a=1 b=1") == 0));
	}
	for (uint32_t size = 1; size < 160; size++) {
		look_in("lab.efi", size, ENTRY_TEXT_SIZE);
		assert_in_range(addons.count, 0, 2);
	}
	assert_int_equal(addons.count, 2);
	look_in("lab.efi", 0, 16383);
	assert_int_equal(addons.count, 0);
	look_in("lab.efi", 0, 16384);
	assert_int_equal(addons.count, 2);
}

/* One add-on's words are taken out of the line, wherever they stand. */
static void dropped(void **state)
{
	static const struct { uint32_t index; const char *left; } all[] = {
		{ 0, "b=2 c=3 d" }, { 1, "a c=3 d" }, { 2, "a b=2 c=3 d" }, { 3, "a b=2" },
	};
	const struct error error = error_make(ERROR_DISK_READ, "xvda", 0, 5);

	(void)state;
	add_uki("EFI/Linux/lab.efi");
	add_words("loader/addons/a.addon.efi", "a");
	add_words("loader/addons/b.addon.efi", "b=2");
	add_pe("loader/addons/c.addon.efi", "", "", "cpio", "");
	add_words("loader/addons/d.addon.efi", "c=3 d");
	for (unsigned i = 0; i < 4; i++) {
		look("lab.efi");
		entry_addons_drop(&list, entry_of("lab.efi"), all[i].index, error, &addons);
		assert_string_equal(addons.line.text, all[i].left);
		assert_int_equal(addons.line.length, strlen(all[i].left));
		assert_int_equal(list.note_count, 1);
		for (uint32_t left = addons.count; left > 0; left--)
			entry_addons_drop(&list, entry_of("lab.efi"), i % 2 ? 0 : left - 1, error, &addons);
		assert_string_equal(addons.line.text, "");
		assert_int_equal(addons.line.length, 0);
	}
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "entry_addons", order, counted, other_entries, releases, profiles, bad_files, too_many, long_words,
			      failing_disks, dropped);
}
