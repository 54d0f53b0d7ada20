/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UKIs, entries of the Boot Loader Specification, and kernels without any configuration. */
#include "entry_scene.h"
#include "partition_builder.h"

static void add_uki(struct ext_files *files, const char *path, const char *release, bool has_kernel)
{
	struct pe_section sections[] = { { ".text", "x", 1 }, { has_kernel ? ".linux" : ".other", "kernel", 6 },
					 { ".osrel", release, release ? strlen(release) : 0 } };
	struct file uki = build_uki(sections, release ? 3 : 2);

	ext_files_add(files, path, uki.at, uki.size);
	file_free(&uki);
}

static struct file esp(void)
{
	struct ext_files files = ext_files_new("\x11", "esp");

	add_uki(&files, "EFI/Linux/old.efi", "# comment\nID=deb\nPRETTY_NAME='Debian 12'\nVERSION_ID=12\nBROKEN\n", true);
	add_uki(&files, "EFI/Linux/new.efi", "NAMEX=1\nIMAGE_ID=\"deb\"\nVERSION=13\nPRETTY_NAME=\"Debian 13\"\n", true);
	add_uki(&files, "EFI/Linux/plain.EFI", NULL, true);
	add_uki(&files, "EFI/Linux/odd.efi", "ID=\nNAME='x\nPRETTY_NAME=\"\n", true);
	add_uki(&files, "EFI/Linux/shell.efi", NULL, false);
	ext_files_text(&files, "EFI/Linux/readme", "no image");
	ext_files_text(&files, "loader/loader.conf", "timeout 7\ndefault @saved\ndefault second*\ndefault\neditor no\n");
	ext_files_text(&files, "loader/entries/first.conf", "# comment\n\ntitle\tThe first \nlinux  /vmlinuz\ninitrd /initrd\ninitrd /vmlinuz\n"
			"options root=/dev/a\noptions quiet\r\nversion 1\nmachine-id m\nsort-key b\narchitecture x64\ntitle\n");
	ext_files_text(&files, "loader/entries/second+2-1.conf", "linux /vmlinuz\nversion 2\nsort-key b\nmachine-id m");
	ext_files_text(&files, "loader/entries/third+0-3.conf", "uki /vmlinuz\nversion 3\nsort-key a\nmachine-id a\n");
	ext_files_text(&files, "loader/entries/other.conf", "efi /vmlinuz\nversion 9\nsort-key b\nmachine-id a\n");
	ext_files_text(&files, "loader/entries/a-5.conf", "linux /vmlinuz\n   \nsort-key z\neditor x\n");
	ext_files_text(&files, "loader/entries/d+3.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/a-10.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/+-1.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/b+.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/12.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/c+99999.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/auto-x.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/none.conf", "title none\n");
	ext_files_text(&files, "loader/entries/gone.conf", "linux /gone\n");
	ext_files_text(&files, "loader/entries/noinitrd.conf", "linux /vmlinuz\ninitrd /gone\n");
	ext_files_text(&files, "loader/entries/empty.conf", "linux /loader/empty\n");
	ext_files_text(&files, "loader/entries/directory.conf", "linux /loader\n");
	ext_files_text(&files, "loader/entries/most.conf", "linux /vmlinuz\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\n"
			"initrd /initrd\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\n");
	ext_files_text(&files, "loader/entries/many.conf", "linux /vmlinuz\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\n"
			"initrd /initrd\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\ninitrd /initrd\n");
	ext_files_text(&files, "loader/entries/.conf", "linux /vmlinuz\n");
	ext_files_text(&files, "loader/entries/notes.txt", "linux /vmlinuz\n");
	ext_files_add(&files, "loader/entries/folder.conf", NULL, 0);
	ext_files_add(&files, "loader/empty", "", 0);
	ext_files_text(&files, "vmlinuz", "kernel");
	ext_files_text(&files, "initrd", "initrd");
	return files.image;
}

static struct file root_disk(bool is_root)
{
	struct ext_files files = ext_files_new(is_root ? "\x22" : "\x33", "root");
	static const char *const names[] = {
		"vmlinuz-6.1.0-9-amd64", "initrd.img-6.1.0-9-amd64", "vmlinuz-6.1.0-56-amd64", "initrd-6.1.0-56-amd64", "vmlinuz-virt",
		"initramfs-virt", "vmlinuz-7.0", "initramfs-7.0.img", "vmlinuz-7.0.old", "vmlinuz-7.0.bak", "vmlinuz-7.0~",
		"vmlinuz-7.0.dpkg-tmp", "System.map-7.0", "vmlinuz",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "boot/%s", names[i]);
		ext_files_text(&files, path, "x");
	}
	if (is_root)
		ext_files_text(&files, "etc/fstab", "x");
	return files.image;
}

static void boot_loader_specification(void **state)
{
	struct file image = esp();
	const struct entry *entry;

	(void)state;
	find(&image, 1);
	assert_string_equal(all_ids(), "new.efi old.efi plain.EFI odd.efi other.conf second+2-1.conf first.conf a-5.conf 12.conf "
				       "most.conf d+3.conf c+99999.conf b+.conf a-10.conf +-1.conf third+0-3.conf vmlinuz ");
	entry = entry_of("first.conf");
	assert_string_equal(entry->title, "The first");
	assert_string_equal(entry->options, "root=/dev/a quiet");
	assert_string_equal(entry->kernel, "/vmlinuz");
	assert_int_equal(entry->initrd_count, 2);
	assert_string_equal(entry->initrd[1], "/vmlinuz");
	assert_string_equal(entry->file, "/loader/entries/first.conf");
	assert_int_equal(entry->tries_left, -1);
	assert_int_equal(entry_of("most.conf")->initrd_count, ENTRY_INITRDS_MOST);
	assert_true(has_note("/loader/entries/many.conf", ERROR_ENTRY_LONG));
	assert_int_equal(entry_of("second+2-1.conf")->tries_left, 2);
	assert_int_equal(entry_of("third+0-3.conf")->tries_left, 0);
	assert_int_equal(entry_of("+-1.conf")->tries_left, -1);
	assert_int_equal(entry_of("b+.conf")->tries_left, -1);
	assert_string_equal(entry_of("second+2-1.conf")->title, "second+2-1.conf");
	assert_int_equal(list.timeout, 7);
	assert_int_equal(entry_of("d+3.conf")->tries_left, 3);
	assert_string_equal(list.entry[entries_default(&list)].id, "second+2-1.conf");
	list.wanted = "nothing";
	assert_int_equal(entries_default(&list), 0);
	assert_string_equal(entry_of("new.efi")->title, "Debian 13");
	assert_string_equal(entry_of("new.efi")->version, "13");
	assert_string_equal(entry_of("old.efi")->title, "Debian 12");
	assert_string_equal(entry_of("odd.efi")->title, "\"");
	assert_string_equal(entry_source_name(entry_of("new.efi")->source), "uki");
	assert_true(has_note("/EFI/Linux/shell.efi", ERROR_UKI_NO_LINUX));
	assert_true(has_note("/loader/entries/none.conf", ERROR_ENTRY_KERNEL));
	assert_true(has_note("/loader/entries/gone.conf", ERROR_FS_NO_FILE));
	assert_true(has_note("/loader/entries/noinitrd.conf", ERROR_FS_NO_FILE));
	assert_true(has_note("/loader/entries/empty.conf", ERROR_ENTRY_EMPTY));
	assert_true(has_note("/loader/entries/directory.conf", ERROR_FS_NO_CONTENT));
	assert_true(has_note("/loader/entries/folder.conf", ERROR_FS_NO_CONTENT));
	file_free(&image);
}

static void kernels(void **state)
{
	struct file images[] = { root_disk(false), root_disk(true), file_new(4096) };

	(void)state;
	find(images, 1);
	assert_string_equal(all_ids(), "vmlinuz-7.0 vmlinuz-6.1.0-56-amd64 vmlinuz-6.1.0-9-amd64 vmlinuz-virt vmlinuz ");
	assert_string_equal(entry_of("vmlinuz-7.0")->options, "ro");
	assert_int_equal(entries_default(&list), 0);
	find(&images[1], 1);
	assert_string_equal(entry_of("vmlinuz-7.0")->options, "root=UUID=22222222-2222-2222-2222-222222222222 ro");
	assert_string_equal(entry_of("vmlinuz-7.0")->initrd[0], "/boot/initramfs-7.0.img");
	assert_string_equal(entry_of("vmlinuz-virt")->initrd[0], "/boot/initramfs-virt");
	assert_string_equal(entry_of("vmlinuz-6.1.0-9-amd64")->initrd[0], "/boot/initrd.img-6.1.0-9-amd64");
	assert_int_equal(entry_of("vmlinuz")->initrd_count, 0);
	/* A disk with kernels, one with nothing, and one with the system. */
	{
		struct file three[] = { images[0], images[2], images[1] };

		find(three, 3);
		assert_int_equal(list.count, 10);
		assert_string_equal(list.entry[0].options, "root=UUID=22222222-2222-2222-2222-222222222222 ro");
		assert_error(volumes.volume[1].error, ERROR_FS_UNKNOWN);
		assert_string_equal(volumes.volume[1].error.subject, "disk");
	}
	/* One without a UUID cannot be named. */
	find(&images[1], 1);
	volumes.volume[0].uuid[0] = '\0';
	entries_find(&list, &volumes, &(struct entry_memory){ pool, ENTRY_POOL_SIZE, text, ENTRY_TEXT_SIZE, &grub });
	assert_string_equal(entry_of("vmlinuz-7.0")->options, "ro");
	for (unsigned i = 0; i < 3; i++)
		file_free(&images[i]);
}

/* Files where directories should be, and the other way round. */
static void wrong_kinds(void **state)
{
	struct ext_files files = ext_files_new("\x44", "");

	(void)state;
	ext_files_text(&files, "boot", "x");
	ext_files_text(&files, "EFI/Linux", "x");
	ext_files_text(&files, "loader/entries", "x");
	ext_files_add(&files, "etc/os-release", NULL, 0);
	ext_files_text(&files, "vmlinuz", "x");
	find(&files.image, 1);
	assert_string_equal(all_ids(), "vmlinuz ");
	assert_string_equal(list.entry[0].options, "ro");
	file_free(&files.image);
}

/* Images with sections of which only the first, or none, count. */
static void odd_images(void **state)
{
	static char long_release[20000];
	struct ext_files files = ext_files_new("\x44", "");
	struct file uki;

	(void)state;
	memset(long_release, '#', sizeof(long_release));
	memcpy(long_release, "NAME=long\n", 10);
	uki = build_uki((struct pe_section[]){ { ".linux", "k", 1 }, { ".osrel", "NAME=base", 9 }, { ".osrel", "NAME=other", 10 },
					       { ".profile", "x", 1 }, { ".osrel", "NAME=profile", 12 } }, 5);
	ext_files_add(&files, "EFI/Linux/profiles.efi", uki.at, uki.size);
	file_free(&uki);
	uki = build_uki((struct pe_section[]){ { ".linux", "k", 1 }, { ".osrel", long_release, sizeof(long_release) } }, 2);
	ext_files_add(&files, "EFI/Linux/long.efi", uki.at, uki.size);
	file_free(&uki);
	uki = build_uki((struct pe_section[]){ { ".linuxx", "k", 1 } }, 1);
	ext_files_add(&files, "EFI/Linux/x.efi", uki.at, uki.size);
	file_put(uki, uki_header(0), 0x6f2e, 2);
	memcpy(uki.at + uki_header(0), ".osrel\0", 8);
	file_put(uki, uki_header(0) + 20, 1 << 20, 4);
	ext_files_add(&files, "EFI/Linux/outside.efi", uki.at, uki.size);
	file_free(&uki);
	uki = build_uki((struct pe_section[]){ { ".linux", "k", 1 }, { ".profile", "x", 1 }, { ".osrel", "NAME=profile", 12 } }, 3);
	ext_files_add(&files, "EFI/Linux/bare.efi", uki.at, uki.size);
	file_free(&uki);
	find(&files.image, 1);
	assert_string_equal(entry_of("bare.efi")->title, "bare.efi");
	assert_string_equal(entry_of("profiles.efi")->title, "base");
	assert_string_equal(entry_of("long.efi")->title, "long");
	assert_true(has_note("/EFI/Linux/x.efi", ERROR_UKI_NO_LINUX));
	assert_true(has_note("/EFI/Linux/outside.efi", ERROR_FS_END));
	file_free(&files.image);
}

static void timeouts(void **state)
{
	static const struct { const char *text; uint32_t parts; int wanted; } all[] = {
		{ "", 1, -1 }, { "-1", 1, -1 }, { "x", 1, -1 }, { "5", 1, 5 }, { "55x", 10, 5 }, { "99999999999999", 1, 999999 }, { "5/", 1, 5 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		list.timeout = -1;
		entry_take_timeout(&list, entry_span(all[i].text), all[i].parts);
		assert_int_equal(list.timeout, all[i].wanted);
	}
	entry_take_timeout(&list, entry_span("7"), 1);
	assert_int_equal(list.timeout, 5);
}

/* A directory without an end. */
static struct error endless_next(struct fs *of, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	(void)of;
	(void)directory;
	(*position)++;
	*out = (struct fs_entry){ .length = 1, .name = "x" };
	return error_none();
}

static void endless_directory(void **state)
{
	static const struct fs_operations endless = { .next = endless_next };
	struct entry_names names = { .directory = { .kind = FS_DIRECTORY } };
	struct file image = file_new(4096);
	struct fs_entry name;

	(void)state;
	find(&image, 1);
	volumes.fs.operations = &endless;
	volumes.open = 1;
	while (entry_next_name(&list, &names, &name))
		continue;
	assert_int_equal(names.position, FS_ENTRIES_MOST);
	/* A volume that cannot be opened any more. */
	names = (struct entry_names){ .path = "/" };
	volumes.open = 0;
	assert_false(entry_next_name(&list, &names, &name));
	assert_true(has_note("/", ERROR_FS_UNKNOWN));
	file_free(&image);
}

static void partitions(void **state)
{
	const uint64_t at = 64 * 512;
	struct file system = root_disk(true), disk = file_new(at + system.size);
	char name[] = "a-name-of-a-disk-that-is-longer-than-what-a-volume-can-have";
	struct disk *pointers[20];

	(void)state;
	memcpy(disk.at + at, system.at, system.size);
	mbr_put(disk, 0, 0, 0x83, 1, 8);
	mbr_put(disk, 0, 1, 0x83, 64, (uint32_t)(system.size / 512));
	find(&disk, 1);
	assert_int_equal(volumes.count, 2);
	assert_string_equal(volumes.volume[1].name, "disk2");
	assert_string_equal(volumes.volume[1].label, "root");
	assert_error(volumes.volume[0].error, ERROR_FS_UNKNOWN);
	assert_string_equal(volumes.volume[0].error.subject, "disk1");
	assert_int_equal(list.count, 5);
	assert_int_equal(list.entry[0].volume, 1);
	/* More disks than count, each with a long name, and more volumes. */
	disks[0].disk.name = name;
	memory_disk_open(&disks[1], span(disk.at, 512 * 40))->name = name;
	for (unsigned i = 0; i < 20; i++)
		pointers[i] = &disks[1].disk;
	for (unsigned i = 0; i < 4; i++)
		mbr_put(disk, 0, i, i == 3 ? 0x05 : 0x83, 1 + i, 1);
	mbr_put(disk, 3, 0, 0x83, 1, 1);
	mbr_put(disk, 4, 0, 0x83, 1, 1);
	mbr_put(disk, 4, 1, 0x05, 2, 1);
	mbr_put(disk, 6, 0, 0x83, 1, 1);
	volumes_find(&volumes, pointers, 20, scratch);
	assert_int_equal(volumes.disk_count, DISKS_MOST);
	assert_int_equal(volumes.count, VOLUMES_MOST);
	assert_int_equal(volumes.left_out, 5 * DISKS_MOST - VOLUMES_MOST);
	memory_disk_open(&disks[1], span(system.at, system.size))->name = name;
	volumes_find(&volumes, pointers, 1, scratch);
	assert_int_equal(strlen(volumes.volume[0].name), 39);
	file_free(&disk);
	file_free(&system);
}

/* Whatever has no room in the memory is left out and counted, and nothing else happens. */
static void small_memory(void **state)
{
	struct file images[] = { esp(), root_disk(true) };
	uint32_t most;

	(void)state;
	find(images, 2);
	most = list.pool_used + 2;
	for (uint32_t size = 0; size < most; size++) {
		find_in(images, 2, size, ENTRY_TEXT_SIZE, UINT64_MAX);
		assert_true(list.pool_used <= size);
		assert_true(list.count <= 22 && list.left_out + list.notes_left_out > 0);
		for (uint32_t i = 0; i < list.count; i++)
			assert_non_null(list.entry[i].kernel);
	}
	find_in(images, 2, ENTRY_POOL_SIZE, 20000, UINT64_MAX);
	assert_int_equal(list.left_out, 0);
	file_free(&images[0]);
	file_free(&images[1]);
}

/* Each read fails once: what it was for is passed over, and the rest is found. */
static void failing(void **state)
{
	struct file images[] = { esp(), root_disk(true) };

	(void)state;
	for (uint64_t n = 0;; n++) {
		find_in(images, 2, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, n);
		assert_true(list.count >= 5 && list.count <= 22);
		if (disks[0].reads <= n)
			break;
	}
	file_free(&images[0]);
	file_free(&images[1]);
}

static void patterns(void **state)
{
	static const struct { const char *pattern, *name; bool fits; } all[] = {
		{ "a", "a", true }, { "a", "A", true }, { "a", "b", false }, { "a", "ab", false }, { "ab", "a", false }, { "*", "", true },
		{ "**", "x", true }, { "a*c", "abbc", true }, { "a*c", "abbcd", false }, { "*a*b", "xaxxb", true }, { "?b", "ab", true },
		{ "?", "", false }, { "[a-c]x", "Bx", true }, { "[a-c]x", "dx", false }, { "[abc]", "c", true }, { "[a-]", "-", true },
		{ "[", "a", false }, { "[a-", "a", false }, { "[ab", "a", false }, { "*.efi", "x.EFI", true }, { "*[0-9]", "a1b2", true },
		{ "[A-Z]*", "q", true }, { "[b-c]", "a", false }, { "[ab-c]", "a", true }, { "", "a", false }, { "[@]", "`", false },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (entry_matches(all[i].pattern, all[i].name) != all[i].fits)
			fail_msg("%s and %s", all[i].pattern, all[i].name);
}

/* Nothing: no entry, and so no default. */
static void nothing(void **state)
{
	struct file image = file_new(4096);

	(void)state;
	find(&image, 1);
	assert_int_equal(list.count, 0);
	assert_int_equal(entries_default(&list), 0);
	file_free(&image);
}

/* More entries than there is room for, and more that is wrong. */
static void many(void **state)
{
	struct ext_files files = ext_files_new("\x33", "");
	struct entry entry = { .source = ENTRY_FOUND, .kernel = "/vmlinuz", .file = "f", .id = "i", .title = "t" };

	(void)state;
	ext_files_text(&files, "vmlinuz", "x");
	find(&files.image, 1);
	while (list.count < ENTRIES_MOST)
		entry_list_add(&list, &entry);
	entry_list_add(&list, &entry);
	assert_int_equal(list.left_out, 1);
	while (list.note_count < ENTRY_NOTES_MOST)
		entry_note(&list, 0, "f", error_none());
	entry_note(&list, 0, "f", error_none());
	assert_int_equal(list.notes_left_out, 1);
	file_free(&files.image);
}

int main(void)
{
	return RUN_TESTS("entries", boot_loader_specification, kernels, wrong_kinds, odd_images, timeouts,
			 endless_directory, partitions, small_memory, failing, patterns, nothing, many);
}
