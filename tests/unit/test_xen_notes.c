/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/xen_notes.h>

/* Finds the notes in one block with the given alignment, as if a PT_NOTE held it. */
static struct error find_in(struct file notes, uint32_t alignment, struct xen_notes *out)
{
	struct elf_image image = { .note_count = 1, .note = { { file_span(notes), alignment } } };

	return xen_notes_find(&image, out);
}

static void all_kinds(void **state)
{
	struct file notes = file_new(0);
	struct xen_notes found;

	(void)state;
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linux", 6, 4);
	build_note(&notes, "Xen", XEN_NOTE_FEATURES, "!writable|x", 11, 4);
	build_note(&notes, "GNU", XEN_NOTE_ENTRY, "12345678", 8, 4);
	build_note(&notes, "Xen!", XEN_NOTE_ENTRY, "12345678", 8, 4);
	build_note(&notes, "abc", XEN_NOTE_ENTRY, "12345678", 8, 4);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x1000200, 4);
	build_note_number(&notes, XEN_NOTE_ENTRY, 0xffffffff81000000, 8);
	build_note_number(&notes, XEN_NOTE_ENTRY, 1, 8);
	build_note(&notes, "Xen", XEN_NOTE_L1_MFN_VALID, "0123456789abcdef", 16, 4);
	build_note(&notes, "Xen", 77, "odd", 3, 4);
	assert_fine(find_in(notes, 4, &found));
	assert_int_equal(found.count, 6);
	assert_span(xen_note_text(&found, XEN_NOTE_GUEST_OS), "linux");
	assert_span(xen_note_text(&found, XEN_NOTE_FEATURES), "!writable|x");
	assert_span(xen_note_text(&found, XEN_NOTE_LOADER), "");
	assert_int_equal(found.note[XEN_NOTE_PHYS32_ENTRY].number, 0x1000200);
	assert_true(found.note[XEN_NOTE_ENTRY].number == 0xffffffff81000000);
	assert_int_equal(found.note[XEN_NOTE_L1_MFN_VALID].number, 0);
	assert_int_equal(found.note[XEN_NOTE_L1_MFN_VALID].bytes.size, 16);
	assert_string_equal(xen_note_name(XEN_NOTE_PHYS32_ENTRY), "PHYS32_ENTRY");
	assert_true(xen_note_is_text(XEN_NOTE_LOADER));
	assert_false(xen_note_is_text(XEN_NOTE_INIT_P2M));
	file_free(&notes);
}

/* A PT_NOTE of alignment 8 with a property note in it, and Xen's notes in steps of 4 or of 8. */
static void alignments(void **state)
{
	(void)state;
	for (unsigned alignment = 4; alignment <= 8; alignment += 4) {
		struct file notes = file_new(0);
		struct xen_notes found;

		build_note(&notes, "GNU", 5, "\2\0\0\300\4\0\0\0\3\0\0\0\0\0\0\0", 16, 8);
		build_note(&notes, "Xen", XEN_NOTE_MOD_START_PFN, "\1\0\0\0", 4, alignment);
		build_note(&notes, "Xen", XEN_NOTE_PHYS32_ENTRY, "\0\0\20\0", 4, alignment);
		assert_fine(find_in(notes, 8, &found));
		assert_int_equal(found.count, 2);
		assert_int_equal(found.note[XEN_NOTE_PHYS32_ENTRY].number, 0x100000);
		file_free(&notes);
	}
}

static void broken_notes(void **state)
{
	struct file notes = file_new(0);
	struct xen_notes found;

	(void)state;
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 1, 4);
	file_put(notes, 0, 0xfffffff0, 4);
	assert_error(find_in(notes, 4, &found), ERROR_ELF_NOTE);
	assert_error(find_in(notes, 8, &found), ERROR_ELF_NOTE);
	file_put(notes, 0, 4, 4);
	file_put(notes, 4, 5, 4);
	assert_error(find_in(notes, 4, &found), ERROR_ELF_NOTE);
	file_put(notes, 4, 3, 4);
	assert_error(find_in(notes, 4, &found), ERROR_ELF_NOTE_SIZE);
	/* Fewer bytes than a header are padding. */
	notes.size = 11;
	assert_fine(find_in(notes, 4, &found));
	assert_int_equal(found.count, 0);
	file_free(&notes);
}

/* Sections are asked only when no segment has a Xen note. */
static void section_fallback(void **state)
{
	struct file notes = file_new(0), file = build_pvh(64, 0x100000);
	struct elf_image image;
	struct xen_notes found;
	uint64_t offset, table;

	(void)state;
	build_note_number(&notes, XEN_NOTE_ENTRY, 5, 8);
	offset = file_append(&file, notes.at, notes.size);
	table = elf_add_note_section(&file, 64, offset, notes.size, 4);
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(xen_notes_find(&image, &found));
	assert_true(found.note[XEN_NOTE_PHYS32_ENTRY].present);
	assert_false(found.note[XEN_NOTE_ENTRY].present);
	image.note_count = 0;
	assert_fine(xen_notes_find(&image, &found));
	assert_int_equal(found.note[XEN_NOTE_ENTRY].number, 5);
	file_put(file, offset + 4, 1, 4);
	assert_error(xen_notes_find(&image, &found), ERROR_ELF_NOTE_SIZE);
	file_put(file, table + 64 + 24, file.size, 8);
	assert_error(xen_notes_find(&image, &found), ERROR_ELF_TRUNCATED);
	file_free(&file);
	file_free(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(alignments),
		cmocka_unit_test(broken_notes),
		cmocka_unit_test(section_fallback),
	};

	return cmocka_run_group_tests_name("xen_notes", tests, NULL, NULL);
}
