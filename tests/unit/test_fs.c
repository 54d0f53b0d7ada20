/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is the same for all file systems: paths, links, and reads in runs. */
#include "unit.h"
#include "ext_builder.h"
#include "memory_disk.h"

static struct fs fs;
static uint8_t scratch[FS_SCRATCH];
static struct memory_disk memory;

enum { DIRECTORY = 12, DEEP_BLOCK = 100 };

/* A link whose target is in its inode, or in a block of its own. */
static void put_link(struct file image, unsigned number, const char *target)
{
	const size_t length = strlen(target);

	if (length < 60) {
		ext_put_inode(image, number, 0xa1ff, length, 0);
		memcpy(image.at + ext_inode_at(number) + 0x28, target, length);
		return;
	}
	ext_put_file(image, number, 0xa1ff, length, DEEP_BLOCK + 4 * number, 4);
	memcpy(image.at + ext_block_at(DEEP_BLOCK + 4 * number), target, length);
}

static struct file build(void)
{
	static char slashes[4096];
	struct file image = build_ext(EXT_INCOMPAT_EXTENTS, 0);
	uint64_t at = ext_block_at(EXT_DATA);

	ext_put_file(image, EXT_ROOT, 0x41ed, EXT_BLOCK, EXT_DATA, 1);
	at = ext_put_record(image, at, DIRECTORY, "d", 16);
	at = ext_put_record(image, at, 13, "absolute", 16);
	at = ext_put_record(image, at, 14, "loop", 16);
	at = ext_put_record(image, at, 15, "none", 16);
	at = ext_put_record(image, at, 16, "empty", 16);
	at = ext_put_record(image, at, 17, "endless", 16);
	at = ext_put_record(image, at, 18, "file", 16);
	ext_put_record(image, at, 19, "chain", ext_block_at(EXT_DATA + 1) - at);
	/* A directory that has itself. */
	ext_put_file(image, DIRECTORY, 0x41ed, EXT_BLOCK, EXT_DATA + 1, 1);
	at = ext_put_record(image, ext_block_at(EXT_DATA + 1), DIRECTORY, "d", 16);
	at = ext_put_record(image, at, 20, "up", 16);
	at = ext_put_record(image, at, 21, "top", 16);
	ext_put_record(image, at, 18, "f", EXT_BLOCK - 48);
	put_link(image, 13, "/d/d");
	put_link(image, 14, "loop");
	put_link(image, 15, "nothing");
	put_link(image, 16, "");
	memset(slashes, '/', 4000);
	strcpy(slashes + 4000, "d");
	put_link(image, 17, slashes);
	ext_put_file(image, 18, 0x81a4, 4, EXT_DATA + 2, 1);
	memcpy(image.at + ext_block_at(EXT_DATA + 2), "file", 4);
	put_link(image, 19, "d/up");
	put_link(image, 20, "../file");
	put_link(image, 21, "/file");
	return image;
}

static struct error look(struct file image, const char *path, struct fs_node *node)
{
	memory_disk_open(&memory, file_span(image));
	assert_fine(fs_open(&fs, &memory.disk, scratch));
	return fs_lookup(&fs, path, node);
}

static void paths(void **state)
{
	static const struct { const char *path; uint64_t id; enum error_code code; } all[] = {
		{ "", 2, 0 }, { "/", 2, 0 }, { "//.//", 2, 0 }, { "..", 2, 0 }, { "d", 12, 0 }, { "/d/d/d/", 12, 0 }, { "d/..", 2, 0 },
		{ "/d/d/../f", 18, 0 }, { "d/../../d/./f", 18, 0 }, { "absolute/f", 18, 0 }, { "chain", 18, 0 }, { "d/top", 18, 0 }, { "d/d/up", 0, ERROR_FS_NO_FILE },
		{ "endless/f", 18, 0 }, { "loop", 0, ERROR_FS_LINKS }, { "none", 0, ERROR_FS_NO_FILE }, { "empty", 0, ERROR_FS_NO_FILE },
		{ "ab", 0, ERROR_FS_NO_FILE }, { "D", 0, ERROR_FS_NO_FILE }, { "d ", 0, ERROR_FS_NO_FILE }, { "file/", 18, 0 },
		{ "file/x", 0, ERROR_FS_NO_DIRECTORY }, { "...", 0, ERROR_FS_NO_FILE }, { "xy", 0, ERROR_FS_NO_FILE },
		{ ".d", 0, ERROR_FS_NO_FILE }, { "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"
						  "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d", 12, 0 },
	};
	struct file image = build();
	struct fs_node node;
	char path[5000];

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_error(look(image, all[i].path, &node), all[i].code);
		if (all[i].code == ERROR_NONE)
			assert_int_equal(node.id, all[i].id);
	}
	for (unsigned i = 0; i < 64; i++)
		memcpy(path + 2 * i, "d/", 3);
	assert_error(look(image, path, &node), ERROR_FS_PATH);
	memset(path, '/', sizeof(path));
	path[FS_PATH_MOST + 1] = '\0';
	assert_error(look(image, path, &node), ERROR_FS_PATH);
	path[FS_PATH_MOST] = '\0';
	assert_fine(look(image, path, &node));
	/* A link whose target and what is left do not fit together. */
	memcpy(path, "endless", 7);
	path[200] = '\0';
	assert_error(look(image, path, &node), ERROR_FS_PATH);
	/* The root is nothing that can be read. */
	file_put(image, ext_inode_at(EXT_ROOT), 0, 2);
	assert_error(look(image, "/", &node), ERROR_FS_FIELD);
	file_free(&image);
}

/* A name of a device that is unknown is named in the error. */
static void unknown(void **state)
{
	static const uint8_t zeroes[4096];
	struct error error;

	(void)state;
	memory_disk_open(&memory, span(zeroes, sizeof(zeroes)));
	error = fs_open(&fs, &memory.disk, scratch);
	assert_error(error, ERROR_FS_UNKNOWN);
	assert_string_equal(error.subject, "disk");
}

/* What is known and not read has lsblk's name, wherever its bytes can be. */
static void unread(void **state)
{
	static const struct {
		const char *name;
		uint32_t at;
		const char *magic;
	} cases[] = {
		{ "crypto_LUKS", 0, "LUKS\xba\xbe" },
		{ "LVM2_member", 512, "LABELONE" },
		{ "LVM2_member", 0, "LABELONE" },
		{ "LVM2_member", 1024, "LABELONE" },
		{ "LVM2_member", 1536, "LABELONE" },
		{ "linux_raid_member", 4096, "\xfc\x4e\x2b\xa9" },
		{ "linux_raid_member", 0, "\xfc\x4e\x2b\xa9" },
		{ "swap", 4086, "SWAPSPACE2" },
		{ "ntfs", 3, "NTFS    " },
		{ "exfat", 3, "EXFAT   " },
		{ "squashfs", 0, "hsqs" },
		{ "erofs", 1024, "\xe2\xe1\xf5\xe0" },
		{ "f2fs", 1024, "\x10\x20\xf5\xf2" },
		{ "bcachefs", 4120, "\xc6\x85\x73\xf6\x66\xce\x90\xa9" },
		{ "udf", 32769, "BEA01" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const size_t length = strlen(cases[i].magic);
		struct file image = file_new(40000);

		memcpy(image.at + cases[i].at, cases[i].magic, length);
		memory_disk_open(&memory, span(image.at, image.size));
		assert_string_equal(fs_unread_name(&memory.disk), cases[i].name);
		/* Not where a byte is another, cannot be read, or is behind the end. */
		memory.bad = cases[i].at;
		assert_null(fs_unread_name(&memory.disk));
		memory_disk_open(&memory, span(image.at, cases[i].at + length - 1));
		assert_null(fs_unread_name(&memory.disk));
		image.at[cases[i].at + length - 1] ^= 1;
		memory_disk_open(&memory, span(image.at, image.size));
		assert_null(fs_unread_name(&memory.disk));
		file_free(&image);
	}
}

/* A directory of more entries than anybody looks at. */
static struct error endless_next(struct fs *of, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	(void)of;
	(void)directory;
	(*position)++;
	*out = (struct fs_entry){ .length = 1, .name = "x" };
	return error_none();
}

static struct error endless_root(struct fs *of, struct fs_node *out)
{
	(void)of;
	*out = (struct fs_node){ .kind = FS_DIRECTORY };
	return error_none();
}

static void endless_directory(void **state)
{
	static const struct fs_operations endless = { NULL, endless_root, endless_next, NULL, NULL };
	struct fs_node node;

	(void)state;
	fs.operations = &endless;
	assert_error(fs_lookup(&fs, "y", &node), ERROR_FS_NO_FILE);
	assert_error(fs_read(&fs, &(struct fs_node){ .kind = FS_OTHER }, 0, NULL, 0), ERROR_FS_NO_CONTENT);
	assert_error(fs_next(&fs, &(struct fs_node){ .kind = FS_FILE }, NULL, NULL), ERROR_FS_NO_DIRECTORY);
}

static void names(void **state)
{
	(void)state;
	fs.ignores_case = false;
	assert_true(fs_same_name(&fs, span("aB", 2), span("aB", 2)));
	assert_false(fs_same_name(&fs, span("aB", 2), span("ab", 2)));
	assert_false(fs_same_name(&fs, span("a", 1), span("ab", 2)));
	fs.ignores_case = true;
	assert_true(fs_same_name(&fs, span("aBZ[", 4), span("Abz[", 4)));
	assert_false(fs_same_name(&fs, span("[", 1), span("{", 1)));
	assert_false(fs_same_name(&fs, span("@", 1), span("`", 1)));
}

/* Blocks of ten bytes: each byte of a file says in which run it is. */
static struct error map_tens(struct fs *of, const void *inode, uint64_t offset, struct fs_run *out)
{
	static const struct fs_run runs[] = { { 10, 0, false }, { 10, 10, false }, { 10, 0, true }, { 10, 30, false }, { 10, 20, false } };

	(void)of;
	if (offset >= *(const uint64_t *)inode)
		return error_make(ERROR_FS_FIELD, "runs", 0, offset);
	*out = runs[offset / 10];
	out->size -= offset % 10;
	out->at += out->is_hole ? 0 : offset % 10;
	return error_none();
}

static void runs(void **state)
{
	static const char text[] = "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd";
	const uint64_t all = 50, some = 45;
	char to[50];

	(void)state;
	fs.disk = memory_disk_open(&memory, span(text, 40));
	assert_fine(fs_read_runs(&fs, map_tens, &all, 0, to, 50));
	assert_memory_equal(to, "aaaaaaaaaabbbbbbbbbb\0\0\0\0\0\0\0\0\0\0ddddddddddcccccccccc", 50);
	/* The first two follow one another, the others do not. */
	assert_int_equal(memory.reads, 3);
	assert_fine(fs_read_runs(&fs, map_tens, &all, 15, to, 20));
	assert_memory_equal(to, "bbbbb\0\0\0\0\0\0\0\0\0\0ddddd", 20);
	assert_fine(fs_read_runs(&fs, map_tens, &all, 25, to, 3));
	assert_memory_equal(to, "\0\0\0", 3);
	assert_error(fs_read_runs(&fs, map_tens, &some, 44, to, 6), ERROR_NONE);
	assert_error(fs_read_runs(&fs, map_tens, &(const uint64_t){ 30 }, 0, to, 50), ERROR_FS_FIELD);
	memory.bad = 5;
	assert_error(fs_read_runs(&fs, map_tens, &all, 0, to, 50), ERROR_DISK_READ);
}

int main(void)
{
	return RUN_TESTS("fs", paths, unknown, unread, endless_directory, names, runs);
}
