/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/volume.h>

/* ECMA-119, 8.4: the primary descriptor of an ISO 9660, its magic, and how many sectors there are (8.4.8). */
#define ISO_DESCRIPTOR  32768
#define ISO_MAGIC       "\1CD001\1"
#define ISO_COUNT       80
#define ISO_SECTOR_SIZE 2048

static void copy_text(char *to, const char *from)
{
	__builtin_memcpy(to, from, __builtin_strlen(from) + 1);
}

struct error volume_open(struct volumes *volumes, uint32_t index, struct fs **out)
{
	const struct volume *volume = &volumes->volume[index];
	struct disk *disk = volumes->disk[volume->disk];

	*out = &volumes->fs;
	if (volumes->open == index + 1)
		return error_none();
	volumes->open = 0;
	if (volume->partition.number != 0)
		disk = disk_part_open(&volumes->part, disk, &volume->partition);
	TRY(fs_open(&volumes->fs, disk, volumes->scratch));
	volumes->open = index + 1;
	return error_none();
}

struct error volume_lookup(struct volumes *volumes, uint32_t index, const char *path, struct fs_node *out)
{
	struct fs *fs;

	TRY(volume_open(volumes, index, &fs));
	return fs_lookup(fs, path, out);
}

static void add_volume(struct volumes *volumes, uint32_t disk, const struct partition *partition)
{
	struct volume *volume = &volumes->volume[volumes->count];
	struct fs *fs;

	if (volumes->count == VOLUMES_MOST) {
		volumes->left_out++;
		return;
	}
	*volume = (struct volume){ .disk = disk, .partition = *partition };
	volume->error = volume_open(volumes, volumes->count++, &fs);
	if (partition->number != 0)
		copy_text(volume->name, volumes->part.name);
	else
		for (unsigned i = 0; i + 1 < sizeof(volume->name) && volumes->disk[disk]->name[i] != '\0'; i++)
			volume->name[i] = volumes->disk[disk]->name[i];
	/* Its subject was the name of a disk that is not open for long. */
	if (volume->error.code == ERROR_FS_UNKNOWN) {
		volume->error.subject = volume->name;
		volume->fs_name = fs_unread_name(fs->disk);
	}
	if (failed(volume->error))
		return;
	volume->fs_name = fs->name;
	volume->needs_recovery = fs->needs_recovery;
	copy_text(volume->uuid, fs->uuid);
	copy_text(volume->label, fs->label);
}

static bool is_same(const char *one, const char *other)
{
	return __builtin_strcmp(one, other) == 0;
}

/*
 * Whether a disk with a table is an ISO 9660 as a whole: an image that is started from a CD, and from a disk too.  A partition may
 * be a part of it, as a FAT.  Any other file system inside of it was made later, on a disk that such an image was on once, and has
 * written over some of it.
 */
static bool is_iso(const struct volumes *volumes, uint32_t disk)
{
	uint8_t bytes[ISO_COUNT + 4] = { 0 };
	const struct span descriptor = span(bytes, sizeof(bytes));

	if (failed(disk_read(volumes->disk[disk], ISO_DESCRIPTOR, bytes, sizeof(bytes))) || !span_is(descriptor, 0, ISO_MAGIC, 7))
		return false;
	for (uint32_t i = 0; i < volumes->count; i++) {
		const struct volume *volume = &volumes->volume[i];

		if (volume->disk == disk && !failed(volume->error) && !is_same(volume->fs_name, "iso9660") &&
		    !is_same(volume->fs_name, "vfat") && volume->partition.start < (uint64_t)span_u32(descriptor, ISO_COUNT) * ISO_SECTOR_SIZE)
			return false;
	}
	return true;
}

/* Adds an ISO 9660 that is a whole disk, unless a partition shows the same: it begins there too, or has a descriptor of its own. */
static void add_iso(struct volumes *volumes, uint32_t disk, const struct partition *whole)
{
	const uint32_t at = volumes->count;

	add_volume(volumes, disk, whole);
	for (uint32_t i = 0; i < at && volumes->count > at; i++) {
		const struct volume *volume = &volumes->volume[i], *iso = &volumes->volume[at];

		if (volume->disk == disk && !failed(volume->error) && is_same(volume->fs_name, "iso9660") &&
		    is_same(volume->uuid, iso->uuid) && is_same(volume->label, iso->label)) {
			volumes->count = at;
			volumes->open = 0;
		}
	}
}

void volumes_find(struct volumes *out, struct disk *const *disks, uint32_t count, void *scratch)
{
	out->disk_count = count < DISKS_MOST ? count : DISKS_MOST;
	out->count = out->left_out = out->open = 0;
	out->scratch = scratch;
	for (uint32_t disk = 0; disk < out->disk_count; disk++) {
		const struct partition whole = { .size = disks[disk]->size };

		out->disk[disk] = disks[disk];
		out->table_error[disk] = partition_table_read(disks[disk], &out->table);
		out->scheme[disk] = out->table.scheme;
		for (uint32_t i = 0; i < out->table.count; i++)
			add_volume(out, disk, &out->table.partition[i]);
		if (out->table.scheme == PARTITION_NONE)
			add_volume(out, disk, &whole);
		else if (is_iso(out, disk))
			add_iso(out, disk, &whole);
	}
}
