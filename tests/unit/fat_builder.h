/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small FAT file system of any width, for the tests: clusters of one sector of 512 bytes. */
#ifndef LULL_TESTS_FAT_BUILDER_H
#define LULL_TESTS_FAT_BUILDER_H

#include <string.h>

#include "builder.h"

struct fat_image {
	struct file file;
	unsigned width;
	uint64_t table, root, data;
	uint32_t clusters;
};

static inline uint64_t fat_cluster_at(const struct fat_image *image, uint32_t cluster)
{
	return image->data + (cluster - 2) * UINT64_C(512);
}

static inline void fat_put_next(const struct fat_image *image, uint32_t cluster, uint32_t next)
{
	const uint64_t at = image->table + (uint64_t)cluster * image->width / 8;

	if (image->width == 12) {
		const uint32_t there = (uint32_t)span_number(file_span(image->file), at, 2);

		next = cluster % 2 ? (there & 0xf) | (next & 0xfff) << 4 : (there & 0xf000) | (next & 0xfff);
	}
	file_put(image->file, at, next, image->width == 32 ? 4 : 2);
}

/* A chain of clusters, which ends with the last one named; the list ends with 0. */
static inline void fat_put_chain(const struct fat_image *image, const uint32_t *clusters)
{
	for (; *clusters != 0; clusters++)
		fat_put_next(image, clusters[0], clusters[1] != 0 ? clusters[1] : 0x0fffffff);
}

/* The entry of a short name, of eleven bytes; returns where the next one begins. */
static inline uint64_t fat_put_short(const struct fat_image *image, uint64_t at, const char *name, unsigned attributes,
				     uint32_t cluster, uint32_t size)
{
	memcpy(image->file.at + at, name, 11);
	file_put(image->file, at + 11, attributes, 1);
	file_put(image->file, at + 20, cluster >> 16, 2);
	file_put(image->file, at + 26, cluster & 0xffff, 2);
	file_put(image->file, at + 28, size, 4);
	return at + 32;
}

/* The entries of a long name before a short one; `units` has whole entries of 13. */
static inline uint64_t fat_put_long(const struct fat_image *image, uint64_t at, const char *short_name, const uint16_t *units,
				    unsigned entries)
{
	static const uint8_t places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	uint8_t sum = 0;

	for (unsigned i = 0; i < 11; i++)
		sum = (uint8_t)((sum << 7 | sum >> 1) + (uint8_t)short_name[i]);
	for (unsigned i = entries; i > 0; i--, at += 32) {
		file_put(image->file, at, i | (i == entries ? 0x40 : 0), 1);
		file_put(image->file, at + 11, 0x0f, 1);
		file_put(image->file, at + 13, sum, 1);
		for (unsigned unit = 0; unit < 13; unit++)
			file_put(image->file, at + places[unit], units[(i - 1) * 13 + unit], 2);
	}
	return at;
}

static inline struct fat_image build_fat(unsigned width)
{
	static const uint32_t counts[] = { [12] = 100, [16] = 4085, [32] = 200 };
	struct fat_image image = { .width = width, .clusters = counts[width] };
	const uint32_t table = (image.clusters + 2) * width / 8 / 512 + 1, root = width == 32 ? 0 : 2;
	const uint32_t sectors = 4 + 2 * table + root + image.clusters, names = width == 32 ? 66 : 38;

	image.file = file_new(sectors * 512);
	image.table = 4 * 512;
	image.root = (4 + 2 * table) * UINT64_C(512);
	image.data = image.root + root * 512;
	file_put(image.file, 11, 512, 2);
	file_put(image.file, 13, 1, 1);
	file_put(image.file, 14, 4, 2);
	file_put(image.file, 16, 2, 1);
	file_put(image.file, 17, root * 16, 2);
	file_put(image.file, width == 16 ? 32 : 19, sectors, width == 16 ? 4 : 2);
	file_put(image.file, 21, 0xf8, 1);
	file_put(image.file, width == 32 ? 36 : 22, table, width == 32 ? 4 : 2);
	if (width == 32)
		file_put(image.file, 44, 2, 4);
	file_put(image.file, names, 0x29, 1);
	file_put(image.file, names + 1, 0x12ab34cd, 4);
	memcpy(image.file.at + names + 5, "SOME NAME  ", 11);
	return image;
}

#endif
