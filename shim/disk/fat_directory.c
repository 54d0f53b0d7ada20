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

/* A part ends at a NUL, which some write, or before the blanks that fill it.  Letters of a code page that nobody names are "?". */
static void put_short_part(struct span entry, unsigned from, unsigned most, bool lower, struct fs_entry *out)
{
	unsigned to = from;

	for (unsigned i = from; i < most && span_u8(entry, i) != 0; i++)
		if (span_u8(entry, i) != ' ')
			to = i + 1;
	for (unsigned i = from; i < to; i++) {
		uint8_t c = span_u8(entry, i);

		if (lower && c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 'a' - 'A');
		out->name[out->length++] = c >= 0x80 || c == 0x05 ? '?' : (char)c;
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
