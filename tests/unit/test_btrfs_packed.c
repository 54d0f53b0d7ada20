/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed extents of btrfs, packed by the libraries themselves. */
#include <stdlib.h>

#include <libdeflate.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include "btrfs_tree.h"
#include "fs_look.h"

enum { PLAIN = 20000, PLAIN_BLOCKS = 5 };

static uint8_t plain[PLAIN], packed[2 * PLAIN];

/* Words, and in between what cannot be packed, so that pieces have many sizes. */
static void make_plain(void)
{
	uint32_t state = 1;

	for (unsigned i = 0; i < PLAIN; i++) {
		state = state * 1103515245 + 12345;
		plain[i] = i % 3000 < 1300 ? (uint8_t)(state >> 16) : (uint8_t)"words "[i % 6];
	}
}

/* As Linux lays it out (fs/btrfs/lzo.c): pieces of a sector each, and no size of one crosses the end of a sector. */
static size_t pack_lzo(size_t size)
{
	static uint8_t work[LZO1X_1_MEM_COMPRESS] __attribute__((aligned(16)));
	const struct file out = { packed, sizeof(packed) };
	size_t at = 4;

	for (size_t done = 0; done < size; done += 4096) {
		lzo_uint made = 0;

		if (4096 - at % 4096 < 4)
			at += 4096 - at % 4096;
		lzo1x_1_compress(plain + done, size - done < 4096 ? size - done : 4096, packed + at + 4, &made, work);
		file_put(out, at, made, 4);
		at += 4 + made;
	}
	file_put(out, 0, at, 4);
	return at;
}

static size_t pack(unsigned kind, size_t size)
{
	struct libdeflate_compressor *compressor;
	size_t made;

	memset(packed, 0, sizeof(packed));
	if (kind == 2)
		return pack_lzo(size);
	if (kind == 3)
		return ZSTD_compress(packed, sizeof(packed), plain, size, 3);
	compressor = libdeflate_alloc_compressor(6);
	made = libdeflate_zlib_compress(compressor, plain, size, packed, sizeof(packed));
	libdeflate_free_compressor(compressor);
	return made;
}

/* Makes the first extent of "file" a compressed one; it is the file's blocks from the second of the extent on. */
static struct file with_extent(unsigned kind)
{
	struct file image = build_btrfs_tree();
	const uint64_t extent = btrfs_data_at(image, BTRFS_FILE_LEAF2, 0);
	const size_t size = pack(kind, PLAIN);

	file_put(image, extent + 8, PLAIN_BLOCKS * 4096, 8);
	file_put(image, extent + 16, kind, 1);
	file_put(image, extent + 29, (size + 4095) & ~(size_t)4095, 8);
	memset(image.at + btrfs_at(BTRFS_DATA), 0, PLAIN + 4096);
	memcpy(image.at + btrfs_at(BTRFS_DATA), packed, size);
	btrfs_seal(image);
	return image;
}

static void extents(void **state)
{
	(void)state;
	make_plain();
	for (unsigned kind = 1; kind <= 3; kind++) {
		struct file image = with_extent(kind);
		const uint64_t extent = btrfs_data_at(image, BTRFS_FILE_LEAF2, 0);

		assert_fine(look_in(image, "/file"));
		assert_memory_equal(content, plain, 4096);
		check_bytes(4096, 4096, 0);
		/* What has been unpacked is not unpacked again. */
		assert_true(memory.bytes_read < 100000);
		file_put(image, extent + 37, 4096, 8);
		btrfs_seal(image);
		assert_fine(look_at(image, UINT64_MAX, "/file", 100));
		assert_memory_equal(content, plain + 4196, 3996);
		check_bytes(3996, 4096, 0);
		/* Behind what there is to unpack are zeroes. */
		file_put(image, extent + 37, 4 * 4096, 8);
		btrfs_seal(image);
		assert_fine(look_in(image, "/file"));
		assert_memory_equal(content, plain + 4 * 4096, PLAIN - 4 * 4096);
		check_bytes(PLAIN - 4 * 4096, 5 * 4096 - PLAIN, 0);
		file_put(image, extent + 37, 5 * 4096, 8);
		btrfs_seal(image);
		assert_fine(look_in(image, "/file"));
		check_bytes(0, 4096, 0);
		for (uint64_t n = 0, reads = memory.reads; n < reads; n++)
			assert_error(look_at(image, n, "/file", 0), ERROR_DISK_READ);
		file_free(&image);
	}
}

static void in_the_tree(void **state)
{
	(void)state;
	make_plain();
	for (unsigned kind = 1; kind <= 3; kind++) {
		struct file image = build_btrfs_tree();
		const size_t size = pack(kind, 1400);
		const uint64_t at = btrfs_add(image, BTRFS_FILE_LEAF2, 262, BTRFS_EXTENT_DATA, 0, 21 + (unsigned)size);
		struct fs_node node = { .kind = FS_FILE, .size = 1500, .id = UINT64_C(5) << 40 | 262 };

		file_put(image, at + 8, 1400, 8);
		file_put(image, at + 16, kind, 1);
		memcpy(image.at + at + 21, packed, size);
		btrfs_seal(image);
		assert_fine(look_in(image, "/file"));
		assert_fine(fs_read(&fs, &node, 0, content, 1500));
		assert_memory_equal(content, plain, 1400);
		check_bytes(1400, 100, 0);
		assert_fine(fs_read(&fs, &node, 1300, content, 50));
		assert_memory_equal(content, plain + 1300, 50);
		file_free(&image);
	}
}

/* In pieces on the disk, too: a chunk of one stripe. */
static void in_pieces(void **state)
{
	struct file image;
	uint64_t chunk;

	(void)state;
	make_plain();
	image = with_extent(1);
	chunk = btrfs_data_at(image, BTRFS_CHUNK_LEAF, 0);
	file_put(image, chunk + 24, 9, 8);
	file_put(image, chunk + 44, 1, 2);
	btrfs_seal(image);
	assert_fine(look_in(image, "/file"));
	assert_memory_equal(content, plain, 4096);
	file_free(&image);
}

/* A piece that ends where the size of the next one would cross the end of a sector. */
static void sector_end(void **state)
{
	static uint8_t work[LZO1X_1_MEM_COMPRESS] __attribute__((aligned(16)));
	const struct file out = { packed, sizeof(packed) };
	struct file image = build_btrfs_tree();
	struct span bytes;
	uint32_t state_of = 1;
	lzo_uint made = 0;
	size_t first = 3900;

	(void)state;
	for (unsigned i = 0; i < PLAIN; i++)
		plain[i] = (uint8_t)((state_of = state_of * 1103515245 + 12345) >> 16);
	do
		lzo1x_1_compress(plain, ++first, packed + 8, &made, work);
	while (8 + made < 4093);
	assert_true(8 + made < 4096);
	file_put(out, 4, made, 4);
	lzo1x_1_compress(plain + first, 100, packed + 4100, &made, work);
	file_put(out, 4096, made, 4);
	file_put(out, 0, 4100 + made, 4);
	assert_fine(look_in(image, "/"));
	bytes = span(packed, 4100 + made);
	assert_fine(btrfs_unpack(&fs, 2, 8192, &bytes));
	assert_int_equal(bytes.size, first + 100);
	assert_memory_equal(bytes.at, plain, first + 100);
	file_free(&image);
}

/* The same address twice in a row, read in small pieces. */
static void twice(void **state)
{
	struct file image;
	struct fs_node node = { .kind = FS_FILE, .size = 4096, .id = UINT64_C(5) << 40 | 257 };

	(void)state;
	make_plain();
	image = with_extent(3);
	assert_fine(look_in(image, "/file"));
	memory.reads = 0;
	for (unsigned i = 0; i < 4096; i += 64) {
		assert_fine(fs_read(&fs, &node, i, content, 64));
		assert_memory_equal(content, plain + i, 64);
	}
	assert_int_equal(memory.reads, 0);
	file_free(&image);
}

static void wrong(void **state)
{
	static const struct { unsigned kind, field; uint64_t value; enum error_code code; } faults[] = {
		{ 1, 8, 131073, ERROR_FS_FIELD }, { 1, 8, 100, ERROR_FS_FIELD }, { 2, 8, 5000, ERROR_FS_FIELD },
		{ 3, 8, 100, ERROR_FS_FIELD }, { 3, 29, 131073, ERROR_FS_FIELD }, { 1, 29, 1, ERROR_FS_FIELD },
		{ 2, 29, 8, ERROR_FS_FIELD }, { 3, 29, 8, ERROR_FS_FIELD }, { 1, 21, 0x900000, ERROR_FS_FIELD },
	};

	(void)state;
	make_plain();
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct file image = with_extent(faults[i].kind);

		file_put(image, btrfs_data_at(image, BTRFS_FILE_LEAF2, 0) + faults[i].field, faults[i].value, 8);
		btrfs_seal(image);
		if (look_in(image, "/file").code != faults[i].code)
			print_error("fault %u\n", i);
		assert_error(look_in(image, "/file"), faults[i].code);
		file_free(&image);
	}
}

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

static void without_memory(void **state)
{
	struct file image;

	(void)state;
	make_plain();
	image = with_extent(1);
	libdeflate_set_memory_allocator(no_memory, free);
	assert_error(look_in(image, "/file"), ERROR_FS_FIELD);
	libdeflate_set_memory_allocator(malloc, free);
	assert_fine(look_in(image, "/file"));
	file_free(&image);
}

/* Bytes of packed data that are broken: of a piece of lzo, its size. */
static void broken(void **state)
{
	(void)state;
	make_plain();
	for (unsigned kind = 1; kind <= 3; kind++) {
		struct file image = with_extent(kind);

		memset(image.at + btrfs_at(BTRFS_DATA) + 6, 0xff, 40);
		assert_error(look_in(image, "/file"), ERROR_FS_FIELD);
		memset(image.at + btrfs_at(BTRFS_DATA) + 6, 0, 2);
		assert_error(look_in(image, "/file"), ERROR_FS_FIELD);
		file_free(&image);
	}
}

int main(void)
{
	return RUN_TESTS("btrfs_packed", extents, in_the_tree, in_pieces, sector_end, twice, wrong, without_memory, broken);
}
