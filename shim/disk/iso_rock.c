/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of Rock Ridge: two letters, length and version, and what they say.  They may go on in other areas of the disk. */
#include <shim/disk/iso.h>

enum {
	FIELD_LENGTH = 2,
	FIELD_DATA = 4,

	/* Where the next area is. */
	CE_BLOCK = 4,
	CE_OFFSET = 12,
	CE_SIZE = 20,
	CE_LENGTH = 28,
	/* Linux has this bound, too (fs/isofs/rock.c, RR_MAX_CE_ENTRIES). */
	AREAS_MOST = 32,

	/* Of a name, and of parts of a link: it goes on; it is the directory itself; its parent; the root. */
	PART_GOES_ON = 1,
	PART_SELF = 2,
	PART_PARENT = 4,
	PART_ROOT = 8,
};

static struct error put_link(struct iso_rock *rock, const void *bytes, uint32_t size)
{
	if (size > FS_PATH_MOST - rock->link_size)
		return fs_wrong("a link of at most 4095 bytes", rock->link_size);
	if (rock->link != NULL)
		__builtin_memcpy(rock->link + rock->link_size, bytes, size);
	rock->link_size += size;
	return error_none();
}

/* Parts of a link: flags, length, bytes; between them are slashes. */
static struct error take_link(struct iso_rock *rock, struct span field)
{
	uint64_t at = FIELD_DATA + 1;

	while (at + 2 <= field.size) {
		const uint8_t flags = span_u8(field, at);
		struct span part;

		if (!span_cut(field, at + 2, span_u8(field, at + 1), &part))
			return fs_wrong("a link's parts inside their field", at);
		at += 2 + part.size;
		if ((flags & PART_SELF) != 0)
			part = span(".", 1);
		if ((flags & PART_PARENT) != 0)
			part = span("..", 2);
		if (rock->link_wants_slash)
			TRY(put_link(rock, "/", 1));
		TRY((flags & PART_ROOT) != 0 ? put_link(rock, "/", 1) : put_link(rock, part.at, (uint32_t)part.size));
		rock->link_wants_slash = (flags & (PART_ROOT | PART_GOES_ON)) == 0;
	}
	return error_none();
}

static struct error take_name(struct iso_rock *rock, struct span field)
{
	struct fs_entry *name = rock->name;
	struct span part;

	if (name == NULL || !span_cut(field, FIELD_DATA + 1, field.size - FIELD_DATA - 1, &part))
		return error_none();
	if (part.size > FS_NAME_MOST - name->length)
		return fs_wrong("a name of at most 765 bytes", name->length);
	__builtin_memcpy(name->name + name->length, part.at, part.size);
	name->length += (uint32_t)part.size;
	return error_none();
}

static struct error take_field(struct iso_rock *rock, struct span field)
{
	if (span_is(field, 0, "NM", 2))
		return take_name(rock, field);
	if (span_is(field, 0, "SL", 2))
		return take_link(rock, field);
	if (span_is(field, 0, "PX", 2))
		rock->mode = span_u32(field, FIELD_DATA);
	if (span_is(field, 0, "CL", 2))
		rock->child = span_u32(field, FIELD_DATA);
	rock->is_moved |= span_is(field, 0, "RE", 2);
	rock->is_compressed |= span_is(field, 0, "ZF", 2);
	return error_none();
}

/* Takes the fields of an area.  `next` is the one that says where more are; it has no bytes where none does. */
static struct error take_area(struct iso_rock *rock, struct span area, uint64_t at, struct span *next)
{
	*next = span(area.at, 0);
	/* What is behind the last field is zeroes, or one byte. */
	while (at < area.size && span_u8(area, at + FIELD_LENGTH) != 0) {
		const uint8_t length = span_u8(area, at + FIELD_LENGTH);
		struct span field;

		if (length < FIELD_DATA || !span_cut(area, at, length, &field))
			return fs_wrong("fields of Rock Ridge inside their area", at);
		if (span_is(field, 0, "ST", 2))
			break;
		if (span_is(field, 0, "CE", 2))
			*next = field;
		else
			TRY(take_field(rock, field));
		at += length;
	}
	return error_none();
}

struct error iso_read_rock(struct fs *fs, const struct iso_record *record, uint32_t skip, struct iso_rock *out)
{
	const uint32_t name = ISO_RECORD_NAME + span_u8(record->span, ISO_RECORD_NAME_LENGTH);
	struct span area = record->span, next;
	uint64_t at = ((name + 1) & ~1u) + skip;

	for (unsigned i = 0; i < AREAS_MOST; i++) {
		uint64_t begin, size;

		TRY(take_area(out, area, at, &next));
		if (next.size < CE_LENGTH)
			return error_none();
		begin = (uint64_t)span_u32(next, CE_BLOCK) * fs->iso.block_size + span_u32(next, CE_OFFSET);
		size = span_u32(next, CE_SIZE);
		if (size > ISO_SECTOR)
			return fs_wrong("at most a sector of fields", size);
		TRY(disk_read(fs->disk, begin, fs->scratch, (size_t)size));
		area = span(fs->scratch, size);
		at = 0;
	}
	return fs_wrong("fields of Rock Ridge in at most 32 areas", record->at);
}
