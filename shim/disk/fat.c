/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/fat.h>

enum {
	BOOT_SECTOR_SIZE = 11,
	BOOT_CLUSTER_SECTORS = 13,
	BOOT_RESERVED = 14,
	BOOT_TABLES = 16,
	BOOT_ROOT_ENTRIES = 17,
	BOOT_SECTORS_16 = 19,
	BOOT_MEDIA = 21,
	BOOT_TABLE_SECTORS_16 = 22,
	BOOT_SECTORS_32 = 32,
	BOOT_TABLE_SECTORS_32 = 36,
	BOOT_ROOT_CLUSTER = 44,
	/* The signature of the three fields behind it; of FAT32 they are further down. */
	BOOT_SIGNATURE = 38,
	BOOT_SIGNATURE_32 = 66,

	/* Up to this number of clusters a table has entries of 12 bits. */
	CLUSTERS_12 = 4084,
	FIRST_CLUSTER = 2,
};

static bool is_power_of_two(uint32_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

/* What Linux asks of a boot sector too (fs/fat/inode.c, fat_read_bpb()): FAT has no signature of its own. */
static bool is_fat(struct span boot)
{
	const uint32_t sector = span_u16(boot, BOOT_SECTOR_SIZE), media = span_u8(boot, BOOT_MEDIA);

	if (!is_power_of_two(sector) || sector < 512 || sector > 4096 || !is_power_of_two(span_u8(boot, BOOT_CLUSTER_SECTORS)))
		return false;
	if (span_u16(boot, BOOT_RESERVED) == 0 || span_u8(boot, BOOT_TABLES) == 0 || (media < 0xf8 && media != 0xf0))
		return false;
	return span_u16(boot, BOOT_TABLE_SECTORS_16) != 0 || span_u32(boot, BOOT_TABLE_SECTORS_32) != 0;
}

/* The number of the volume, and its name in eleven bytes, which blanks fill. */
static void take_names(struct fs *fs, struct span boot, uint32_t signature)
{
	static const char digits[] = "0123456789ABCDEF";
	const uint32_t number = span_u32(boot, signature + 1);
	struct span label;
	unsigned at = 0;

	if (span_u8(boot, signature) != 0x29)
		return;
	for (unsigned i = 0; i < 8; i++) {
		if (i == 4)
			fs->uuid[at++] = '-';
		fs->uuid[at++] = digits[number >> (28 - 4 * i) & 15];
	}
	fs->uuid[at] = '\0';
	span_cut(boot, signature + 5, 11, &label);
	while (label.size != 0 && label.at[label.size - 1] == ' ')
		label.size--;
	if (!span_is(label, 0, "NO NAME", 7))
		fs_label_text(fs, label);
}

/* Sums and products of numbers of at most 32, 16 and 8 bits. */
static struct error read_geometry(struct fs *fs, struct span boot)
{
	struct fat *fat = &fs->fat;
	const bool is_32 = span_u16(boot, BOOT_TABLE_SECTORS_16) == 0;
	const uint64_t sector = span_u16(boot, BOOT_SECTOR_SIZE);
	const uint64_t table = span_u32(boot, is_32 ? BOOT_TABLE_SECTORS_32 : BOOT_TABLE_SECTORS_16) &
			       (is_32 ? UINT32_MAX : UINT16_MAX);
	const uint64_t tables_end = span_u16(boot, BOOT_RESERVED) + table * span_u8(boot, BOOT_TABLES);
	const uint64_t small = span_u16(boot, BOOT_SECTORS_16), sectors = small != 0 ? small : span_u32(boot, BOOT_SECTORS_32);
	uint64_t data, clusters;

	fat->root_size = span_u16(boot, BOOT_ROOT_ENTRIES) * UINT64_C(32);
	data = tables_end + (fat->root_size + sector - 1) / sector;
	if (sectors < data)
		return fs_wrong("a FAT that fits in its file system", sectors);
	fat->cluster_size = (uint32_t)sector * span_u8(boot, BOOT_CLUSTER_SECTORS);
	fat->table = span_u16(boot, BOOT_RESERVED) * sector;
	fat->root = tables_end * sector;
	fat->data = data * sector;
	clusters = (sectors - data) * sector / fat->cluster_size;
	fat->width = is_32 ? 32 : clusters > CLUSTERS_12 ? 16 : 12;
	if (clusters > table * sector * 8 / fat->width)
		return fs_wrong("a FAT with an entry for each cluster", clusters);
	fat->cluster_count = (uint32_t)clusters;
	fat->root_cluster = is_32 ? span_u32(boot, BOOT_ROOT_CLUSTER) : 0;
	fat->chain = fat->chain_index = 0;
	return error_none();
}

static struct error fat_open(struct fs *fs)
{
	uint8_t bytes[512] = { 0 };
	const struct span boot = span(bytes, sizeof(bytes));

	if (fs->disk->size < sizeof(bytes))
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	TRY(disk_read(fs->disk, 0, bytes, sizeof(bytes)));
	if (!is_fat(boot))
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	fs->name = "vfat";
	fs->ignores_case = true;
	TRY(read_geometry(fs, boot));
	take_names(fs, boot, fs->fat.width == 32 ? BOOT_SIGNATURE_32 : BOOT_SIGNATURE);
	return error_none();
}

/* The entry of the table for a cluster: the number of the next one. */
static struct error next_cluster(struct fs *fs, uint32_t cluster, uint32_t *out)
{
	const struct fat *fat = &fs->fat;
	uint8_t bytes[4] = { 0 };
	const struct span entry = span(bytes, sizeof(bytes));

	TRY(disk_read(fs->disk, fat->table + (uint64_t)cluster * fat->width / 8, bytes, fat->width == 32 ? 4 : 2));
	*out = span_u32(entry, 0) & 0x0fffffff;
	/* Of 12 bits, each two entries share the byte between them. */
	if (fat->width == 12)
		*out = cluster % 2 != 0 ? *out >> 4 : *out & 0xfff;
	return error_none();
}

struct error fat_cluster(struct fs *fs, uint32_t first, uint64_t index, uint32_t *out)
{
	struct fat *fat = &fs->fat;
	const uint32_t end = fat->width == 12 ? 0xff8 : fat->width == 16 ? 0xfff8 : 0x0ffffff8;

	*out = 0;
	if (fat->chain != first || fat->chain_index > index || first == 0) {
		fat->chain = fat->chain_cluster = first;
		fat->chain_index = 0;
	}
	for (;;) {
		const uint32_t found = fat->chain_cluster;

		if (found >= end && fat->chain_index != 0)
			return error_none();
		/* The mark of a bad cluster is larger than any cluster's number. */
		if (found < FIRST_CLUSTER || found - FIRST_CLUSTER >= fat->cluster_count)
			return fs_wrong("clusters of the file system in a chain", found);
		if (fat->chain_index == index)
			break;
		TRY(next_cluster(fs, found, &fat->chain_cluster));
		fat->chain_index++;
	}
	*out = fat->chain_cluster;
	return error_none();
}

struct error fat_map(struct fs *fs, const void *first, uint64_t offset, struct fs_run *out)
{
	const uint64_t index = offset / fs->fat.cluster_size, skip = offset % fs->fat.cluster_size;
	uint32_t cluster;

	TRY(fat_cluster(fs, *(const uint32_t *)first, index, &cluster));
	if (cluster == 0)
		return fs_wrong("a chain of clusters that is as long as its file", index);
	*out = (struct fs_run){
		.size = fs->fat.cluster_size - skip,
		.at = fs->fat.data + (uint64_t)(cluster - FIRST_CLUSTER) * fs->fat.cluster_size + skip,
	};
	return error_none();
}

static struct error fat_root(struct fs *fs, struct fs_node *out)
{
	*out = (struct fs_node){ .kind = FS_DIRECTORY, .id = fs->fat.root_cluster };
	return error_none();
}

static struct error fat_node(struct fs *fs, const struct fs_entry *entry, struct fs_node *out)
{
	(void)fs;
	*out = entry->node;
	return error_none();
}

static struct error fat_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size)
{
	const uint32_t first = (uint32_t)node->id;

	return fs_read_runs(fs, fat_map, &first, offset, to, size);
}

const struct fs_operations fs_fat = { fat_open, fat_root, fat_next, fat_node, fat_read };
