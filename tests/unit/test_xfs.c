/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xfs_tree.h"
#include "fs_look.h"

#define INODE(index, field) (xfs_inode_at(index) + (field))
#define FORK(index, field)  (xfs_inode_at(index) + 176 + (field))

static void check_all(struct file image)
{
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "plain|deep|short|long|single|leaf|wide|device|real|many|");
	assert_string_equal(fs.name, "xfs");
	assert_string_equal(fs.uuid, "12345678-9abc-def0-1234-56789abcdef0");
	assert_string_equal(fs.label, "twelve bytes");
	assert_false(fs.needs_recovery);
	assert_false(fs.ignores_case);
	assert_fine(look_in(image, "/plain"));
	check_bytes(0, 1024, 'p');
	check_bytes(1024, 3 * 1024, 0);
	check_bytes(4 * 1024, 2048 - 100, 'q');
	assert_fine(look_at(image, UINT64_MAX, "/plain", 1000));
	check_bytes(0, 24, 'p');
	check_bytes(24, 3 * 1024, 0);
	check_bytes(3 * 1024 + 24, 1024, 'q');
	assert_fine(look_at(image, UINT64_MAX, "/plain", 5 * 1024 + 10));
	check_bytes(0, 914, 'q');
	assert_fine(look_in(image, "/deep"));
	check_bytes(0, 1024, 0);
	check_bytes(1024, 1024, 't');
	check_bytes(2048, 1024, 'u');
	check_bytes(3 * 1024, 7 * 1024, 0);
	check_bytes(10 * 1024, 1024, 'u');
	check_bytes(11 * 1024, 9 * 1024, 0);
	check_bytes(20 * 1024, 1024, 't');
	check_bytes(21 * 1024, 9 * 1024, 0);
	assert_fine(look_in(image, "/short"));
	check_bytes(0, 100, 'd');
	assert_fine(look_in(image, "/long"));
	check_bytes(0, 1024, 'p');
	assert_fine(look_in(image, "/single"));
	assert_string_equal((char *)content, "one|two of them|");
	assert_fine(look_in(image, "/single/two of them"));
	check_bytes(0, 100, 'd');
	assert_fine(look_in(image, "/leaf"));
	assert_string_equal((char *)content, "half|last|");
	assert_fine(look_in(image, "/wide"));
	assert_string_equal((char *)content, "far|two|");
	assert_fine(look_in(image, "/many"));
	check_bytes(0, 100, 'd');
	assert_error(look_in(image, "/device"), ERROR_FS_NO_CONTENT);
	assert_error(look_in(image, "/real"), ERROR_FS_FEATURE);
}

static void version_4(void **state)
{
	struct file image = build_xfs_tree(4);

	(void)state;
	check_all(image);
	/* One whose names are the same in upper and lower case, as Linux could make it until 6.13. */
	xfs_put(image, 100, 0xf4a4, 2);
	assert_fine(look_in(image, "/PLAIN"));
	check_bytes(0, 1024, 'p');
	file_free(&image);
}

static void version_5(void **state)
{
	struct file image = build_xfs_tree(5);
	struct fs_node node;

	(void)state;
	check_all(image);
	/* The second piece of a link alone, and the end of the first. */
	assert_fine(fs_lookup(&fs, "/single", &node));
	node = (struct fs_node){ .kind = FS_LINK, .size = 1000, .id = xfs_inode(XFS_LONG_LINK) };
	assert_fine(fs_read(&fs, &node, 994, content, 6));
	assert_memory_equal(content, "/plain", 6);
	assert_fine(fs_read(&fs, &node, 10, content, 5));
	assert_memory_equal(content, "/////", 5);
	node.id = xfs_inode(XFS_INODES);
	assert_error(fs_read(&fs, &node, 0, content, 1), ERROR_FS_FIELD);
	/* A tree of one level: its leaf is read once. */
	xfs_put(image, FORK(XFS_DEEP, 0), 1, 2);
	xfs_put(image, FORK(XFS_DEEP, 4 + 20 * 8), xfs_fsb(XFS_DEEP_LEAF), 8);
	xfs_seal(image);
	assert_fine(look_in(image, "/deep"));
	check_bytes(1024, 1024, 't');
	check_bytes(20 * 1024, 1024, 't');
	assert_true(memory.bytes_read < 12 * XFS_BLOCK);
	xfs_put(image, 216, 0x1ff, 4);
	xfs_seal(image);
	assert_fine(look_in(image, "/plain"));
	assert_true(fs.needs_recovery);
	/* Short names without a byte for their kind. */
	xfs_put(image, 216, 0, 4);
	xfs_put_inode(image, XFS_ROOT, 0x41ed, XFS_LOCAL, 6 + 3 + 5 + 4);
	xfs_put_short(image, FORK(XFS_ROOT, 6), XFS_PLAIN, "plain", 4);
	memmove(image.at + FORK(XFS_ROOT, 6 + 8), image.at + FORK(XFS_ROOT, 6 + 9), 4);
	xfs_seal(image);
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "plain|");
	assert_fine(look_in(image, "/plain"));
	check_bytes(0, 1024, 'p');
	file_free(&image);
}

static bool is_dirty(struct file image)
{
	memory_disk_open(&memory, file_span(image));
	assert_fine(fs_open(&fs, &memory.disk, scratch));
	return fs.needs_recovery;
}

/* A log of `count` blocks written in a second round, of `second`, and those of the first behind; the record is at its end. */
static void put_rounds(struct file image, unsigned count, unsigned second, unsigned record)
{
	memset(image.at + XFS_LOG, 0, 32 * 512);
	for (unsigned i = 0; i < 32; i++)
		xfs_put(image, XFS_LOG + i * 512, i < count ? second : second - 1, 4);
	memmove(image.at + XFS_LOG + record * 512 + 4, image.at + XFS_LOG + record * 512, 4);
	xfs_put(image, XFS_LOG + record * 512, 0xfeedbabe, 4);
	xfs_put(image, XFS_LOG + record * 512 + 40, 1, 4);
	xfs_put(image, XFS_LOG + (record + 1) % 32 * 512 + 9, 0x20, 1);
}

static void logs(void **state)
{
	struct file image = build_xfs_tree(4);

	(void)state;
	assert_false(is_dirty(image));
	/* Two operations are no unmount; one of another kind is none either. */
	xfs_put(image, XFS_LOG + 40, 2, 4);
	assert_true(is_dirty(image));
	xfs_put(image, XFS_LOG + 40, 1, 4);
	xfs_put(image, XFS_LOG + 512 + 9, 0x10, 1);
	assert_true(is_dirty(image));
	/* A header of two blocks, for a buffer of 64 KiB. */
	put_rounds(image, 7, 5, 3);
	assert_false(is_dirty(image));
	xfs_put(image, XFS_LOG + 3 * 512 + 320, 32769, 4);
	assert_true(is_dirty(image));
	xfs_put(image, XFS_LOG + 5 * 512 + 9, 0x20, 1);
	assert_false(is_dirty(image));
	/* A newer record behind. */
	xfs_put(image, XFS_LOG + 6 * 512, 0xfeedbabe, 4);
	xfs_put(image, XFS_LOG + 6 * 512 + 4, 5, 4);
	assert_true(is_dirty(image));
	/* All of one round, and a record that goes on at the beginning. */
	put_rounds(image, 32, 9, 30);
	assert_false(is_dirty(image));
	put_rounds(image, 1, 9, 31);
	assert_false(is_dirty(image));
	/* No record at all. */
	put_rounds(image, 32, 9, 30);
	xfs_put(image, XFS_LOG + 30 * 512, 9, 4);
	assert_true(is_dirty(image));
	memset(image.at + XFS_LOG, 0, 32 * 512);
	assert_false(is_dirty(image));
	/* Another disk has it; or nothing. */
	put_rounds(image, 32, 9, 30);
	xfs_put(image, XFS_LOG + 30 * 512, 9, 4);
	xfs_put(image, 48, 0, 8);
	assert_false(is_dirty(image));
	xfs_put(image, 48, XFS_LOG_BLOCK, 8);
	xfs_put(image, 96, 0, 4);
	assert_false(is_dirty(image));
	file_free(&image);
}

static void failing(void **state)
{
	static const char *const paths[] = { "/", "/plain", "/deep", "/short", "/long", "/single", "/leaf", "/wide/far" };
	struct file image = build_xfs_tree(5);

	(void)state;
	put_rounds(image, 7, 5, 3);
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_failing_reads(image, paths[i]);
	file_free(&image);
}

/* One bit anywhere in what a checksum covers. */
static void wrong_checksums(void **state)
{
	const struct { uint64_t at; const char *path; } places[] = {
		{ 300, "/" }, { 226, "/" }, { INODE(XFS_ROOT, 500), "/" }, { INODE(XFS_PLAIN, 8), "/plain" },
		{ INODE(XFS_PLAIN, 103), "/plain" }, { xfs_block(XFS_DEEP_NODE) + 1000, "/deep" },
		{ xfs_block(XFS_DEEP_LEAF) + 8, "/deep" }, { xfs_block(XFS_LINK_BLOCK) + 100, "/long" },
		{ xfs_block(XFS_SINGLE_BLOCK) + 2047, "/single" }, { xfs_block(XFS_LEAF_BLOCK2) + 1000, "/leaf" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct file image = build_xfs_tree(5);

		image.at[places[i].at] ^= 0x10;
		assert_error(look_in(image, places[i].path), ERROR_FS_CHECKSUM);
		file_free(&image);
	}
}

/* A field that is wrong, in a file system whose checksums are right again. */
static void try_faults(unsigned version, const struct fs_fault *faults, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct file image = build_xfs_tree(version);

		xfs_put(image, faults[i].at, faults[i].value, faults[i].bytes);
		xfs_seal(image);
		check_fault(image, faults, i);
	}
}

static void wrong_superblocks(void **state)
{
	static const struct fs_fault faults[] = {
		{ 0, 0, 4, "/", ERROR_FS_UNKNOWN },
		{ 100, 0xb4a3, 2, "/", ERROR_FS_FEATURE },
		{ 100, 0x94a4, 2, "/", ERROR_FS_FEATURE },
		{ 4, 256, 4, "/", ERROR_FS_FIELD },
		{ 4, 131072, 4, "/", ERROR_FS_FIELD },
		{ 4, 1025, 4, "/", ERROR_FS_FIELD },
		{ 104, 128, 2, "/", ERROR_FS_FIELD },
		{ 104, 4096, 2, "/", ERROR_FS_FIELD },
		{ 104, 384, 2, "/", ERROR_FS_FIELD },
		{ 123, 2, 1, "/", ERROR_FS_FIELD },
		{ 123, 9, 1, "/", ERROR_FS_FIELD },
		{ 192, 8, 1, "/", ERROR_FS_FIELD },
		{ 192, 7, 1, "/", ERROR_FS_FIELD },
		{ 124, 32, 1, "/", ERROR_FS_FIELD },
		{ 8, XFS_BLOCKS + 1, 8, "/", ERROR_FS_FIELD },
		{ 56, 0, 8, "/", ERROR_FS_FIELD },
		{ 48, XFS_GROUP_BLOCKS, 8, "/", ERROR_FS_FIELD },
		{ 96, XFS_BLOCKS - XFS_LOG_BLOCK + 1, 4, "/", ERROR_FS_FIELD },
	};
	static const struct fs_fault of_5[] = {
		{ 102, 256, 2, "/", ERROR_FS_FIELD },
		{ 102, 1023, 2, "/", ERROR_FS_FIELD },
		{ 216, 0x201, 4, "/", ERROR_FS_FEATURE },
	};
	struct file image = file_new(511);

	(void)state;
	try_faults(4, faults, sizeof(faults) / sizeof(faults[0]));
	try_faults(5, of_5, sizeof(of_5) / sizeof(of_5[0]));
	memcpy(image.at, "XFSB", 4);
	assert_error(look_in(image, "/"), ERROR_FS_UNKNOWN);
	file_free(&image);
	/* A sector that is not all there. */
	image = build_xfs_tree(5);
	xfs_put(image, 102, 32768, 2);
	image.size = 32767;
	assert_error(look_in(image, "/"), ERROR_DISK_END);
	file_free(&image);
}

static void wrong_fields(void **state)
{
	const struct fs_fault faults[] = {
		{ 56, xfs_inode(XFS_PLAIN), 8, "/", ERROR_FS_FIELD },
		{ 56, UINT64_C(2) << (XFS_GROUP_BITS + 1), 8, "/", ERROR_FS_FIELD },
		{ 56, xfs_fsb(XFS_BLOCKS) << 1, 8, "/", ERROR_FS_FIELD },
		{ INODE(XFS_ROOT, 0), 0, 2, "/", ERROR_FS_FIELD },
		{ INODE(XFS_ROOT, 152), 1, 8, "/", ERROR_FS_FIELD },
		{ INODE(XFS_ROOT, 82), 255, 1, "/", ERROR_FS_FIELD },
		{ INODE(XFS_ROOT, 56), 1000, 8, "/", ERROR_FS_FIELD },
		{ FORK(XFS_ROOT, 6), 0, 1, "/", ERROR_FS_FIELD },
		{ INODE(XFS_WIDE, 82), 3, 1, "/wide", ERROR_FS_FIELD },
		{ INODE(XFS_SHORT_LINK, 56), 400, 8, "/short", ERROR_FS_FIELD },
		{ INODE(XFS_PLAIN, 76), 7, 4, "/plain", ERROR_FS_FIELD },
		{ INODE(XFS_PLAIN, 5), 4, 1, "/plain", ERROR_FS_FIELD },
		{ INODE(XFS_MANY, 24), UINT64_MAX, 8, "/many", ERROR_FS_FIELD },
		/* More blocks than the group, and than the file system, has. */
		{ FORK(XFS_PLAIN, 8), xfs_fsb(XFS_BLOCKS - 1) << 21 | 2, 8, "/plain", ERROR_FS_FIELD },
		{ FORK(XFS_PLAIN, 8), (uint64_t)XFS_GROUP_BLOCKS << 21 | 1, 8, "/plain", ERROR_FS_FIELD },
		{ FORK(XFS_DEEP, 0), 0, 2, "/deep", ERROR_FS_FIELD },
		{ FORK(XFS_DEEP, 0), 10, 2, "/deep", ERROR_FS_FIELD },
		{ FORK(XFS_DEEP, 2), 21, 2, "/deep", ERROR_FS_FIELD },
		{ FORK(XFS_DEEP, 4 + 20 * 8), xfs_fsb(XFS_BLOCKS), 8, "/deep", ERROR_FS_FIELD },
		{ FORK(XFS_DEEP, 4 + 20 * 8), 0, 8, "/deep", ERROR_FS_CHECKSUM },
		{ FORK(XFS_DEEP, 4 + 20 * 8), xfs_fsb(XFS_DEEP_LEAF), 8, "/deep", ERROR_FS_FIELD },
		{ xfs_block(XFS_DEEP_NODE), 0, 4, "/deep", ERROR_FS_FIELD },
		{ xfs_block(XFS_DEEP_LEAF) + 6, 60, 2, "/deep", ERROR_FS_FIELD },
		{ xfs_block(XFS_DEEP_LEAF) + 56, xfs_inode(XFS_PLAIN), 8, "/deep", ERROR_FS_FIELD },
		{ INODE(XFS_LONG_LINK, 76), 100, 4, "/long", ERROR_FS_FIELD },
		{ INODE(XFS_LONG_LINK, 76), 1, 4, "/long", ERROR_FS_FIELD },
		{ FORK(XFS_LONG_LINK, 8), xfs_fsb(XFS_LINK_BLOCK) << 21 | 65, 8, "/long", ERROR_FS_FIELD },
		{ xfs_block(XFS_LINK_BLOCK), 0, 4, "/long", ERROR_FS_FIELD },
		{ xfs_block(XFS_LINK_BLOCK) + 4, 1, 4, "/long", ERROR_FS_FIELD },
		{ xfs_block(XFS_LINK_BLOCK) + 8, 1024, 4, "/long", ERROR_FS_FIELD },
		{ xfs_block(XFS_LINK_BLOCK) + 32, 1, 8, "/long", ERROR_FS_FIELD },
		{ INODE(XFS_SINGLE, 56), (UINT64_C(1) << 30) + 1, 8, "/single", ERROR_FS_FIELD },
		{ xfs_block(XFS_SINGLE_BLOCK), 0, 4, "/single", ERROR_FS_FIELD },
		{ xfs_block(XFS_SINGLE_BLOCK) + 40, 1, 8, "/single", ERROR_FS_FIELD },
		{ xfs_block(XFS_SINGLE_BLOCK + 2) - 8, 256, 4, "/single", ERROR_FS_FIELD },
		{ xfs_block(XFS_SINGLE_BLOCK + 2) - 8, 255, 4, "/single", ERROR_NONE },
		{ xfs_block(XFS_SINGLE_BLOCK) + 64 + 34, 0, 2, "/single", ERROR_FS_FIELD },
		{ xfs_block(XFS_SINGLE_BLOCK) + 64 + 34, 2048, 2, "/single", ERROR_FS_FIELD },
		/* The directory's block is half a hole. */
		{ FORK(XFS_LEAF, 16), 5 << 9, 8, "/leaf", ERROR_FS_CHECKSUM },
		{ FORK(XFS_LEAF, 0), 1 << 9, 8, "/leaf", ERROR_FS_CHECKSUM },
		{ INODE(XFS_LEAF, 76), 100, 4, "/leaf", ERROR_FS_FIELD },
	};

	(void)state;
	try_faults(5, faults, sizeof(faults) / sizeof(faults[0]));
}

int main(void)
{
	return RUN_TESTS("xfs", version_4, version_5, logs, failing, wrong_checksums, wrong_superblocks, wrong_fields);
}
