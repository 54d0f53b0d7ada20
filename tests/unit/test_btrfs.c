/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "btrfs_tree.h"
#include "fs_look.h"

static void check_all(struct file image)
{
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "file|link|sub|inline|empty|packed|");
	assert_string_equal(fs.name, "btrfs");
	assert_string_equal(fs.uuid, "12345678-9abc-def0-1234-56789abcdef0");
	assert_string_equal(fs.label, "label");
	assert_false(fs.needs_recovery);
	assert_fine(look_in(image, "/file"));
	check_bytes(0, 4096, 'f');
	check_bytes(4096, 3 * 4096, 0);
	check_bytes(4 * 4096, 4096, 'g');
	check_bytes(5 * 4096, 4096, 0);
	assert_fine(look_at(image, UINT64_MAX, "/link", 4000));
	check_bytes(0, 96, 'f');
	check_bytes(96, 4000, 0);
	assert_fine(look_in(image, "/sub"));
	assert_string_equal((char *)content, "inner|");
	assert_fine(look_in(image, "/sub/inner"));
	assert_memory_equal(content, "inner", 5);
	assert_fine(look_in(image, "/inline"));
	assert_memory_equal(content, "inline", 6);
	check_bytes(6, 94, 0);
	assert_fine(look_at(image, UINT64_MAX, "/inline", 2));
	assert_memory_equal(content, "line", 4);
	assert_fine(look_in(image, "/empty"));
	check_bytes(0, 200000, 0);
	assert_error(look_in(image, "/packed"), ERROR_FS_FIELD);
}

static void one_device(void **state)
{
	struct file image = build_btrfs_tree();
	const uint64_t choice = btrfs_data_at(image, BTRFS_ROOT_LEAF, 1);

	(void)state;
	check_all(image);
	/* Another subvolume is the default one; none was ever chosen; a log was not replayed. */
	file_put(image, choice, 257, 8);
	file_put(image, BTRFS_SUPER + 0x60, 1, 8);
	btrfs_seal(image);
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "inner|");
	assert_true(fs.needs_recovery);
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned fields[] = { 9, 8, 0 };

		file_put(image, btrfs_item_at(BTRFS_ROOT_LEAF, 1) + fields[i], i != 1 ? 7 : 80, 1);
		btrfs_seal(image);
		assert_fine(look_in(image, "/file"));
	}
	file_free(&image);
}

/* Each 2 KiB of the second chunk where its type would have them; `columns` of them are next to each other. */
static struct file striped(uint64_t type, const uint64_t devices[4], unsigned columns)
{
	struct file image = build_btrfs_tree(), copy;
	const uint64_t chunk = btrfs_data_at(image, BTRFS_CHUNK_LEAF, 0);

	file_put(image, chunk + 24, type, 8);
	for (unsigned i = 0; i < 4; i++) {
		file_put(image, chunk + 48 + 32 * i, devices[i], 8);
		file_put(image, chunk + 48 + 32 * i + 8, BTRFS_SECOND_AT + i * columns / 4 * (BTRFS_SECOND_SIZE / columns), 8);
	}
	btrfs_seal(image);
	copy = file_of(image.at, image.size);
	for (unsigned i = 0; i < BTRFS_SECOND_SIZE / 0x800; i++)
		memcpy(image.at + BTRFS_SECOND_AT + i % columns * (BTRFS_SECOND_SIZE / columns) + i / columns * 0x800,
		       copy.at + BTRFS_SECOND_AT + i * 0x800, 0x800);
	file_free(&copy);
	return image;
}

static void raids(void **state)
{
	static const struct { uint64_t type; uint64_t devices[4]; unsigned columns; enum error_code code; } kinds[] = {
		{ 0x11, { 2, 3, 1, 4 }, 1, ERROR_NONE },
		{ 0x201, { 2, 3, 4, 1 }, 1, ERROR_NONE },
		{ 0x11, { 2, 3, 4, 5 }, 1, ERROR_FS_DEVICE },
		{ 0x41, { 2, 1, 1, 3 }, 2, ERROR_NONE },
		{ 0x41, { 2, 1, 4, 3 }, 2, ERROR_FS_DEVICE },
		{ 0x9, { 1, 1, 1, 1 }, 4, ERROR_NONE },
		{ 0x9, { 1, 2, 1, 1 }, 4, ERROR_FS_DEVICE },
		{ 0x81, { 1, 1, 1, 1 }, 1, ERROR_FS_FEATURE },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct file image = striped(kinds[i].type, kinds[i].devices, kinds[i].columns);

		if (kinds[i].code == ERROR_NONE)
			check_all(image);
		else
			assert_error(look_in(image, "/file"), kinds[i].code);
		file_free(&image);
	}
}

static void wrong_stripes(void **state)
{
	static const struct { uint64_t type; unsigned field; uint64_t value; } faults[] = {
		{ 0x41, 46, 0 }, { 0x41, 46, 5 }, { 0x9, 44, 0 }, { 0x1, 44, 0 },
	};
	static const unsigned count = sizeof(faults) / sizeof(faults[0]);

	(void)state;
	for (unsigned i = 0; i <= count; i++) {
		struct file image = build_btrfs_tree();
		const uint64_t chunk = btrfs_data_at(image, BTRFS_CHUNK_LEAF, 0);

		file_put(image, chunk + 24, i < count ? faults[i].type : 9, 8);
		if (i < count)
			file_put(image, chunk + faults[i].field, faults[i].value, 2);
		else
			file_put(image, chunk + 16, 0, 8);
		btrfs_seal(image);
		assert_error(look_in(image, "/"), ERROR_FS_FIELD);
		file_free(&image);
	}
}

static void failing(void **state)
{
	static const char *const paths[] = { "/", "/file", "/link", "/sub/inner", "/inline" };
	struct file image = build_btrfs_tree();

	(void)state;
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_failing_reads(image, paths[i]);
	file_free(&image);
}

/* A field that is wrong, in a file system whose checksums are right again. */
static void try_faults(const struct fs_fault *faults, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct file image = build_btrfs_tree();

		file_put(image, faults[i].at, faults[i].value, faults[i].bytes);
		btrfs_seal(image);
		check_fault(image, faults, i);
	}
}

static void wrong_superblocks(void **state)
{
	static const struct fs_fault faults[] = {
		{ BTRFS_SUPER + 0x40, 0, 1, "/", ERROR_FS_UNKNOWN },
		{ BTRFS_SUPER + 0xc4, 1, 2, "/", ERROR_FS_FEATURE },
		{ BTRFS_SUPER + 0xbc, 0x1361, 8, "/", ERROR_FS_FEATURE },
		{ BTRFS_SUPER + 0x94, 2048, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0x94, 131072, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0x94, 4097, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0xc6, 8, 1, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0xc7, 8, 1, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0xa0, 2049, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0xa0, 17 + 48, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0xa0, 0, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0x50, 0, 8, "/", ERROR_FS_FIELD },
		/* A tree of chunks whose own chunk it would have itself, and one that ends elsewhere. */
		{ BTRFS_SUPER + 0x58, BTRFS_SECOND, 8, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER_CHUNKS + 9, BTRFS_CHUNK_LEAF + 0x1000, 8, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER_CHUNKS + 17, 0x1000, 8, "/", ERROR_FS_FIELD },
	};
	struct file image = file_new(BTRFS_SUPER + 4095);

	(void)state;
	try_faults(faults, sizeof(faults) / sizeof(faults[0]));
	assert_error(look_in(image, "/"), ERROR_FS_UNKNOWN);
	file_free(&image);
}

static void wrong_trees(void **state)
{
	struct file image = build_btrfs_tree();
	const uint64_t chunk = btrfs_data_at(image, BTRFS_CHUNK_LEAF, 0), root = btrfs_data_at(image, BTRFS_ROOT_LEAF, 0);
	const struct fs_fault faults[] = {
		{ btrfs_item_at(BTRFS_CHUNK_LEAF, 0) + 8, 1, 1, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_CHUNK_LEAF, 0) + 9, BTRFS_SECOND + 1, 8, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_CHUNK_LEAF, 0) + 17, 1000, 4, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_CHUNK_LEAF, 0) + 21, 561, 4, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_CHUNK_LEAF, 0) + 21, 0, 4, "/", ERROR_FS_FIELD },
		{ chunk, 0x1000, 8, "/file", ERROR_FS_FIELD },
		{ chunk + 24, 0x9, 1, "/", ERROR_FS_CHECKSUM },
		{ chunk + 44, 5, 2, "/", ERROR_NONE },
		{ chunk + 48, 2, 1, "/", ERROR_NONE },
		{ btrfs_item_at(BTRFS_ROOT_LEAF, 0) + 21, 100, 4, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_ROOT_LEAF, 0) + 8, 1, 1, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_ROOT_LEAF, 0), 9, 1, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_ROOT_LEAF, 0), 4, 1, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_ROOT_LEAF, 0) + 17, 4000, 4, "/", ERROR_FS_FIELD },
		{ btrfs_at(BTRFS_ROOT_LEAF) + 0x60, 0, 4, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF, 6) + 8, 97, 1, "/", ERROR_NONE },
		{ root + 238, 8, 1, "/", ERROR_FS_FIELD },
		{ root + 238, 0, 1, "/", ERROR_FS_FIELD },
	};

	(void)state;
	file_free(&image);
	try_faults(faults, sizeof(faults) / sizeof(faults[0]));
}

static void wrong_files(void **state)
{
	struct file image = build_btrfs_tree();
	const uint64_t name = btrfs_data_at(image, BTRFS_FILE_LEAF, 1), extent = btrfs_data_at(image, BTRFS_FILE_LEAF2, 0);
	const struct fs_fault faults[] = {
		{ btrfs_at(BTRFS_FILE_NODE) + 0x60, 122, 4, "/", ERROR_FS_FIELD },
		{ btrfs_at(BTRFS_FILE_NODE) + 0x65 + 17, BTRFS_FILE_NODE, 8, "/", ERROR_FS_FIELD },
		{ btrfs_at(BTRFS_FILE_LEAF) + 0x60, 160, 4, "/", ERROR_FS_FIELD },
		{ btrfs_at(BTRFS_FILE_LEAF) + 0x30, 1, 8, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF, 0) + 8, 0, 1, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF, 0), 255, 8, "/", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF, 0), 257, 8, "/", ERROR_FS_FIELD },
		{ btrfs_data_at(image, BTRFS_FILE_LEAF, 0) + 52, 0x81a4, 4, "/", ERROR_FS_FIELD },
		{ name + 27, 100, 2, "/", ERROR_FS_FIELD },
		{ name + 27, 0, 2, "/", ERROR_FS_FIELD },
		{ name, UINT64_C(1) << 40, 8, "/", ERROR_FS_FIELD },
		{ btrfs_data_at(image, BTRFS_FILE_LEAF, 3), 1 << 24, 8, "/", ERROR_FS_FIELD },
		{ btrfs_data_at(image, BTRFS_FILE_LEAF, 3), 300, 8, "/sub", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF, 6) + 9, UINT64_MAX, 8, "/", ERROR_NONE },
		{ extent + 20, 3, 1, "/file", ERROR_FS_FIELD },
		{ extent + 16, 4, 1, "/file", ERROR_FS_FEATURE },
		{ BTRFS_SUPER + 0x90, 2048, 4, "/", ERROR_FS_FIELD },
		{ BTRFS_SUPER + 0x90, 131072, 4, "/", ERROR_FS_FIELD },
		{ extent + 17, 1, 1, "/file", ERROR_FS_FEATURE },
		{ extent + 21, 0x300000, 8, "/file", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF2, 0) + 21, 52, 4, "/file", ERROR_FS_FIELD },
		{ btrfs_item_at(BTRFS_FILE_LEAF2, 7) + 21, 20, 4, "/inline", ERROR_FS_FIELD },
	};

	(void)state;
	file_free(&image);
	try_faults(faults, sizeof(faults) / sizeof(faults[0]));
}

/* What takes more than one field, or a question that no lookup asks. */
static void odd(void **state)
{
	struct file image = build_btrfs_tree();
	const uint64_t node_key = btrfs_at(BTRFS_FILE_NODE) + 0x65 + 33;
	struct fs_node node = { .kind = FS_FILE, .size = 100, .id = UINT64_C(5) << 40 | 257 };
	struct fs_entry entry;
	struct fs_run run;
	uint64_t position = 0;

	(void)state;
	assert_fine(look_in(image, "/"));
	assert_fine(fs_read(&fs, &node, 0, content, 10));
	check_bytes(0, 10, 'f');
	assert_error(btrfs_map(&fs, 0x180000, &run), ERROR_FS_FIELD);
	node.id = UINT64_C(99) << 40;
	assert_error(fs_read(&fs, &node, 0, content, 10), ERROR_FS_FIELD);
	node.kind = FS_DIRECTORY;
	assert_error(fs_next(&fs, &node, &position, &entry), ERROR_FS_FIELD);
	/* A subvolume with an empty tree. */
	file_put(image, btrfs_at(BTRFS_SUB_LEAF) + 0x60, 0, 4);
	btrfs_seal(image);
	assert_fine(look_in(image, "/"));
	node.id = UINT64_C(257) << 40 | 256;
	assert_fine(fs_next(&fs, &node, &position, &entry));
	assert_int_equal(entry.length, 0);
	node.kind = FS_FILE;
	assert_fine(fs_read(&fs, &node, 0, content, 10));
	check_bytes(0, 10, 0);
	/* A second leaf that is the first one again: its names are over, not there for ever. */
	btrfs_put_key(image, node_key, 256, BTRFS_DIR_INDEX, 20);
	file_put(image, node_key + 17, BTRFS_FILE_LEAF, 8);
	file_put(image, btrfs_at(BTRFS_FILE_LEAF) + 0x60, 7, 4);
	btrfs_seal(image);
	assert_fine(look_in(image, "/"));
	file_free(&image);
}

static void odd_chunks(void **state)
{
	struct file image = build_btrfs_tree();
	const uint64_t item = btrfs_item_at(BTRFS_CHUNK_LEAF, 0), chunk = btrfs_data_at(image, BTRFS_CHUNK_LEAF, 0);
	const uint64_t all[4] = { 1, 1, 1, 1 };
	struct fs_run run;

	(void)state;
	/* A chunk of more stripes than it has room for, on other devices; and one that is too large. */
	for (unsigned i = 0; i < 4; i++)
		file_put(image, chunk + 48 + 32 * i, 2, 8);
	file_put(image, chunk + 44, 5, 2);
	btrfs_seal(image);
	assert_error(look_in(image, "/"), ERROR_FS_FIELD);
	file_put(image, item + 17, 1000, 4);
	file_put(image, item + 21, 561, 4);
	btrfs_seal(image);
	assert_error(look_in(image, "/"), ERROR_FS_FIELD);
	file_free(&image);
	/* A name that is too long. */
	image = build_btrfs_tree();
	file_put(image, btrfs_item_at(BTRFS_FILE_LEAF, 1) + 17, 1000, 4);
	file_put(image, btrfs_item_at(BTRFS_FILE_LEAF, 1) + 21, 900, 4);
	file_put(image, btrfs_at(BTRFS_FILE_LEAF) + 0x65 + 1000 + 27, FS_NAME_MOST + 1, 2);
	btrfs_seal(image);
	assert_error(look_in(image, "/"), ERROR_FS_FIELD);
	file_free(&image);
	/* The last stripe of a chunk. */
	image = striped(0x9, all, 4);
	assert_fine(look_in(image, "/"));
	assert_fine(btrfs_map(&fs, BTRFS_SECOND + BTRFS_SECOND_SIZE - 0x700, &run));
	assert_int_equal(run.size, 0x700);
	assert_int_equal(run.at, BTRFS_SECOND_AT + BTRFS_SECOND_SIZE - 0x700);
	file_free(&image);
}

static void wrong_checksums(void **state)
{
	static const uint64_t places[] = { BTRFS_SUPER + 0xf00, 0x20100, 0x21500, 0x22ff0, 0x30100 };

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct file image = build_btrfs_tree();

		image.at[places[i]] ^= 1;
		assert_error(look_in(image, "/"), ERROR_FS_CHECKSUM);
		file_free(&image);
	}
}

int main(void)
{
	return RUN_TESTS("btrfs", one_device, raids, wrong_stripes, failing, wrong_superblocks, wrong_trees, wrong_files, odd,
			 odd_chunks, wrong_checksums);
}
