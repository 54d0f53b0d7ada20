/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/iso.h>

enum {
	FIRST_DESCRIPTOR = 16,
	DESCRIPTORS_MOST = 64,
	/* What is read of a descriptor. */
	DESCRIPTOR_SIZE = 1024,
	DESCRIPTOR_PRIMARY = 1,
	DESCRIPTOR_SUPPLEMENTARY = 2,
	DESCRIPTOR_END = 255,
	DESCRIPTOR_LABEL = 40,
	DESCRIPTOR_ESCAPES = 88,
	DESCRIPTOR_BLOCK_SIZE = 128,
	DESCRIPTOR_ROOT = 156,
	DESCRIPTOR_CREATED = 813,
	DESCRIPTOR_CHANGED = 830,

	RECORD_ATTRIBUTES = 1,
	RECORD_UNIT = 26,
	/* Of a file, 4 GiB each. */
	PARTS_MOST = 64,
};

struct error iso_read_record(struct fs *fs, uint64_t at, struct iso_record *out)
{
	const uint64_t left = ISO_SECTOR - at % ISO_SECTOR;
	const uint64_t size = left < ISO_RECORD_MOST ? left : ISO_RECORD_MOST;
	const struct span bytes = span(out->bytes, size);

	out->at = at;
	TRY(disk_read(fs->disk, at, out->bytes, (size_t)size));
	out->span = span(out->bytes, span_u8(bytes, 0));
	if (out->span.size != 0 && (out->span.size < ISO_RECORD_LEAST || out->span.size > size ||
				    !span_has(out->span, ISO_RECORD_NAME, span_u8(bytes, ISO_RECORD_NAME_LENGTH))))
		return fs_wrong("a directory's record inside its sector", at);
	return error_none();
}

struct error iso_extent(const struct fs *fs, const struct iso_record *record, struct fs_run *out)
{
	const uint64_t block = (uint64_t)span_u32(record->span, ISO_RECORD_EXTENT) + span_u8(record->span, RECORD_ATTRIBUTES);

	/* Files with gaps between their units: nobody makes them. */
	if (span_u16(record->span, RECORD_UNIT) != 0)
		return fs_wrong("a file without gaps", span_u16(record->span, RECORD_UNIT));
	*out = (struct fs_run){ .size = span_u32(record->span, ISO_RECORD_SIZE), .at = block * fs->iso.block_size };
	return error_none();
}

/* As blkid(8) makes a UUID of the time of the last change, or that of creation: digits, the last two of them hundredths. */
static void take_uuid(struct fs *fs, struct span descriptor)
{
	static const char zeros[] = "0000000000000000";
	uint64_t from = DESCRIPTOR_CHANGED;
	unsigned at = 0;

	if (span_is(descriptor, from, zeros, 16) || span_u8(descriptor, from) == 0)
		from = DESCRIPTOR_CREATED;
	for (unsigned i = 0; i < 16; i++) {
		if (i >= 4 && i % 2 == 0)
			fs->uuid[at++] = '-';
		fs->uuid[at++] = (char)span_u8(descriptor, from + i);
	}
	fs->uuid[at] = '\0';
}

static void take_label(struct fs *fs, struct span descriptor)
{
	struct span label;

	span_cut(descriptor, DESCRIPTOR_LABEL, 32, &label);
	while (label.size != 0 && label.at[label.size - 1] == ' ')
		label.size--;
	fs_label_text(fs, label);
}

/* Whether a supplementary descriptor is Joliet's, by the escape sequences of its three levels of UCS-2. */
static bool is_joliet(struct span descriptor)
{
	return span_is(descriptor, DESCRIPTOR_ESCAPES, "%/@", 3) || span_is(descriptor, DESCRIPTOR_ESCAPES, "%/C", 3) ||
	       span_is(descriptor, DESCRIPTOR_ESCAPES, "%/E", 3);
}

/* Where Joliet's root is; 0: it is not used here. */
static struct error find_joliet(struct fs *fs, uint8_t bytes[DESCRIPTOR_SIZE], uint64_t *out)
{
	const struct span descriptor = span(bytes, DESCRIPTOR_SIZE);

	*out = 0;
	for (uint64_t i = FIRST_DESCRIPTOR + 1; i < FIRST_DESCRIPTOR + DESCRIPTORS_MOST && *out == 0; i++) {
		TRY(disk_read(fs->disk, i * ISO_SECTOR, bytes, DESCRIPTOR_SIZE));
		if (!span_is(descriptor, 1, "CD001", 5) || bytes[0] == DESCRIPTOR_END)
			break;
		if (bytes[0] == DESCRIPTOR_SUPPLEMENTARY && is_joliet(descriptor))
			*out = i * ISO_SECTOR + DESCRIPTOR_ROOT;
	}
	return error_none();
}

/* Whether the first record of the root says that fields follow the names, and how many bytes they stand behind. */
static struct error look_for_rock(struct fs *fs)
{
	struct iso_record record;
	struct fs_run run;

	TRY(iso_read_record(fs, fs->iso.root, &record));
	TRY(iso_extent(fs, &record, &run));
	TRY(iso_read_record(fs, run.at, &record));
	fs->iso.has_rock = span_is(record.span, ISO_RECORD_LEAST, "SP\7\1\xbe\xef", 6);
	fs->iso.skip = span_u8(record.span, ISO_RECORD_LEAST + 6);
	return error_none();
}

static struct error iso_open(struct fs *fs)
{
	uint8_t bytes[DESCRIPTOR_SIZE] = { 0 };
	const struct span descriptor = span(bytes, sizeof(bytes));
	const uint64_t at = FIRST_DESCRIPTOR * ISO_SECTOR;
	struct iso *iso = &fs->iso;
	uint64_t joliet;

	if (fs->disk->size < at + ISO_SECTOR)
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	TRY(disk_read(fs->disk, at, bytes, sizeof(bytes)));
	if (!span_is(descriptor, 0, "\1CD001\1", 7))
		return error_make(ERROR_FS_UNKNOWN, NULL, 0, 0);
	fs->name = "iso9660";
	iso->block_size = span_u16(descriptor, DESCRIPTOR_BLOCK_SIZE);
	if (iso->block_size != 512 && iso->block_size != 1024 && iso->block_size != ISO_SECTOR)
		return fs_wrong("blocks of 512, 1024 or 2048 bytes", iso->block_size);
	iso->root = at + DESCRIPTOR_ROOT;
	iso->is_joliet = false;
	take_uuid(fs, descriptor);
	take_label(fs, descriptor);
	TRY(look_for_rock(fs));
	if (iso->has_rock)
		return error_none();
	fs->ignores_case = true;
	TRY(find_joliet(fs, bytes, &joliet));
	if (joliet != 0) {
		iso->is_joliet = true;
		iso->root = joliet;
	}
	return error_none();
}

static struct error iso_root(struct fs *fs, struct fs_node *out)
{
	*out = (struct fs_node){ .kind = FS_DIRECTORY, .id = fs->iso.root };
	return error_none();
}

static struct error iso_node(struct fs *fs, const struct fs_entry *entry, struct fs_node *out)
{
	(void)fs;
	*out = entry->node;
	return error_none();
}

/* Where the bytes of a file are, in the parts that its records name one after another. */
static struct error iso_map(struct fs *fs, const void *first, uint64_t offset, struct fs_run *out)
{
	uint64_t at = *(const uint64_t *)first;

	for (unsigned i = 0; i < PARTS_MOST; i++) {
		struct iso_record record;

		TRY(iso_read_record(fs, at, &record));
		if (record.span.size == 0) {
			at += ISO_SECTOR - at % ISO_SECTOR;
			continue;
		}
		TRY(iso_extent(fs, &record, out));
		if (offset < out->size) {
			out->at += offset;
			out->size -= offset;
			return error_none();
		}
		offset -= out->size;
		if ((span_u8(record.span, ISO_RECORD_FLAGS) & ISO_FLAG_GOES_ON) == 0)
			break;
		at += record.span.size;
	}
	return fs_wrong("a file as long as its parts", offset);
}

static struct error iso_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size)
{
	struct iso_rock rock = { .link = node->kind == FS_LINK ? fs->scratch + FS_BLOCK_MOST : NULL };
	struct iso_record record;

	if (fs->iso.has_rock) {
		TRY(iso_read_record(fs, node->id, &record));
		TRY(iso_read_rock(fs, &record, fs->iso.skip, &rock));
		if (rock.is_compressed)
			return error_make(ERROR_FS_FEATURE, "iso9660 with compressed files", 0, 1);
	}
	if (node->kind == FS_LINK) {
		if (offset > rock.link_size || size > rock.link_size - offset)
			return fs_wrong("the target of a link", rock.link_size);
		__builtin_memcpy(to, rock.link + offset, size);
		return error_none();
	}
	return fs_read_runs(fs, iso_map, &node->id, offset, to, size);
}

const struct fs_operations fs_iso = { iso_open, iso_root, iso_next, iso_node, iso_read };
