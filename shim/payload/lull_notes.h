/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lull_notes.c: the ELF notes named "lull" by which a kernel says where its patch sites are (include/lull/note.h).
 */
#ifndef LULL_SHIM_PAYLOAD_LULL_NOTES_H
#define LULL_SHIM_PAYLOAD_LULL_NOTES_H

#include <lull/note.h>
#include <shim/payload/elf.h>

/* What one note names: bytes of the kernel's file, and the virtual address that they are linked at. */
struct lull_part {
	bool present;
	struct span bytes;
	uint64_t address;
};

struct lull_notes {
	/* False when the kernel has none: then it has no sites, and that is no error. */
	bool present;
	/* By type; [0] is not used. */
	struct lull_part part[LULL_NOTE_RECEIPT + 1];
};

/* "SITES" and so on; `type` is one of lull/note.h. */
const char *lull_note_name(unsigned type);

/*
 * Collects the notes of every PT_NOTE.  A part without a note, or of no bytes, has none.
 * Errors: SITES_NOTE_SIZE (a descriptor that is not two addresses), SITES_NOTE_TYPE, SITES_NOTE_TWICE, SITES_NOTE_REACH
 * (a range that is not in the file bytes of one segment), SITES_NOTE_MISSING (no table, or no text), SITES_RECEIPT (no
 * receipt of lull/receipt.h where its note says, or a shorter one than its first version), SITES_NOTE_OVERLAP (a
 * receipt inside the text).
 */
struct error lull_notes_find(const struct elf_image *image, struct lull_notes *out);

/*
 * True when a segment holds a note for lull that no PT_NOTE holds, so that lull_notes_find() does not see it: the link script
 * forgot it, or put it into another section.
 */
bool lull_notes_unseen(const struct elf_image *image);

#endif
