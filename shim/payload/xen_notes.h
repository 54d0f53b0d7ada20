/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen_notes.c: the ELF notes named "Xen" by which a kernel says how it can be entered (xen/include/public/elfnote.h).
 */
#ifndef LULL_SHIM_PAYLOAD_XEN_NOTES_H
#define LULL_SHIM_PAYLOAD_XEN_NOTES_H

#include <shim/payload/elf.h>

/* Types of notes, numbered as elfnote.h numbers them. */
enum xen_note_type {
	XEN_NOTE_INFO = 0,
	XEN_NOTE_ENTRY = 1,
	XEN_NOTE_HYPERCALL_PAGE = 2,
	XEN_NOTE_VIRT_BASE = 3,
	XEN_NOTE_PADDR_OFFSET = 4,
	XEN_NOTE_XEN_VERSION = 5,
	XEN_NOTE_GUEST_OS = 6,
	XEN_NOTE_GUEST_VERSION = 7,
	XEN_NOTE_LOADER = 8,
	XEN_NOTE_PAE_MODE = 9,
	XEN_NOTE_FEATURES = 10,
	XEN_NOTE_BSD_SYMTAB = 11,
	XEN_NOTE_HV_START_LOW = 12,
	XEN_NOTE_L1_MFN_VALID = 13,
	XEN_NOTE_SUSPEND_CANCEL = 14,
	XEN_NOTE_INIT_P2M = 15,
	XEN_NOTE_MOD_START_PFN = 16,
	XEN_NOTE_SUPPORTED_FEATURES = 17,
	XEN_NOTE_PHYS32_ENTRY = 18,
	XEN_NOTE_PHYS32_RELOC = 19,
	XEN_NOTE_TYPES,
};

struct xen_note {
	bool present;
	/* The descriptor as it is in the file. */
	struct span bytes;
	/* Its value when it is 1, 2, 4 or 8 bytes long, else 0; of SUPPORTED_FEATURES the first 32 bits. */
	uint64_t number;
};

struct xen_notes {
	/* Notes named "Xen" with a known type. */
	uint32_t count;
	/* By type.  Where a type occurs twice, the last one counts. */
	struct xen_note note[XEN_NOTE_TYPES];
	/* There is no note: these come from a section named __xen_guest. */
	bool from_string;
};

/* "PHYS32_ENTRY" and so on. */
const char *xen_note_name(enum xen_note_type type);

/* The number of a note that is an address; false when there is none.  All ones is libelf's word for none. */
bool xen_note_address(const struct xen_notes *notes, enum xen_note_type type, uint64_t *address);

/* True when the note's descriptor is text (GUEST_OS, FEATURES, ...) and not a number. */
bool xen_note_is_text(enum xen_note_type type);

/* The text of a note, without its terminator; empty when there is no such note. */
struct span xen_note_text(const struct xen_notes *notes, enum xen_note_type type);

/*
 * Adds one note named "Xen".  One of an unknown type is left out.  Errors: ELF_NOTE_SIZE (a number that lull acts on and that
 * is not 1, 2, 4 or 8 bytes; Xen takes it as 0, which then is its value).
 */
struct error xen_note_take(uint32_t type, struct span descriptor, struct xen_notes *out);

/*
 * Collects the notes of every PT_NOTE; where these have none named "Xen", of every SHT_NOTE; and where there is none
 * either, what the string in a section named __xen_guest says (the look-up order of Xen's libelf).  Nothing at all is no
 * error: count is 0.
 * Errors: ELF_NOTE (a name or descriptor that reaches past its segment), ELF_NOTE_SIZE (a number that lull acts on and
 * that is not 1, 2, 4 or 8 bytes), and those of elf_section_notes() and elf_section_bytes().
 */
struct error xen_notes_find(const struct elf_image *image, struct xen_notes *out);

/* The third of these: xen_guest_string.c. */
void xen_guest_string_read(struct span text, struct xen_notes *out);

#endif
