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
	build_note(&notes, "lull", XEN_NOTE_ENTRY, "1234567", 7, 4);
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
	assert_int_equal(found.note[XEN_NOTE_ENTRY].number, 1);
	assert_int_equal(found.note[XEN_NOTE_L1_MFN_VALID].number, 0);
	assert_int_equal(found.note[XEN_NOTE_L1_MFN_VALID].bytes.size, 16);
	assert_string_equal(xen_note_name(XEN_NOTE_PHYS32_ENTRY), "PHYS32_ENTRY");
	assert_true(xen_note_is_text(XEN_NOTE_LOADER));
	assert_false(xen_note_is_text(XEN_NOTE_INIT_P2M));
	file_free(&notes);
}

/* Numbers of every size, as libelf reads them; a size that makes none is wrong only where lull needs the number. */
static void sizes(void **state)
{
	(void)state;
	for (unsigned size = 0; size <= 16; size++) {
		bool is_number = size == 1 || size == 2 || size == 4 || size == 8;
		struct file notes = file_new(0), others = file_new(0);
		struct xen_notes found;
		struct error error;

		build_note(&notes, "Xen", XEN_NOTE_MOD_START_PFN, "\1\0\0\0\0\0\0\0........", size, 4);
		error = find_in(notes, 4, &found);
		assert_int_equal(error.code, is_number ? ERROR_NONE : ERROR_ELF_NOTE_SIZE);
		assert_int_equal(found.note[XEN_NOTE_MOD_START_PFN].number, is_number);
		build_note(&others, "Xen", XEN_NOTE_SUPPORTED_FEATURES, "\1\x88\0\0\2\0\0\0........", size, 4);
		build_note(&others, "Xen", XEN_NOTE_SUSPEND_CANCEL, "\1...............", size, 4);
		build_note(&others, "Xen", XEN_NOTE_HV_START_LOW, "\1...............", size, 4);
		assert_fine(find_in(others, 4, &found));
		assert_int_equal(found.count, 3);
		assert_int_equal(found.note[XEN_NOTE_SUPPORTED_FEATURES].number, size && size % 4 == 0 ? 0x8801 : 0);
		file_free(&notes);
		file_free(&others);
	}
}

static void addresses(void **state)
{
	struct file notes = file_new(0);
	struct xen_notes found;
	uint64_t address;

	(void)state;
	build_note_number(&notes, XEN_NOTE_INIT_P2M, 0, 8);
	build_note_number(&notes, XEN_NOTE_ENTRY, UINT64_MAX, 8);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, UINT32_MAX, 4);
	assert_fine(find_in(notes, 4, &found));
	assert_true(xen_note_address(&found, XEN_NOTE_INIT_P2M, &address));
	assert_int_equal(address, 0);
	assert_false(xen_note_address(&found, XEN_NOTE_ENTRY, &address));
	assert_false(xen_note_address(&found, XEN_NOTE_VIRT_BASE, &address));
	assert_true(xen_note_address(&found, XEN_NOTE_PHYS32_ENTRY, &address));
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

/* A note that only the walk in steps of 4 sees, in the padding of one that is not Xen's, is forgotten when that walk fails. */
static void seen_by_first_walk(void **state)
{
	enum { NAME = 0x006e6558 };
	uint32_t words[] = {
		4, 12, 5, 0x00554e47, 1, 2, 3,
		/* Read from the padding on: VIRT_BASE, and then a name without an end. From the word behind it on: of no one. */
		4, 4, XEN_NOTE_VIRT_BASE, NAME, 0x1234, 0xffffffff, 0,
		4, 4, XEN_NOTE_PHYS32_ENTRY, NAME, 0x100000,
	};
	struct elf_image image = { .note_count = 1, .note = { { span(words, sizeof(words)), 8 } } };
	struct xen_notes found;

	(void)state;
	assert_fine(xen_notes_find(&image, &found));
	assert_false(found.note[XEN_NOTE_VIRT_BASE].present);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.note[XEN_NOTE_PHYS32_ENTRY].number, 0x100000);
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
	file_put(file, offset + 4, 3, 4);
	assert_error(xen_notes_find(&image, &found), ERROR_ELF_NOTE_SIZE);
	file_put(file, table + 64 + 24, file.size, 8);
	assert_error(xen_notes_find(&image, &found), ERROR_ELF_TRUNCATED);
	file_free(&file);
	file_free(&notes);
}

static struct xen_notes from_string(const char *text)
{
	struct xen_notes found = { 0 };

	xen_guest_string_read(span(text, strlen(text) + 1), &found);
	return found;
}

/* What Linux 2.6.16 said of itself, and every other word that libelf knows. */
static void guest_string(void **state)
{
	struct xen_notes found = from_string("GUEST_OS=linux,GUEST_VER=2.6,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
					     "ELF_PADDR_OFFSET=0xFFFFffff80000000,VIRT_ENTRY=0Xffffffff80100000,"
					     "HYPERCALL_PAGE=0x102,FEATURES=writable_page_tables|dom0,"
					     "PAE=yes[extended-cr3],BSD_SYMTAB,LOADER=generic,SOMETHING=else,ENTRY=1");

	(void)state;
	assert_true(found.from_string);
	assert_int_equal(found.count, 11);
	assert_span(xen_note_text(&found, XEN_NOTE_GUEST_OS), "linux");
	assert_span(xen_note_text(&found, XEN_NOTE_GUEST_VERSION), "2.6");
	assert_span(xen_note_text(&found, XEN_NOTE_XEN_VERSION), "xen-3.0");
	assert_span(xen_note_text(&found, XEN_NOTE_FEATURES), "writable_page_tables|dom0");
	assert_span(xen_note_text(&found, XEN_NOTE_PAE_MODE), "yes[extended-cr3]");
	assert_span(xen_note_text(&found, XEN_NOTE_BSD_SYMTAB), "yes");
	assert_span(xen_note_text(&found, XEN_NOTE_LOADER), "generic");
	assert_true(found.note[XEN_NOTE_VIRT_BASE].number == 0xffffffff80000000);
	assert_true(found.note[XEN_NOTE_PADDR_OFFSET].number == 0xffffffff80000000);
	assert_true(found.note[XEN_NOTE_ENTRY].number == 0xffffffff80100000);
	assert_true(found.note[XEN_NOTE_HYPERCALL_PAGE].number == 0xffffffff80102000);
}

static void guest_numbers(void **state)
{
	static const struct { const char *text; uint64_t number; } cases[] = {
		{ "VIRT_BASE=017", 15 }, { "VIRT_BASE=18", 18 }, { "VIRT_BASE=0", 0 }, { "VIRT_BASE=0x1g", 1 },
		{ "VIRT_BASE=09", 0 }, { "VIRT_BASE=0xAf:", 0xaf }, { "VIRT_BASE=", 0 }, { "VIRT_BASE", 0 },
		{ "VIRT_BASE=1a", 1 }, { ",,VIRT_BASE=5,", 5 }, { "VIRT_BASE=0x1/2", 1 }, { "VIRT_BASE=0x1@", 1 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xen_notes found = from_string(cases[i].text);

		assert_true(found.note[XEN_NOTE_VIRT_BASE].present);
		assert_int_equal(found.note[XEN_NOTE_VIRT_BASE].number, cases[i].number);
	}
	assert_false(from_string("").from_string);
	assert_false(from_string("=,=5").from_string);
	assert_false(from_string("VIRT_BAS=5,VIRT_BASEE=6,VIRT_BASF=7").from_string);
}

/* Only where there is no note at all. */
static void string_section(void **state)
{
	struct file file = build_pvh(64, 0x100000);
	uint64_t offset = file_append(&file, "VIRT_BASE=7", 12), table;
	struct elf_image image;
	struct xen_notes found;

	(void)state;
	table = elf_add_sections(&file, 64, (struct elf_named[]){ { "__xen_guest", 1, 0, offset, 12 } }, 1);
	assert_fine(elf_parse(file_span(file), &image));
	assert_fine(xen_notes_find(&image, &found));
	assert_false(found.from_string);
	image.note_count = 0;
	assert_fine(xen_notes_find(&image, &found));
	assert_true(found.from_string && found.note[XEN_NOTE_VIRT_BASE].number == 7);
	/* A section without bytes, one that is not all there, and one of another name. */
	file_put(file, table + 4, 8, 4);
	assert_fine(xen_notes_find(&image, &found));
	assert_int_equal(found.count, 0);
	file_put(file, table + 4, 1, 4);
	file_put(file, table + 32, file.size, 8);
	assert_error(xen_notes_find(&image, &found), ERROR_ELF_TRUNCATED);
	file_put(file, table, 2, 4);
	assert_fine(xen_notes_find(&image, &found));
	assert_int_equal(found.count, 0);
	/* The names, and the table. */
	file_put(file, table + 64 + 24, file.size, 8);
	assert_error(xen_notes_find(&image, &found), ERROR_ELF_TRUNCATED);
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS("xen_notes", all_kinds, sizes, addresses, guest_string, guest_numbers, string_section,
			 alignments, seen_by_first_walk, broken_notes, section_fallback);
}
