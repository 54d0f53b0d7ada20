/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file systems a disk is said to have: those of its partitions, and an ISO 9660 that is all of a disk with a table. */
#include "entry_scene.h"
#include "fat_builder.h"
#include "iso_tree.h"
#include "partition_builder.h"

enum { MORE = 1 << 20, ISO_BYTES = ISO_SECTORS * 2048 };

/* An ISO with room behind it for other file systems. */
static struct file build_iso(uint64_t size)
{
	struct file iso = build_iso_tree(true, false), disk = file_new(size);

	memcpy(disk.at, iso.at, iso.size);
	file_put(disk, iso_sector(ISO_PRIMARY) + 80, ISO_SECTORS, 4);
	file_free(&iso);
	return disk;
}

/* The names of all volumes and what they hold, each with a blank behind it. */
static const char *all_volumes(void)
{
	static char names[512];

	names[0] = '\0';
	for (uint32_t i = 0; i < volumes.count; i++) {
		const char *fs_name = volumes.volume[i].fs_name;

		strcat(strcat(names, volumes.volume[i].name), "=");
		strcat(strcat(names, fs_name != NULL ? fs_name : ""), " ");
	}
	return names;
}

static const char *volumes_of(struct file disk)
{
	find(&disk, 1);
	return all_volumes();
}

/* As grub-mkrescue makes it: one entry, which begins behind the first sector and has no file system. */
static void rescue(void **state)
{
	struct file disk = build_iso(ISO_BYTES);
	struct fs_node node;

	(void)state;
	mbr_put(disk, 0, 0, 0xcd, 1, ISO_BYTES / 512 - 1);
	assert_string_equal(volumes_of(disk), "disk1= disk=iso9660 ");
	assert_int_equal(volumes.scheme[0], PARTITION_MBR);
	assert_string_equal(volumes.volume[1].label, "VOLUME");
	assert_int_equal(volumes.volume[1].partition.number, 0);
	assert_int_equal(volumes.volume[1].partition.size, ISO_BYTES);
	assert_fine(volume_lookup(&volumes, 1, "/sub/a", &node));
	/* Without it there is only what the table says. */
	file_put(disk, iso_sector(ISO_PRIMARY) + 1, 'X', 1);
	assert_string_equal(volumes_of(disk), "disk1= ");
	file_free(&disk);
}

/* As isohybrid makes it: the partition begins where the image does. */
static void from_the_beginning(void **state)
{
	struct file disk = build_iso(ISO_BYTES);

	(void)state;
	mbr_put(disk, 0, 0, 0x17, 0, ISO_BYTES / 512);
	mbr_put(disk, 0, 1, 0xef, 100, 10);
	assert_string_equal(volumes_of(disk), "disk1=iso9660 disk2= ");
	file_free(&disk);
}

/* A partition may have a descriptor of its own, for the same files or for others. */
static void twins(void **state)
{
	struct file disk = build_iso(ISO_BYTES + MORE);

	(void)state;
	memcpy(disk.at + MORE, disk.at, ISO_BYTES);
	mbr_put(disk, 0, 0, 0x83, MORE / 512, ISO_BYTES / 512);
	mbr_put(disk, 0, 1, 0xef, 1, 1);
	assert_string_equal(volumes_of(disk), "disk1=iso9660 disk2= ");
	disk.at[MORE + iso_sector(ISO_PRIMARY) + 40] = 'X';
	assert_string_equal(volumes_of(disk), "disk1=iso9660 disk2= disk=iso9660 ");
	disk.at[MORE + iso_sector(ISO_PRIMARY) + 40] = 'V';
	disk.at[MORE + iso_sector(ISO_PRIMARY) + 830] = '3';
	assert_string_equal(volumes_of(disk), "disk1=iso9660 disk2= disk=iso9660 ");
	file_free(&disk);
}

/* Behind the image there may be another file system; inside of it there is none, unless somebody has divided the disk again. */
static void others(void **state)
{
	struct ext_files files = ext_files_new("\x11", "root");
	struct file disk = build_iso(MORE + files.image.size);

	(void)state;
	memcpy(disk.at + MORE, files.image.at, files.image.size);
	mbr_put(disk, 0, 0, 0x83, MORE / 512, (uint32_t)files.image.size / 512);
	assert_string_equal(volumes_of(disk), "disk1=ext4 disk=iso9660 ");
	file_put(disk, iso_sector(ISO_PRIMARY) + 80, MORE / 2048, 4);
	assert_string_equal(volumes_of(disk), "disk1=ext4 disk=iso9660 ");
	file_put(disk, iso_sector(ISO_PRIMARY) + 80, MORE / 2048 + 1, 4);
	assert_string_equal(volumes_of(disk), "disk1=ext4 ");
	file_free(&disk);
	file_free(&files.image);
}

/* A partition for firmware may be a part of the image; and what another disk has is nothing to this one. */
static void firmware(void **state)
{
	struct fat_image fat = build_fat(12);
	struct file disk = build_iso(MORE + fat.file.size), images[2] = { disk, disk };

	(void)state;
	memcpy(disk.at + MORE, fat.file.at, fat.file.size);
	file_put(disk, iso_sector(ISO_PRIMARY) + 80, (MORE + fat.file.size) / 2048, 4);
	mbr_put(disk, 0, 0, 0xef, MORE / 512, (uint32_t)fat.file.size / 512);
	find(images, 2);
	assert_string_equal(all_volumes(), "disk1=vfat disk=iso9660 disk1=vfat disk=iso9660 ");
	file_free(&disk);
	file_free(&fat.file);
}

/* As Fedora and openSUSE have it: a GPT in the image's first sectors. */
static void gpt(void **state)
{
	const struct gpt_layout usual = { 512, 128, 16 };
	struct file disk = build_iso(ISO_BYTES), table = build_gpt(usual);

	(void)state;
	gpt_put(table, usual, 0, gpt_esp, 90, 94);
	memcpy(disk.at, table.at, (GPT_TABLE + GPT_TABLE_SECTORS) * 512);
	assert_string_equal(volumes_of(disk), "disk1= disk=iso9660 ");
	assert_int_equal(volumes.scheme[0], PARTITION_GPT);
	file_free(&table);
	file_free(&disk);
}

/* lull.disk= with the disk's name means the image, and whatever its partitions hold. */
static void entries(void **state)
{
	struct ext_files files = ext_files_new("\x11", "root");
	struct file disk;
	uint64_t at = iso_sector(ISO_SUB);

	(void)state;
	ext_files_text(&files, "vmlinuz-5", "kernel");
	disk = build_iso(MORE + files.image.size);
	memcpy(disk.at + MORE, files.image.at, files.image.size);
	mbr_put(disk, 0, 0, 0x83, MORE / 512, (uint32_t)files.image.size / 512);
	at = iso_put(disk, iso_sector(ISO_ROOT), ISO_ROOT, 2048, 2, span("", 1), ISO_TEXT("SP\7\1\xbe\xef\0"));
	iso_put(disk, at, ISO_FILE, 3000, 0, ISO_TEXT("VMLINUZ.;1"), ISO_TEXT("PX\x8\1\xa4\x81\0\0NM\xe\1\0vmlinuz-6"));
	find(&disk, 1);
	assert_string_equal(all_ids(), "vmlinuz-6 vmlinuz-5 ");
	entries_limit(&list, entry_span("disk"));
	assert_int_equal(list.count, 2);
	entries_limit(&list, entry_span("disk1"));
	assert_string_equal(all_ids(), "vmlinuz-5 ");
	file_free(&disk);
	file_free(&files.image);
}

/* A disk that ends before there could be a descriptor, or of which it cannot be read. */
static void hardship(void **state)
{
	struct file disk = build_iso(ISO_BYTES), small = file_new(4096);

	(void)state;
	mbr_put(small, 0, 0, 0x83, 1, 2);
	assert_string_equal(volumes_of(small), "disk1= ");
	mbr_put(disk, 0, 0, 0xcd, 1, ISO_BYTES / 512 - 1);
	for (uint64_t n = 0;; n++) {
		find_in(&disk, 1, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, n);
		assert_true(volumes.count <= 2);
		if (disks[0].reads <= n)
			break;
	}
	file_free(&disk);
	file_free(&small);
}

int main(void)
{
	return RUN_TESTS("volume", rescue, from_the_beginning, twins, others, firmware, gpt, entries, hardship);
}
