/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs_look.h"
#include "fat_builder.h"

static const uint16_t long_name[26] = { 'L', 'o', 'n', 'g', ' ', 'n', 0xe4, 'm', 'e', ' ', 0x20ac, ' ', 0xd83d, 0xde00, ' ', 0xd800,
					'.', 0xdc00, 'x', 0xd83d };
#define LONG_TEXT "Long n\xc3\xa4me \xe2\x82\xac \xf0\x9f\x98\x80 \xef\xbf\xbd.\xef\xbf\xbdx\xef\xbf\xbd"

static struct error look(const struct fat_image *image, const char *path) { return look_in(image->file, path); }

/* Where the root directory begins. */
static uint64_t root_of(const struct fat_image *image)
{
	return image->width == 32 ? fat_cluster_at(image, 2) : image->root;
}

/* A file in two pieces, a directory of two clusters, long names and short ones. */
static struct fat_image build(unsigned width)
{
	struct fat_image image = build_fat(width);
	uint64_t at = root_of(&image);

	if (width == 32)
		fat_put_chain(&image, (const uint32_t[]){ 2, 0 });
	at = fat_put_short(&image, at, "SOME NAME  ", 0x08, 0, 0);
	at = fat_put_short(&image, at, "\xe5" "ONE    TXT", 0x20, 9, 10);
	at = fat_put_short(&image, at, "PLAIN   TXT", 0x20, 5, 1200);
	at = fat_put_long(&image, at, "LONGN~1    ", long_name, 2);
	at = fat_put_short(&image, at, "LONGN~1    ", 0x20, 10, 3);
	at = fat_put_short(&image, at, "SUB        ", 0x10, 20, 0);
	file_put(image.file, at + 12, 0x18, 1);
	at = fat_put_short(&image, at, "lower1  TXT", 0x20, 0, 0);
	file_put(image.file, at - 32 + 12, 0x18, 1);
	at = fat_put_short(&image, at, "\x05" "\x80" "A\0    B\0X", 0x20, 0, 0);
	fat_put_chain(&image, (const uint32_t[]){ 5, 6, 9, 0 });
	memset(image.file.at + fat_cluster_at(&image, 5), 'a', 1024);
	memset(image.file.at + fat_cluster_at(&image, 9), 'b', 512);
	fat_put_chain(&image, (const uint32_t[]){ 10, 0 });
	memcpy(image.file.at + fat_cluster_at(&image, 10), "yes", 3);
	fat_put_chain(&image, (const uint32_t[]){ 20, 22, 0 });
	at = fat_put_short(&image, fat_cluster_at(&image, 20), ".          ", 0x10, 20, 0);
	at = fat_put_short(&image, at, "..         ", 0x10, 0, 0);
	for (unsigned i = 2; i < 16; i++)
		at = fat_put_short(&image, at, "\xe5          ", 0x20, 0, 0);
	at = fat_put_short(&image, fat_cluster_at(&image, 22), "IN      SUB", 0x20, 5, 512);
	for (unsigned i = 1; i < 16; i++)
		at = fat_put_short(&image, at, "           ", 0x20, 0, 0);
	return image;
}

static void widths(void **state)
{
	static const unsigned all[] = { 12, 16, 32 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fat_image image = build(all[i]);

		assert_fine(look(&image, "/"));
		assert_int_equal(fs.fat.width, all[i]);
		assert_string_equal(fs.name, "vfat");
		assert_string_equal(fs.uuid, "12AB-34CD");
		assert_string_equal(fs.label, "SOME NAME");
		assert_string_equal((char *)content, "PLAIN.TXT|" LONG_TEXT "|SUB|lower1.txt|\xcf\x83\xc3\x87" "A.B|");
		assert_fine(look(&image, "/plain.Txt"));
		for (unsigned at = 0; at < 1200; at++)
			assert_int_equal(content[at], at < 1024 ? 'a' : 'b');
		assert_fine(look(&image, "/" LONG_TEXT));
		assert_memory_equal(content, "yes", 3);
		/* The second cluster is the last one, and full. */
		assert_fine(look(&image, "/sub/"));
		assert_string_equal((char *)content, "IN.SUB|");
		assert_fine(look(&image, "/sub/../SUB/in.sub"));
		assert_error(look(&image, "/sub/none"), ERROR_FS_NO_FILE);
		file_free(&image.file);
	}
}

/* A read that begins before the last one, and one of another file. */
static void jumps(void **state)
{
	struct fat_image image = build(16);
	struct fs_node plain, other;
	char byte;

	(void)state;
	memory_disk_open(&memory, file_span(image.file));
	assert_fine(fs_open(&fs, &memory.disk, scratch));
	assert_fine(fs_lookup(&fs, "plain.txt", &plain));
	assert_fine(fs_lookup(&fs, "sub/in.sub", &other));
	assert_fine(fs_read(&fs, &plain, 1100, &byte, 1));
	assert_int_equal(byte, 'b');
	assert_fine(fs_read(&fs, &plain, 0, &byte, 1));
	assert_int_equal(byte, 'a');
	assert_fine(fs_read(&fs, &other, 511, &byte, 1));
	assert_int_equal(byte, 'a');
	assert_fine(fs_read(&fs, &plain, 1200, &byte, 0));
	assert_error(fs_read(&fs, &plain, 1200, &byte, 1), ERROR_FS_END);
	assert_error(fs_read(&fs, &plain, 1201, &byte, 0), ERROR_FS_END);
	file_free(&image.file);
}

static void failing(void **state)
{
	static const char *const paths[] = { "/", "/plain.txt", "/sub", "/sub/in.sub" };

	(void)state;
	for (unsigned width = 12; width <= 32; width += width == 12 ? 4 : 16) {
		struct fat_image image = build(width);

		for (unsigned i = 0; i < 4; i++)
			check_failing_reads(image.file, paths[i]);
		file_free(&image.file);
	}
}

/* Boot sectors that are none, or that contradict themselves. */
static void boot_sectors(void **state)
{
	static const struct { unsigned at, value, bytes; enum error_code code; } faults[] = {
		{ 11, 0, 2, ERROR_FS_UNKNOWN }, { 11, 384, 2, ERROR_FS_UNKNOWN }, { 11, 256, 2, ERROR_FS_UNKNOWN },
		{ 11, 8192, 2, ERROR_FS_UNKNOWN }, { 13, 3, 1, ERROR_FS_UNKNOWN }, { 14, 0, 2, ERROR_FS_UNKNOWN },
		{ 16, 0, 1, ERROR_FS_UNKNOWN }, { 21, 0xf7, 1, ERROR_FS_UNKNOWN }, { 21, 0xf0, 1, ERROR_NONE },
		{ 22, 0, 2, ERROR_FS_FIELD }, { 19, 7, 2, ERROR_FS_FIELD }, { 19, 0xffff, 2, ERROR_FS_FIELD },
		{ 38, 0x28, 1, ERROR_NONE },
	};
	struct fat_image image;

	(void)state;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		image = build(12);
		file_put(image.file, faults[i].at, faults[i].value, faults[i].bytes);
		assert_error(look(&image, "/"), faults[i].code);
		if (faults[i].at == 38)
			assert_string_equal(fs.uuid, "");
		file_free(&image.file);
	}
	image = build(12);
	memcpy(image.file.at + 43, "NO NAME    ", 11);
	assert_fine(look(&image, "/"));
	assert_string_equal(fs.label, "");
	memcpy(image.file.at + 43, "           ", 11);
	assert_fine(look(&image, "/"));
	assert_string_equal(fs.label, "");
	file_free(&image.file);
	image = build(32);
	file_put(image.file, 36, 0, 4);
	assert_error(look(&image, "/"), ERROR_FS_UNKNOWN);
	image.file.size = 511;
	assert_error(look(&image, "/"), ERROR_FS_UNKNOWN);
	file_free(&image.file);
}

/* Chains that end too soon, lead nowhere, or begin nowhere. */
static void chains(void **state)
{
	static const uint32_t nexts[] = { 0xfff, 0, 1, 102, 0xff7 };
	struct fat_image image;

	(void)state;
	for (unsigned i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		image = build(12);
		fat_put_next(&image, 6, nexts[i]);
		assert_error(look(&image, "/plain.txt"), ERROR_FS_FIELD);
		file_free(&image.file);
	}
	image = build(12);
	file_put(image.file, image.root + 64 + 26, 0, 2);
	assert_error(look(&image, "/plain.txt"), ERROR_FS_FIELD);
	file_put(image.file, image.root + 64 + 26, 0xfff, 2);
	assert_error(look(&image, "/plain.txt"), ERROR_FS_FIELD);
	/* A directory that goes on for ever. */
	fat_put_next(&image, 22, 22);
	assert_error(look(&image, "/sub/none"), ERROR_FS_FIELD);
	fat_put_next(&image, 22, 1);
	assert_error(look(&image, "/sub"), ERROR_FS_FIELD);
	file_free(&image.file);
}

/* The root directory of FAT12 and FAT16 ends with its last entry. */
static void full_root(void **state)
{
	struct fat_image image = build(12);

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		fat_put_short(&image, image.root + i * 32, "\xe5          ", 0x20, 0, 0);
	assert_fine(look(&image, "/"));
	assert_string_equal((char *)content, "");
	file_free(&image.file);
}

/* Long names that do not belong to what follows them: the short name counts. */
static void long_names(void **state)
{
	static const struct { unsigned at, value; } faults[] = {
		{ 96, 0x55 }, { 96 + 13, 1 }, { 128 + 13, 1 }, { 128, 2 }, { 128, 0 }, { 96, 0x41 }, { 160, 'M' }, { 128, 0xe5 }, { 96, 0x40 }, { 128 + 11, 0x20 },
	};
	struct fat_image image;
	uint16_t units[260];

	(void)state;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		image = build(12);
		/* The two entries are at 96 and 128, the short one at 160. */
		file_put(image.file, image.root + faults[i].at, faults[i].value, 1);
		assert_fine(look(&image, faults[i].at == 128 && faults[i].value == 0 ? "plain.txt" : faults[i].value == 'M' ?
				 "MONGN~1" : "LONGN~1"));
		file_free(&image.file);
	}
	/* The longest: of 20 entries, 255 units count. */
	image = build(12);
	for (unsigned i = 0; i < 260; i++)
		units[i] = i == 254 ? 0xd83d : i == 255 ? 0xde00 : 0x20ac;
	fat_put_short(&image, fat_put_long(&image, image.root, "X          ", units, 20), "X          ", 0x20, 0, 0);
	assert_fine(look(&image, "/"));
	assert_int_equal(strchr((char *)content, '|') - (char *)content, 765);
	/* One that is empty. */
	memset(units, 0, sizeof(units));
	fat_put_short(&image, fat_put_long(&image, image.root, "X          ", units, 1), "X          ", 0x20, 0, 0);
	file_put(image.file, image.root + 64, 0, 1);
	assert_fine(look(&image, "/"));
	assert_string_equal((char *)content, "X|");
	/* Pairs that are none. */
	units[0] = 0xd83d;
	units[1] = 0xe000;
	units[2] = 0xdfff;
	units[3] = 0xe000;
	fat_put_long(&image, image.root, "X          ", units, 1);
	assert_fine(look(&image, "/"));
	assert_string_equal((char *)content, "\xef\xbf\xbd\xee\x80\x80\xef\xbf\xbd\xee\x80\x80|");
	file_free(&image.file);
}

int main(void)
{
	return RUN_TESTS("fat", widths, jumps, failing, boot_sectors, chains, full_root, long_names);
}
