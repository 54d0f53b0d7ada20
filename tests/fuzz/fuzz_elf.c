/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <shim/payload/xen_notes.h>

static void check_segments(const struct elf_image *image)
{
	PROMISE(image->segment_count >= 1 && image->segment_count <= ELF_MAX_SEGMENTS);
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segment[i];

		PROMISE(span_has(image->file, segment->offset, segment->file_size));
		PROMISE(segment->memory.start < segment->memory.end);
		PROMISE(segment->file_size <= range_size(segment->memory));
		PROMISE(range_contains(image->memory, segment->memory));
		for (uint32_t j = 0; j < i; j++)
			PROMISE(!range_overlaps(segment->memory, image->segment[j].memory));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image image;
	struct xen_notes notes;

	if (failed(elf_parse(span(data, size), &image)))
		return 0;
	check_segments(&image);
	for (uint32_t i = 0; i < image.note_count; i++)
		PROMISE(lies_in(image.file, image.note[i].bytes));
	if (failed(xen_notes_find(&image, &notes)))
		return 0;
	for (unsigned i = 0; i < XEN_NOTE_TYPES; i++) {
		PROMISE(lies_in(image.file, notes.note[i].bytes));
		PROMISE(lies_in(notes.note[i].bytes, xen_note_text(&notes, i)));
	}
	return 0;
}
