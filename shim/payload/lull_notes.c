/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <lull/receipt.h>
#include <shim/payload/lull_notes.h>

/* What lull/note.h aligns its notes to. */
#define STEP 4

static const char *const names[LULL_NOTE_RECEIPT + 1] = {
	[LULL_NOTE_SITES] = "SITES",
	[LULL_NOTE_IMAGES] = "IMAGES",
	[LULL_NOTE_TEXT] = "TEXT",
	[LULL_NOTE_DATA] = "DATA",
	[LULL_NOTE_RECEIPT] = "RECEIPT",
};

const char *lull_note_name(unsigned type)
{
	return names[type];
}

static struct error take_lull_note(const struct elf_image *image, const struct elf_note *note, struct lull_notes *out)
{
	uint64_t start = span_u64(note->descriptor, 0), end = span_u64(note->descriptor, 8);
	struct lull_part *part;

	if (note->type < LULL_NOTE_SITES || note->type > LULL_NOTE_RECEIPT)
		return error_make(ERROR_SITES_NOTE_TYPE, NULL, LULL_NOTE_RECEIPT, note->type);
	if (note->descriptor.size != LULL_NOTE_SIZE)
		return error_make(ERROR_SITES_NOTE_SIZE, names[note->type], LULL_NOTE_SIZE, note->descriptor.size);
	part = &out->part[note->type];
	if (part->present)
		return error_make(ERROR_SITES_NOTE_TWICE, names[note->type], 1, 2);
	part->present = true;
	part->address = start;
	out->present = true;
	if (end < start || (end > start && !elf_bytes_at(image, start, end - start, &part->bytes)))
		return error_make(ERROR_SITES_NOTE_REACH, names[note->type], end, start);
	return error_none();
}

/* Takes lull's notes out of a block.  A block that is broken, or comes in other steps than ours, holds none of them. */
static struct error walk(const struct elf_image *image, struct span bytes, struct lull_notes *out)
{
	struct elf_note note;

	for (uint64_t at = 0; elf_has_note(bytes, at) && !failed(elf_next_note(bytes, STEP, &at, &note));)
		if (note.name.size == LULL_NOTE_NAME_SIZE && span_is(note.name, 0, LULL_NOTE_NAME, LULL_NOTE_NAME_SIZE))
			TRY(take_lull_note(image, &note, out));
	return error_none();
}

/*
 * Magic and size prove that it is a receipt.  It may not overlap the text, because the text is planned before the receipt is
 * filled.
 */
static struct error check_receipt(const struct lull_part *part, const struct lull_part *text)
{
	uint64_t magic = span_u64(part->bytes, 0);
	uint32_t size = span_u32(part->bytes, offsetof(struct lull_receipt, size));

	if (magic != LULL_RECEIPT_MAGIC)
		return error_make(ERROR_SITES_RECEIPT, "the magic", LULL_RECEIPT_MAGIC, magic);
	if (size < LULL_RECEIPT_SIZE || size != part->bytes.size)
		return error_make(ERROR_SITES_RECEIPT, "the size", part->bytes.size, size);
	if (part->bytes.at < text->bytes.at + text->bytes.size && text->bytes.at < part->bytes.at + part->bytes.size)
		return error_make(ERROR_SITES_NOTE_OVERLAP, NULL, 0, part->address);
	return error_none();
}

struct error lull_notes_find(const struct elf_image *image, struct lull_notes *out)
{
	*out = (struct lull_notes){ 0 };
	for (uint32_t i = 0; i < image->note_count; i++)
		TRY(walk(image, image->note[i].bytes, out));
	if (!out->present)
		return error_none();
	for (unsigned type = LULL_NOTE_SITES; type <= LULL_NOTE_TEXT; type++)
		if (type != LULL_NOTE_IMAGES && !out->part[type].present)
			return error_make(ERROR_SITES_NOTE_MISSING, names[type], 1, 0);
	if (!out->part[LULL_NOTE_RECEIPT].present)
		return error_none();
	return check_receipt(&out->part[LULL_NOTE_RECEIPT], &out->part[LULL_NOTE_TEXT]);
}

/* True when the bytes at `at` are the head of a note as LULL_NOTE() writes it. */
static bool is_note_head(struct span bytes, uint64_t at)
{
	return span_is(bytes, at + offsetof(struct lull_note, name), LULL_NOTE_NAME "\0\0\0", sizeof(((struct lull_note *)0)->name)) &&
	       span_u32(bytes, at) == LULL_NOTE_NAME_SIZE && span_u32(bytes, at + 4) == LULL_NOTE_SIZE;
}

static bool is_in_note(const struct elf_image *image, const uint8_t *at)
{
	for (uint32_t i = 0; i < image->note_count; i++)
		if (at >= image->note[i].bytes.at && at < image->note[i].bytes.at + image->note[i].bytes.size)
			return true;
	return false;
}

bool lull_notes_unseen(const struct elf_image *image)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segment[i];
		struct span bytes;

		span_cut(image->file, segment->offset, segment->file_size, &bytes);
		for (uint64_t at = 0; span_has(bytes, at, sizeof(struct lull_note)); at += STEP)
			if (is_note_head(bytes, at) && !is_in_note(image, bytes.at + at))
				return true;
	}
	return false;
}
