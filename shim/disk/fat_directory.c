/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/fat.h>

enum {
	ENTRY_SIZE = 32,
	ENTRY_ATTRIBUTES = 11,
	ENTRY_CASE = 12,
	ENTRY_CLUSTER_HIGH = 20,
	ENTRY_CLUSTER = 26,
	ENTRY_SIZE_FIELD = 28,

	ATTRIBUTE_VOLUME = 0x08,
	ATTRIBUTE_DIRECTORY = 0x10,
	/* All of read-only, hidden, system and volume: an entry of a long name. */
	ATTRIBUTE_LONG = 0x0f,
	ATTRIBUTE_MASK = 0x3f,

	/* Windows NT's, for names that would be short but for their case. */
	CASE_LOWER_BASE = 0x08,
	CASE_LOWER_EXTENSION = 0x10,

	SHORT_SIZE = 11,
	SHORT_BASE = 8,

	LONG_LAST = 0x40,
	LONG_CHECKSUM = 13,
	LONG_UNITS = 13,
	LONG_ENTRIES = 20,
};

/* A long name as it is put together, the last part of it first. */
struct long_name {
	/* Entries that must follow; the name is whole when it is 0 and `count` is not. */
	unsigned wanted;
	unsigned count;
	uint8_t checksum;
	uint16_t units[LONG_ENTRIES * LONG_UNITS];
};

/* Of the short name that the long one stands for (specification, "Long Directory Entries"). */
static uint8_t short_sum(struct span entry)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < SHORT_SIZE; i++)
		sum = (uint8_t)((sum << 7 | sum >> 1) + span_u8(entry, i));
	return sum;
}

static void take_long(struct long_name *name, struct span entry)
{
	static const uint8_t places[LONG_UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	const unsigned order = span_u8(entry, 0) & ~(unsigned)LONG_LAST;

	if ((span_u8(entry, 0) & LONG_LAST) != 0 && order <= LONG_ENTRIES) {
		name->count = name->wanted = order;
		name->checksum = span_u8(entry, LONG_CHECKSUM);
	}
	if (order == 0 || order != name->wanted || name->checksum != span_u8(entry, LONG_CHECKSUM)) {
		name->count = 0;
		return;
	}
	name->wanted--;
	for (unsigned i = 0; i < LONG_UNITS; i++)
		name->units[name->wanted * LONG_UNITS + i] = span_u16(entry, places[i]);
}

/*
 * The upper half of code page 437, in which Linux reads short names where nobody tells it another (CONFIG_FAT_DEFAULT_CODEPAGE).
 * No file system says which it was written in.
 */
static const uint16_t code_page[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
	0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192,
	0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
	0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
	0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
	0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* A part ends at a NUL, which some write, or before the blanks that fill it. */
static void put_short_part(struct span entry, unsigned from, unsigned most, bool lower, struct fs_entry *out)
{
	unsigned to = from;

	for (unsigned i = from; i < most && span_u8(entry, i) != 0; i++)
		if (span_u8(entry, i) != ' ')
			to = i + 1;
	for (unsigned i = from; i < to; i++) {
		uint16_t unit = span_u8(entry, i);

		if (lower && unit >= 'A' && unit <= 'Z')
			unit = (uint16_t)(unit + 'a' - 'A');
		/* 0xe5 as the first byte would mean that there is no file. */
		if (unit == 0x05)
			unit = 0xe5;
		if (unit >= 0x80)
			unit = code_page[unit - 0x80];
		out->length += fs_put_utf16(out->name + out->length, &unit, 1);
	}
}

static void put_short_name(struct span entry, struct fs_entry *out)
{
	const uint8_t lower = span_u8(entry, ENTRY_CASE);
	uint32_t base;

	put_short_part(entry, 0, SHORT_BASE, (lower & CASE_LOWER_BASE) != 0, out);
	base = out->length;
	out->name[out->length++] = '.';
	put_short_part(entry, SHORT_BASE, SHORT_SIZE, (lower & CASE_LOWER_EXTENSION) != 0, out);
	if (out->length == base + 1)
		out->length = base;
}

static struct error read_entry(struct fs *fs, const struct fs_node *directory, uint64_t position, uint8_t *to)
{
	const uint32_t first = (uint32_t)directory->id;

	if (position >= FAT_DIRECTORY_MOST)
		return fs_wrong("a directory of at most 65536 entries", position);
	/* Only the root directory of FAT12 and FAT16 is not in clusters. */
	if (first != 0)
		return fs_read_runs(fs, fat_map, &first, position, to, ENTRY_SIZE);
	if (position < fs->fat.root_size)
		return disk_read(fs->disk, fs->fat.root + position, to, ENTRY_SIZE);
	to[0] = 0;
	return error_none();
}

/* Whether a directory ends here, with its last cluster. */
static struct error at_end(struct fs *fs, const struct fs_node *directory, uint64_t position, bool *out)
{
	const uint32_t first = (uint32_t)directory->id;
	uint32_t cluster;

	*out = false;
	if (first == 0)
		return error_none();
	TRY(fat_cluster(fs, first, position / fs->fat.cluster_size, &cluster));
	*out = cluster == 0;
	return error_none();
}

static void fill_entry(const struct fs *fs, struct span entry, const struct long_name *name, struct fs_entry *out)
{
	const bool is_directory = (span_u8(entry, ENTRY_ATTRIBUTES) & ATTRIBUTE_DIRECTORY) != 0;
	const unsigned most = name->count * LONG_UNITS;

	out->length = 0;
	out->node = (struct fs_node){ .kind = is_directory ? FS_DIRECTORY : FS_FILE, .id = span_u16(entry, ENTRY_CLUSTER) };
	if (fs->fat.width == 32)
		out->node.id |= (uint64_t)span_u16(entry, ENTRY_CLUSTER_HIGH) << 16;
	if (!is_directory)
		out->node.size = span_u32(entry, ENTRY_SIZE_FIELD);
	if (name->count != 0 && name->wanted == 0 && name->checksum == short_sum(entry))
		out->length = fs_put_utf16(out->name, name->units, most < 255 ? most : 255);
	if (out->length == 0)
		put_short_name(entry, out);
	out->name[out->length] = '\0';
}

struct error fat_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	struct long_name name = { .count = 0 };
	uint8_t bytes[ENTRY_SIZE] = { 0 };
	const struct span entry = span(bytes, sizeof(bytes));

	for (;;) {
		bool ends;

		out->length = 0;
		TRY(at_end(fs, directory, *position, &ends));
		if (ends)
			return error_none();
		TRY(read_entry(fs, directory, *position, bytes));
		if (bytes[0] == 0)
			return error_none();
		*position += ENTRY_SIZE;
		if (bytes[0] != 0xe5 && (bytes[ENTRY_ATTRIBUTES] & ATTRIBUTE_MASK) == ATTRIBUTE_LONG) {
			take_long(&name, entry);
			continue;
		}
		/* A name of blanks alone is none either. */
		if (bytes[0] != 0xe5 && bytes[0] != '.' && bytes[0] != ' ' && (bytes[ENTRY_ATTRIBUTES] & ATTRIBUTE_VOLUME) == 0) {
			fill_entry(fs, entry, &name, out);
			return error_none();
		}
		name.count = 0;
	}
}
