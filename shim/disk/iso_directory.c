/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories: records one behind the other, of which none crosses a sector. */
#include <shim/disk/iso.h>
#include <shim/disk/letters.h>

/* Larger ones would have more names than are looked at. */
#define DIRECTORY_MOST (UINT32_C(1) << 26)

/* A name without its version, and in small letters, as Linux has them (fs/isofs/dir.c, isofs_name_translate()). */
static void put_plain_name(struct span name, struct fs_entry *out)
{
	uint64_t size = name.size;

	if (size > 2 && span_is(name, size - 2, ";1", 2))
		size -= size > 3 && name.at[size - 3] == '.' ? 3 : 2;
	for (out->length = 0; out->length < size; out->length++) {
		const char c = lower((char)name.at[out->length]);

		out->name[out->length] = c == ';' || c == '/' ? '.' : c;
	}
}

/* A name of Joliet: units of 16 bits, with a version, which says nothing (fs/isofs/joliet.c, get_joliet_filename()). */
static void put_joliet_name(struct span name, struct fs_entry *out)
{
	uint16_t units[ISO_RECORD_MOST / 2];
	const unsigned count = (unsigned)name.size / 2;

	for (unsigned i = 0; i < count; i++)
		units[i] = __builtin_bswap16(span_u16(name, 2 * i));
	out->length = fs_put_utf16(out->name, units, count);
	if (out->length > 2 && span_is(span(out->name, out->length), out->length - 2, ";1", 2))
		out->length -= 2;
	while (out->length > 2 && out->name[out->length - 1] == '.')
		out->length--;
}

/* What Rock Ridge says of a record. */
static struct error take_rock(struct fs *fs, const struct iso_record *record, struct fs_entry *out)
{
	struct iso_rock rock = { .name = out };

	TRY(iso_read_rock(fs, record, fs->iso.skip, &rock));
	if (rock.mode != 0)
		out->node.kind = fs_mode_kind(rock.mode);
	if (out->node.kind == FS_LINK)
		out->node.size = rock.link_size;
	/* The directory's first record is of itself. */
	if (rock.child != 0)
		out->node = (struct fs_node){ .kind = FS_DIRECTORY, .id = (uint64_t)rock.child * fs->iso.block_size };
	if (out->length == 0)
		put_plain_name(span(record->bytes + ISO_RECORD_NAME, record->bytes[ISO_RECORD_NAME_LENGTH]), out);
	if (rock.is_moved)
		out->length = 0;
	return error_none();
}

/* Takes a record; the directory itself, its parent, and what belongs to another file, leave a length of 0. */
static struct error take_record(struct fs *fs, const struct iso_record *record, struct fs_entry *out)
{
	const uint8_t flags = span_u8(record->span, ISO_RECORD_FLAGS);
	struct span name;

	span_cut(record->span, ISO_RECORD_NAME, span_u8(record->span, ISO_RECORD_NAME_LENGTH), &name);
	out->node = (struct fs_node){
		.kind = (flags & ISO_FLAG_DIRECTORY) != 0 ? FS_DIRECTORY : FS_FILE,
		.size = span_u32(record->span, ISO_RECORD_SIZE),
		.id = record->at,
	};
	if ((name.size == 1 && name.at[0] <= 1) || (flags & ISO_FLAG_ASSOCIATED) != 0)
		return error_none();
	if (fs->iso.has_rock)
		TRY(take_rock(fs, record, out));
	else if (fs->iso.is_joliet)
		put_joliet_name(name, out);
	else
		put_plain_name(name, out);
	out->name[out->length] = '\0';
	return error_none();
}

struct error iso_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	struct iso_record record;
	struct fs_run run;
	bool goes_on = false;

	out->length = 0;
	TRY(iso_read_record(fs, directory->id, &record));
	TRY(iso_extent(fs, &record, &run));
	if (run.size > DIRECTORY_MOST)
		return fs_wrong("a directory of at most 64 MiB", run.size);
	while ((out->length == 0 || goes_on) && *position < run.size) {
		TRY(iso_read_record(fs, run.at + *position, &record));
		if (record.span.size == 0) {
			*position += ISO_SECTOR - record.at % ISO_SECTOR;
			continue;
		}
		*position += record.span.size;
		if (goes_on)
			out->node.size += span_u32(record.span, ISO_RECORD_SIZE);
		else
			TRY(take_record(fs, &record, out));
		goes_on = (span_u8(record.span, ISO_RECORD_FLAGS) & ISO_FLAG_GOES_ON) != 0;
	}
	return error_none();
}
