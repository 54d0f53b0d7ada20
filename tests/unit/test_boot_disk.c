/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel on a disk, from the disks that a machine has to the modules of the story; the disks are in memory. */
#include "boot_scene.h"

/* A file system with files in its root, each with its name as content, or with nothing. */
static struct span file_system(const char *const *names, uint32_t incompat)
{
	struct file image = build_ext(EXT_INCOMPAT_FILETYPE | EXT_INCOMPAT_EXTENTS | incompat, 0);
	uint64_t at = ext_block_at(ROOT_BLOCK), last;

	ext_put_file(image, EXT_ROOT, 0x41ed, EXT_BLOCK, ROOT_BLOCK, 1);
	at = ext_put_record(image, at, EXT_ROOT, ".", 12);
	last = at;
	at = ext_put_record(image, at, EXT_ROOT, "..", 12);
	for (unsigned i = 0; names[i]; i++) {
		const char *content = strchr(names[i], '=') ? "" : names[i];
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(names[i], "="), names[i]);
		ext_put_file(image, FIRST_INODE + i, 0x81a4, strlen(content), FIRST_BLOCK + i, 1);
		memcpy(image.at + ext_block_at(FIRST_BLOCK + i), content, strlen(content));
		last = at;
		at = ext_put_record(image, at, FIRST_INODE + i, name, 32);
	}
	file_put(image, last + 4, ext_block_at(ROOT_BLOCK + 1) - last, 2);
	ext_seal(image);
	images[image_count++] = image.at;
	return file_span(image);
}

/* A file system whose superblock makes no sense, or whose kernel is larger than any. */
static struct span damaged(struct span of, uint64_t at, uint64_t value)
{
	struct file image = { (uint8_t *)images[image_count - 1], of.size };

	file_put(image, at, value, 2);
	return of;
}

/* The same behind a table of partitions, as the second one of three; in the others there is nothing. */
static struct span second_partition(struct span of)
{
	struct file disk = file_new(MIB + of.size);

	file_put(disk, 510, 0xaa55, 2);
	file_put(disk, 446 + 4, 0x83, 1);
	file_put(disk, 446 + 8, 512, 4);
	file_put(disk, 446 + 12, 512, 4);
	file_put(disk, 446 + 16 + 4, 0x83, 1);
	file_put(disk, 446 + 16 + 8, MIB / 512, 4);
	file_put(disk, 446 + 16 + 12, of.size / 512, 4);
	file_put(disk, 446 + 32 + 4, 0x83, 1);
	file_put(disk, 446 + 32 + 8, 1200, 4);
	file_put(disk, 446 + 32 + 12, 100, 4);
	memcpy(disk.at + MIB, of.at, of.size);
	images[image_count++] = disk.at;
	return file_span(disk);
}

static void newest_kernel(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	assert_true(boot_disk_is_wanted(&info));
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 2);
	assert_module(0, "vmlinuz-6.1");
	assert_module(1, "initrd.img-6.1");
	assert_said("lull: disk xvda ext4 entry=\"vmlinuz-6.1\" file=/vmlinuz-6.1 read=0.0MiB ns=");
	assert_null(strstr(said, "warning"));
	assert_int_equal(closed, 1);
}

static void no_frequency(void **state)
{
	(void)state;
	machine_stub_states_no_frequency = true;
	add(file_system(usual, 0));
	assert_fine(boot_disk(&info));
	machine_stub_states_no_frequency = false;
	assert_said(" read=0.0MiB ns=unknown\n");
}

static void partitions(void **state)
{
	static const char *const old[] = { "vmlinuz-4", NULL };

	(void)state;
	add(file_system(old, 0));
	add(second_partition(file_system(usual, EXT_INCOMPAT_RECOVER)));
	info.cmdline = "a lull.disk=xvdb2 b";
	info.embedded = span((void *)RAM, 1000);
	assert_fine(boot_disk(&info));
	assert_module(0, "vmlinuz-6.1");
	assert_said("disk xvdb2 ext4");
	assert_int_equal(info.embedded.size, 0);
	assert_said("warning disk xvdb2 was not unmounted");
	/* xvda is left alone. */
	assert_int_equal(connected, 1);
	begin(NULL);
	add(file_system(old, 0));
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 1);
	assert_module(0, "vmlinuz-4");
}

static void wanted_or_not(void **state)
{
	(void)state;
	info.module_count = 1;
	assert_false(boot_disk_is_wanted(&info));
	info.cmdline = "lull.disk";
	assert_true(boot_disk_is_wanted(&info));
	info.cmdline = "";
	info.module_count = 0;
	info.embedded = span("x", 1);
	assert_false(boot_disk_is_wanted(&info));
	/* No disk, and none asked for: the story goes on to say that there is no module. */
	info.embedded = span(NULL, 0);
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 0);
	info.cmdline = "lull.disk=xvda";
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
}

static void what_is_passed_over(void **state)
{
	static const char *const broken[] = { "vmlinuz-7=", "vmlinuz-6.1", NULL }, *const none[] = { "other", NULL };

	(void)state;
	passed_over = 4;
	add(file_system(none, 0));
	add(file_system(usual, 0));
	add(file_system(broken, 0));
	connects[0] = error_make(ERROR_BLK_BACKEND, "xvda", 4, 2);
	memory_disk[1].bad = EXT_SUPER;
	assert_fine(boot_disk(&info));
	assert_said("lull: warning disk xvda is passed over: blk-backend: expected the backend of disk xvda to come to state 4");
	assert_said("lull: warning disk xvdb is passed over: disk-read");
	assert_said("lull: warning disk xvdc/vmlinuz-7 is passed over: entry-empty");
	assert_module(0, "vmlinuz-6.1");
	assert_int_equal(connected, 3);
	begin(NULL);
	passed_over = 4;
	add(file_system(none, 0));
	add(no_file_system());
	add(no_file_system());
	memcpy((uint8_t *)images[image_count - 1] + 512, "LABELONE", 8);
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
	assert_null(strstr(said, "warning"));
	more();
	assert_said("looked:   4 disks are not looked at, of more than 8\n");
	assert_said("looked:   disk xvda ext4\n");
	assert_said("looked:   disk xvdb holds no file system that lull reads\n");
	assert_said("looked:   disk xvdc holds LVM2_member, which lull does not read\n");
	assert_int_equal(closed, 1);
}

static void partitions_without(void **state)
{
	static const char *const names[] = { "lull.disk=xvda3", "lull.disk=xvdb7", "lull.disk=xvdc", "lull.disk=xvda" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin(NULL);
		info.cmdline = names[i];
		add(file_system(usual, 0));
		add(second_partition(file_system(usual, 0)));
		assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
	}
	begin(NULL);
	info.cmdline = names[3];
	add(second_partition(file_system(usual, 0)));
	assert_fine(boot_disk(&info));
	assert_said("disk xvda2 ext4");
	/* Without a name: all there are. */
	begin(NULL);
	add(second_partition(file_system(usual, 0)));
	add(file_system(usual, 0));
	assert_fine(boot_disk(&info));
	assert_said("disk xvda2 ext4");
	/* An entry of one disk can name another one. */
	assert_int_equal(connected, 2);
}

static void broken_file_systems(void **state)
{
	(void)state;
	add(damaged(file_system(usual, 0), EXT_SUPER + 0x58, 3));
	/* 4 GiB and more. */
	add(damaged(file_system(usual, 0), ext_inode_at(FIRST_INODE + 1) + 0x6c, 1));
	assert_fine(boot_disk(&info));
	assert_said("warning disk xvda is passed over: fs-field");
	assert_said("warning disk xvdb/vmlinuz-6.1 is passed over: boot-file");
	assert_module(0, "vmlinuz-5.10");
}

/* A table whose logical partitions cannot be read: the others are looked at, and what is wrong in them is said too. */
static void broken_tables(void **state)
{
	struct file disk;

	(void)state;
	add(second_partition(damaged(file_system(usual, 0), EXT_SUPER + 0x58, 3)));
	disk = (struct file){ images[image_count - 1], memory_disk[0].bytes.size };
	file_put(disk, 446 + 32 + 4, 5, 1);
	add(no_file_system());
	memory_disk[1].bad = 0;
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
	more();
	assert_said("looked:   disk xvda is passed over: mbr-chain");
	assert_said("looked:   disk xvda2 is passed over: fs-field");
	/* Once, though no file system can be looked for either. */
	assert_said("looked:   disk xvdb is passed over: disk-read");
	assert_null(strstr(strstr(said, "looked:   disk xvdb") + 1, "looked:   disk xvdb"));
}

/* Its kernel is read, its initrd not: the older one has none. */
static void the_next_one(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	memory_disk[0].bad = ext_block_at(FIRST_BLOCK + 2);
	assert_fine(boot_disk(&info));
	assert_said("/vmlinuz-6.1 is passed over: disk-read");
	assert_int_equal(info.module_count, 1);
	assert_module(0, "vmlinuz-5.10");
}

static void no_memory(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	info.memory.region[0].size = 100 * KIB;
	assert_error(boot_disk(&info), ERROR_DISK_MEMORY);
	/* Enough to look, and no more. */
	for (struct error error = { .code = ERROR_DISK_MEMORY }; error.code == ERROR_DISK_MEMORY;) {
		info.memory.region[0].size += PAGE_SIZE;
		error = boot_disk(&info);
		assert_true(error.code == ERROR_DISK_MEMORY || error.code == ERROR_BOOT_ENTRY_NONE);
	}
	more();
	assert_said("disk-memory");
}

static void machines_that_fail(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	opens = error_make(ERROR_XENSTORE_SILENT, NULL, 20, 0);
	assert_error(boot_disk(&info), ERROR_XENSTORE_SILENT);
	assert_int_equal(closed, 1);
	opens = error_none();
	closes = error_make(ERROR_BLK_LENT, "xvda", 0, 1);
	assert_error(boot_disk(&info), ERROR_BLK_LENT);
	closes = error_none();
	left = error_make(ERROR_BLK_BACKEND, "xvda", 2, 6);
	info.module_count = 0;
	info.cmdline = "";
	assert_fine(boot_disk(&info));
	assert_said("warning disk xvda is not as it was found, and the kernel may not see it: blk-backend");
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "boot_disk", newest_kernel, no_frequency, partitions, wanted_or_not, what_is_passed_over,
			      partitions_without, broken_file_systems, broken_tables, the_next_one, no_memory, machines_that_fail);
}
