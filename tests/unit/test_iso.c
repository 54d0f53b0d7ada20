/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iso_tree.h"
#include "fs_look.h"

#define AT(sector, field) ((sector) * 2048 + (field))

static void read_link(const char *name, const char *wanted)
{
	uint64_t position = 0;
	struct fs_entry entry;
	struct fs_node root;

	assert_fine(fs.operations->root(&fs, &root));
	do
		assert_fine(fs_next(&fs, &root, &position, &entry));
	while (strcmp(entry.name, name) != 0);
	assert_int_equal(entry.node.size, strlen(wanted));
	assert_fine(fs_read(&fs, &entry.node, 0, content, strlen(wanted)));
	assert_memory_equal(content, wanted, strlen(wanted));
	assert_fine(fs_read(&fs, &entry.node, 2, content, strlen(wanted) - 2));
	assert_memory_equal(content, wanted + 2, strlen(wanted) - 2);
}

static void rock_ridge(void **state)
{
	struct file image = build_iso_tree(true, true);

	(void)state;
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "Plain|sub|link|abcdexfghij|big|deep|packed|far|name.me|");
	assert_string_equal(fs.name, "iso9660");
	assert_string_equal(fs.uuid, "2027-11-12-13-14-15-16");
	assert_string_equal(fs.label, "VOLUME");
	assert_false(fs.ignores_case);
	assert_fine(look_in(image, "/Plain"));
	check_bytes(0, 3000, 'p');
	assert_error(look_in(image, "/plain"), ERROR_FS_NO_FILE);
	read_link("link", "sub/.././Plain");
	read_link("far", "/deep/");
	assert_fine(look_in(image, "/link"));
	check_bytes(0, 3000, 'p');
	assert_fine(look_in(image, "/far/b"));
	check_bytes(0, 5, 'q');
	assert_fine(look_in(image, "/sub"));
	assert_string_equal((char *)content, "a|");
	assert_fine(look_in(image, "/big"));
	check_bytes(0, 4096, 'p');
	check_bytes(4096, 1000, 'q');
	assert_fine(look_at(image, UINT64_MAX, "/big", 5000));
	check_bytes(0, 96, 'q');
	assert_error(look_in(image, "/packed"), ERROR_FS_FEATURE);
	/* No date of a change: in zeros, or none at all. */
	memset(image.at + AT(ISO_PRIMARY, 830), '0', 16);
	assert_fine(look_in(image, "/"));
	assert_string_equal(fs.uuid, "2026-01-02-03-04-05-06");
	memset(image.at + AT(ISO_PRIMARY, 830), 0, 16);
	memset(image.at + AT(ISO_PRIMARY, 40), ' ', 32);
	assert_fine(look_in(image, "/"));
	assert_string_equal(fs.uuid, "2026-01-02-03-04-05-06");
	assert_string_equal(fs.label, "");
	file_free(&image);
}

static void joliet(void **state)
{
	static const char *const levels[] = { "%/@", "%/C", "%/E" };
	struct file image = build_iso_tree(false, true);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		memcpy(image.at + AT(ISO_JOLIET, 88), levels[i], 3);
		assert_fine(look_in(image, "/"));
		assert_string_equal((char *)content, "Plän😀|dot|x.|");
		assert_fine(look_in(image, "/PLän😀"));
		check_bytes(0, 3000, 'p');
	}
	file_free(&image);
}

static void plain_names(void **state)
{
	struct file image = build_iso_tree(false, false);

	(void)state;
	assert_fine(look_in(image, "/"));
	assert_string_equal((char *)content, "plain.txt|sub|link|long|big|deep|deep2|packed|far|name.me|");
	assert_fine(look_in(image, "/Plain.TXT"));
	check_bytes(0, 3000, 'p');
	/* Names that are odd. */
	memcpy(image.at + AT(ISO_SUB, 34 + 33), ";1;1", 4);
	assert_fine(look_in(image, "/sub"));
	assert_string_equal((char *)content, ".1|");
	memcpy(image.at + AT(ISO_SUB, 34 + 33), "/;;2", 4);
	assert_fine(look_in(image, "/sub"));
	assert_string_equal((char *)content, "...2|");
	image.at[AT(ISO_SUB, 34 + 32)] = 3;
	memcpy(image.at + AT(ISO_SUB, 34 + 33), ".;1", 3);
	assert_fine(look_in(image, "/sub"));
	assert_string_equal((char *)content, ".|");
	image.at[AT(ISO_SUB, 34 + 32)] = 1;
	memcpy(image.at + AT(ISO_SUB, 34 + 33), "A", 1);
	assert_fine(look_in(image, "/sub"));
	assert_string_equal((char *)content, "a|");
	file_free(&image);
}

/* A chain of descriptors that has no end, as far as it is followed. */
static void no_end(void **state)
{
	struct file image = build_iso_tree(false, false);
	struct file more = file_new(iso_sector(90));

	(void)state;
	memcpy(more.at, image.at, image.size);
	for (unsigned i = ISO_BOOT; i < 90; i++)
		iso_put_descriptor(more, i, 0, 0);
	memcpy(more.at + AT(85, 0), image.at + AT(ISO_ROOT, 0), 4096);
	file_put(more, AT(ISO_PRIMARY, 156 + 2), 85, 4);
	assert_fine(look_in(more, "/"));
	memset(more.at + AT(ISO_BOOT, 0), 0, 2048);
	assert_fine(look_in(more, "/"));
	file_free(&more);
	file_free(&image);
}

static void failing(void **state)
{
	static const char *const paths[] = { "/", "/Plain", "/link", "/abcdexfghij", "/big", "/far/b", "/sub/a" };
	struct file image = build_iso_tree(true, false);

	(void)state;
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_failing_reads(image, paths[i]);
	memset(image.at + ISO_ROOT_FIELDS, 0, 2);
	check_failing_reads(image, "/sub");
	file_free(&image);
}

/* Where a record of the root begins, counted from 0. */
static uint64_t record(struct file image, unsigned sector, unsigned index)
{
	uint64_t at = iso_sector(sector);

	while (index-- > 0)
		at += image.at[at];
	return at;
}

static void wrong_fields(void **state)
{
	struct file image = build_iso_tree(true, false);
	const uint64_t plain = record(image, ISO_ROOT, 2), link = record(image, ISO_ROOT, 5), longer = record(image, ISO_ROOT, 6);
	const uint64_t big = record(image, ISO_ROOT + 1, 0), sub = record(image, ISO_ROOT, 4);
	const struct fs_fault faults[] = {
		{ AT(ISO_PRIMARY, 0), 2, 1, "/", ERROR_FS_UNKNOWN },
		{ ISO_BLOCK_SIZE, 4096, 2, "/", ERROR_FS_FIELD },
		{ ISO_BLOCK_SIZE, 1024, 2, "/Plain", ERROR_FS_NO_FILE },
		{ ISO_BLOCK_SIZE, 512, 2, "/Plain", ERROR_FS_NO_FILE },
		{ AT(ISO_PRIMARY, 156), 33, 1, "/", ERROR_FS_FIELD },
		{ AT(ISO_PRIMARY, 156 + 26), 1, 1, "/", ERROR_FS_FIELD },
		{ AT(ISO_PRIMARY, 156 + 2), 1000, 4, "/", ERROR_DISK_END },
		{ AT(ISO_PRIMARY, 156 + 10), (1 << 26) + 1, 4, "/", ERROR_FS_FIELD },
		{ plain, 33, 1, "/", ERROR_FS_FIELD },
		{ plain + 32, 200, 1, "/", ERROR_FS_FIELD },
		{ plain + 26, 1, 1, "/Plain", ERROR_FS_FIELD },
		/* The fields: lengths that are too small, and too large; a size that is the record's own, and wrong. */
		{ plain + 44 + 2, 3, 1, "/Plain", ERROR_FS_FIELD },
		{ plain + 44 + 2, 200, 1, "/Plain", ERROR_FS_FIELD },
		{ sub + 36, 0x4d4e, 2, "/sub/a", ERROR_NONE },
		{ sub + 26, 1, 1, "/sub", ERROR_FS_FIELD },
		{ link + 40 + 8 + 9 + 6, 20, 1, "/", ERROR_FS_FIELD },
		{ longer + 40 + 8 + 10 + 20, 2049, 4, "/", ERROR_FS_FIELD },
		{ longer + 40 + 8 + 10 + 4, 1000, 4, "/", ERROR_DISK_END },
		/* Another area that is the same one again and again. */
		{ AT(ISO_MORE, 0x10), 0x4543, 2, "/", ERROR_NONE },
		{ big + 25, 0, 1, "/big", ERROR_NONE },
		{ big + 10, 0, 4, "/big", ERROR_NONE },
	};

	(void)state;
	file_free(&image);
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		image = build_iso_tree(true, false);
		file_put(image, faults[i].at, faults[i].value, faults[i].bytes);
		check_fault(image, faults, i);
	}
	image = file_new(iso_sector(17) - 1);
	assert_error(look_in(image, "/"), ERROR_FS_UNKNOWN);
	file_free(&image);
}

/* What only grows large by many fields, or is asked of a node that nobody found. */
static void bounds(void **state)
{
	struct file image = build_iso_tree(true, false);
	const uint64_t more = iso_sector(ISO_MORE);
	struct fs_node node = { .kind = FS_FILE, .size = 9000, .id = record(image, ISO_ROOT + 1, 0) };
	struct file copy;

	(void)state;
	assert_fine(look_in(image, "/"));
	assert_error(fs_read(&fs, &node, 6000, content, 1), ERROR_FS_FIELD);
	node.id = iso_sector(ISO_SECTORS);
	assert_error(fs_read(&fs, &node, 0, content, 1), ERROR_DISK_END);
	node.id = iso_sector(ISO_FILE + 1) - 50;
	assert_error(fs_read(&fs, &node, 0, content, 1), ERROR_FS_FIELD);
	/* A link that is longer for its reader than it was when it was found. */
	node = (struct fs_node){ .kind = FS_LINK, .size = 100, .id = record(image, ISO_ROOT, 5) };
	assert_error(fs_read(&fs, &node, 0, content, 100), ERROR_FS_FIELD);
	assert_error(fs_read(&fs, &node, 50, content, 1), ERROR_FS_FIELD);
	/* Areas that lead to each other: without an end; with a name of more than 765 bytes; with a link of more than 4095. */
	copy = file_of(image.at, image.size);
	file_put(copy, record(image, ISO_ROOT, 6) + 40 + 8 + 10 + 20, 2048 - 0x10, 4);
	memset(copy.at + more + 0x10, 0, 2048 - 0x10);
	memcpy(copy.at + more + 0x10, "CE\x1c\1\x19\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\xf0\7\0\0\0\0\0\0", 28);
	assert_error(look_in(copy, "/"), ERROR_FS_FIELD);
	memcpy(copy.at + more + 0x10 + 28, "NM\xff\1\0", 5);
	memset(copy.at + more + 0x10 + 33, 'n', 250);
	assert_error(look_in(copy, "/"), ERROR_FS_FIELD);
	for (unsigned i = 0; i < 7; i++)
		memcpy(copy.at + more + 0x10 + 28 + 255 * i, "SL\xff\1\0\0\xf8", 7);
	assert_error(look_in(copy, "/"), ERROR_FS_FIELD);
	for (unsigned i = 0; i < 7; i++)
		memcpy(copy.at + more + 0x10 + 28 + 134 * i, "SL\x86\1\0\0\x7f", 7);
	assert_error(look_in(copy, "/"), ERROR_FS_FIELD);
	file_free(&copy);
	/* More than 64 parts. */
	memset(image.at + iso_sector(ISO_ROOT + 1), 0, 3 * 2048);
	for (unsigned i = 0; i < 60; i++)
		iso_put(image, iso_sector(ISO_ROOT + 1) + i * 34, ISO_FILE, 1, 0x80, span("x", 1), ISO_TEXT(""));
	iso_put(image, iso_sector(ISO_SUB), ISO_FILE, 1, 0x80, span("x", 1), ISO_TEXT(""));
	for (unsigned i = 0; i < 10; i++)
		iso_put(image, iso_sector(ISO_SUB + 1) + i * 34, ISO_FILE, 1, 0x80, span("x", 1), ISO_TEXT(""));
	assert_fine(look_in(image, "/Plain"));
	node = (struct fs_node){ .kind = FS_FILE, .size = 1000, .id = iso_sector(ISO_ROOT + 1) };
	assert_fine(fs_read(&fs, &node, 61, content, 1));
	assert_error(fs_read(&fs, &node, 70, content, 1), ERROR_FS_FIELD);
	file_free(&image);
}

int main(void)
{
	return RUN_TESTS("iso", rock_ridge, joliet, plain_names, no_end, failing, wrong_fields, bounds);
}
