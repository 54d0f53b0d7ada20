/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables and file systems: images as the unit tests build them, changed in bytes that are read when all of the image
 * is; and whatever the input itself is, as a disk.
 */
#include <shim/disk/cache.h>
#include <shim/disk/partition.h>
#include <tests/unit/btrfs_tree.h>
#include <tests/unit/ext_tree.h>
#include <tests/unit/fat_builder.h>
#include <tests/unit/iso_tree.h>
#include <tests/unit/memory_disk.h>
#include <tests/unit/partition_builder.h>
#include <tests/unit/xfs_tree.h>

#include "choices.h"
#include "fuzz.h"

#define IMAGES       12
#define PLACES_MOST  4096
/* What a walk looks at: a broken tree may have more names than a sound one, and bytes without end. */
#define ENTRIES_MOST 300
#define BYTES_MOST   100000

struct image {
	struct file file;
	/* Where it is read: the beginning and the size of each read. */
	uint32_t count;
	struct { uint64_t at; uint32_t size; } place[PLACES_MOST];
};

static struct image images[IMAGES];
static struct image *tracing;
static struct fs fs;
static uint8_t scratch[FS_SCRATCH], bytes[BYTES_MOST + 1];
static unsigned entries_left;

static struct error traced_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	if (tracing != NULL && tracing->count < PLACES_MOST) {
		tracing->place[tracing->count].at = offset;
		tracing->place[tracing->count++].size = (uint32_t)size;
	}
	return memory_disk_read(disk, offset, to, size);
}

static void walk(const struct fs_node *directory, unsigned depth)
{
	struct fs_entry entry;
	struct fs_node node;
	uint64_t position = 0;

	while (entries_left-- > 1 && !failed(fs_next(&fs, directory, &position, &entry)) && entry.length != 0) {
		PROMISE(entry.length <= FS_NAME_MOST && entry.name[entry.length] == '\0');
		if (failed(fs.operations->node(&fs, &entry, &node)))
			continue;
		if (node.kind == FS_DIRECTORY && depth < 8) {
			walk(&node, depth + 1);
		} else if (node.kind == FS_FILE || node.kind == FS_LINK) {
			const size_t size = node.size < BYTES_MOST ? (size_t)node.size : BYTES_MOST;

			bytes[size] = 0xa5;
			if (!failed(fs_read(&fs, &node, 0, bytes, size)) && node.size > size)
				(void)fs_read(&fs, &node, node.size - size, bytes, size);
			PROMISE(bytes[size] == 0xa5);
		}
	}
}

static void look_at_partitions(struct disk *disk)
{
	static struct partition_table table;

	(void)partition_table_read(disk, &table);
	PROMISE(table.count <= PARTITION_MOST);
	for (uint32_t i = 0; i < table.count; i++) {
		const struct partition *partition = &table.partition[i];

		PROMISE(partition->size != 0 && partition->start < disk->size && partition->size <= disk->size - partition->start);
	}
}

static void look_at(struct span image)
{
	struct memory_disk memory;
	struct fs_node node;

	if (image.size == 0)
		return;
	memory_disk_open(&memory, image)->read = traced_read;
	look_at_partitions(&memory.disk);
	entries_left = ENTRIES_MOST;
	if (failed(fs_open(&fs, &memory.disk, scratch)))
		return;
	PROMISE(strlen(fs.uuid) < sizeof(fs.uuid) && strlen(fs.label) <= FS_LABEL_MOST);
	if (!failed(fs.operations->root(&fs, &node)))
		walk(&node, 0);
	(void)fs_lookup(&fs, "/long/../tree", &node);
}

static struct file small_fat(unsigned width)
{
	static const uint16_t name[13] = { 'L', 'o', 'n', 'g', 0xd83d, 0xde00 };
	const struct fat_image image = build_fat(width);
	const uint64_t root = width == 32 ? fat_cluster_at(&image, 2) : image.root;
	uint64_t at = fat_put_long(&image, root, "LONG       ", name, 1);

	at = fat_put_short(&image, at, "LONG       ", 0x20, 5, 1200);
	fat_put_short(&image, at, "SUB        ", 0x10, 20, 0);
	if (width == 32)
		fat_put_chain(&image, (const uint32_t[]){ 2, 0 });
	fat_put_chain(&image, (const uint32_t[]){ 5, 6, 9, 0 });
	fat_put_chain(&image, (const uint32_t[]){ 20, 21, 0 });
	fat_put_short(&image, fat_cluster_at(&image, 20), "X       TXT", 0x20, 9, 100);
	return image.file;
}

static void make_images(void)
{
	const struct gpt_layout layout = { 512, 128, 8 };

	images[0].file = build_ext_tree(EXT_TREE_USUAL, 0);
	images[1].file = build_ext_tree(EXT_TREE_USUAL, EXT_TREE_SUMS);
	images[2].file = small_fat(12);
	images[3].file = small_fat(16);
	images[4].file = small_fat(32);
	images[5].file = build_gpt(layout);
	gpt_put(images[5].file, layout, 1, gpt_esp, 10, 20);
	images[6].file = file_new(200 * 512);
	mbr_put(images[6].file, 0, 0, 0x83, 1, 9);
	mbr_put(images[6].file, 0, 1, 0x05, 100, 50);
	mbr_put(images[6].file, 100, 0, 0x83, 1, 9);
	mbr_put(images[6].file, 100, 1, 0x05, 20, 20);
	mbr_put(images[6].file, 120, 0, 0x83, 1, 9);
	images[7].file = build_xfs_tree(4);
	images[8].file = build_xfs_tree(5);
	images[9].file = build_iso_tree(true, false);
	images[10].file = build_iso_tree(false, true);
	images[11].file = build_btrfs_tree();
	for (unsigned i = 0; i < IMAGES; i++) {
		tracing = &images[i];
		look_at(file_span(images[i].file));
	}
	tracing = NULL;
}

static void change(struct choices *choices, const struct image *image, struct file copy)
{
	static const uint64_t values[] = { 0, 1, 2, 0x7f, 0xff, 0xffff, 0x10000, UINT32_MAX, UINT64_MAX };
	const uint64_t which = below(choices, image->count);
	const unsigned width = 1u << below(choices, 4);
	uint64_t at = image->place[which].at + below(choices, image->place[which].size);
	uint64_t value;

	at -= once_in(choices, 3) ? 0 : at % width;
	if (!span_has(file_span(copy), at, width))
		return;
	value = span_number(file_span(copy), at, width);
	switch (below(choices, 4)) {
	case 0:
		value = values[below(choices, 9)];
		break;
	case 1:
		value += below(choices, 17) - 8;
		break;
	case 2:
		value ^= UINT64_C(1) << below(choices, 8 * width);
		break;
	default:
		value = below(choices, 1300);
	}
	file_put(copy, at, value, width);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = choices_of(span(data, size));
	const struct image *image;
	struct file copy;

	if (images[0].file.at == NULL)
		make_images();
	image = &images[below(&choices, IMAGES)];
	copy = file_of(image->file.at, once_in(&choices, 10) ? below(&choices, image->file.size) : image->file.size);
	for (uint64_t i = below(&choices, 5) + 1; i > 0; i--)
		change(&choices, image, copy);
	/* Where checksums would hide what is behind them. */
	if (image == &images[1] && copy.size == image->file.size)
		ext_seal(copy);
	if (image == &images[8] && copy.size == image->file.size && xfs_is_5(copy))
		xfs_seal(copy);
	if (image == &images[11] && copy.size == image->file.size)
		btrfs_seal(copy);
	if (image == &images[5] && copy.size == image->file.size && once_in(&choices, 2))
		gpt_seal(copy, (struct gpt_layout){ 512, 128, 8 }, false);
	look_at(file_span(copy));
	file_free(&copy);
	look_at(span(data, size));
	return 0;
}
