/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes by which a kernel names its patch sites: lull/note.h makes what lull_notes.c reads, and every way to go wrong. */
#include "unit.h"
#include "builder.h"

#include <lull/receipt.h>
#include <shim/payload/lull_notes.h>

#define ADDRESS UINT64_C(0xffffffff81000000)
#define DATA    UINT64_C(0xffffffff82000000)

/* What the macro makes in C. */
extern const struct lull_note made;
__asm__(".pushsection .note.lull, \"a\", @note ; .balign 4 ; made: ; .popsection");
LULL_NOTE(LULL_NOTE_IMAGES, 0x123456789abcdef0, 0x123456789abcdef0 + 7)

static struct lull_receipt receipt = LULL_RECEIPT;

/* A kernel with 64 bytes of text and a receipt in its data, and the notes that a test gives it. */
static struct {
	struct file notes;
	struct file file;
	struct elf_image image;
	struct lull_notes found;
} t;

static int begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.notes = file_new(0);
	receipt = (struct lull_receipt)LULL_RECEIPT;
	return 0;
}

static int end(void **state)
{
	(void)state;
	file_free(&t.notes);
	file_free(&t.file);
	return 0;
}

static void note(uint32_t type, uint64_t start, uint64_t finish)
{
	const uint64_t range[2] = { start, finish };

	build_note(&t.notes, "lull", type, range, sizeof(range), 4);
}

static struct error find(void)
{
	static uint8_t text[64];

	file_free(&t.file);
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	t.file = build_elf(64, (struct elf_part[]){
		{ 1, 5, 0x100000, ADDRESS, text, sizeof(text), 0x2000, 4096 },
		{ 1, 6, 0x200000, DATA, &receipt, sizeof(receipt), 0x2000, 4096 },
		{ 4, 4, 0, 0, t.notes.at, t.notes.size, t.notes.size, 4 },
	}, 3);
	assert_fine(elf_parse(file_span(t.file), &t.image));
	return lull_notes_find(&t.image, &t.found);
}

static void refused(enum error_code code, const char *subject)
{
	struct error error = find();

	assert_error(error, code);
	if (subject)
		assert_string_equal(error.subject, subject);
	t.notes.size = 0;
}

static void the_macro(void **state)
{
	static const uint64_t range[2] = { UINT64_C(0x123456789abcdef0), UINT64_C(0x123456789abcdef7) };

	(void)state;
	build_note(&t.notes, LULL_NOTE_NAME, LULL_NOTE_IMAGES, range, sizeof(range), 4);
	assert_int_equal(t.notes.size, sizeof(made));
	assert_memory_equal(&made, t.notes.at, sizeof(made));
	assert_memory_equal(&receipt, "lullrcpt", 8);
	assert_string_equal(lull_note_name(LULL_NOTE_IMAGES), "IMAGES");
}

static void nothing(void **state)
{
	(void)state;
	build_note(&t.notes, "Lull", LULL_NOTE_SITES, "0123456789abcdef", 16, 4);
	build_note(&t.notes, "lul", 77, "", 0, 4);
	build_note(&t.notes, "lull ", 77, "", 0, 4);
	assert_fine(find());
	assert_false(t.found.present);
}

static void all_parts(void **state)
{
	(void)state;
	build_note(&t.notes, "Xen", 1, "1234", 4, 4);
	note(LULL_NOTE_TEXT, ADDRESS, ADDRESS + 64);
	note(LULL_NOTE_SITES, ADDRESS + 16, ADDRESS + 48);
	note(LULL_NOTE_IMAGES, 5, 5);
	note(LULL_NOTE_RECEIPT, DATA, DATA + LULL_RECEIPT_SIZE);
	assert_fine(find());
	assert_true(t.found.present);
	assert_int_equal(t.found.part[LULL_NOTE_TEXT].bytes.size, 64);
	assert_int_equal(t.found.part[LULL_NOTE_TEXT].bytes.at[63], 63);
	assert_true(t.found.part[LULL_NOTE_SITES].address == ADDRESS + 16);
	assert_int_equal(t.found.part[LULL_NOTE_SITES].bytes.size, 32);
	assert_int_equal(t.found.part[LULL_NOTE_SITES].bytes.at[0], 16);
	assert_int_equal(t.found.part[LULL_NOTE_IMAGES].bytes.size, 0);
	assert_false(t.found.part[LULL_NOTE_DATA].present);
	assert_memory_equal(t.found.part[LULL_NOTE_RECEIPT].bytes.at, "lullrcpt", 8);
}

/* No receipt, and a block that ends in the middle of another note. */
static void least(void **state)
{
	(void)state;
	note(LULL_NOTE_TEXT, ADDRESS, ADDRESS + 64);
	note(LULL_NOTE_SITES, ADDRESS, ADDRESS);
	build_note(&t.notes, "other", 1, "12345678", 8, 4);
	t.notes.size -= 4;
	assert_fine(find());
	assert_true(t.found.present);
	assert_false(t.found.part[LULL_NOTE_RECEIPT].present);
}

static void missing(void **state)
{
	(void)state;
	note(LULL_NOTE_TEXT, ADDRESS, ADDRESS + 64);
	refused(ERROR_SITES_NOTE_MISSING, "SITES");
	note(LULL_NOTE_SITES, ADDRESS, ADDRESS + 64);
	refused(ERROR_SITES_NOTE_MISSING, "TEXT");
}

static void bad_notes(void **state)
{
	(void)state;
	note(0, ADDRESS, ADDRESS + 64);
	refused(ERROR_SITES_NOTE_TYPE, NULL);
	note(LULL_NOTE_RECEIPT + 1, ADDRESS, ADDRESS + 64);
	refused(ERROR_SITES_NOTE_TYPE, NULL);
	note(LULL_NOTE_TEXT, ADDRESS, ADDRESS + 64);
	note(LULL_NOTE_TEXT, ADDRESS, ADDRESS + 32);
	refused(ERROR_SITES_NOTE_TWICE, "TEXT");
	build_note(&t.notes, "lull", LULL_NOTE_DATA, "0123456789abcde", 15, 4);
	refused(ERROR_SITES_NOTE_SIZE, "DATA");
	build_note(&t.notes, "lull", LULL_NOTE_DATA, "0123456789abcdef0", 17, 4);
	refused(ERROR_SITES_NOTE_SIZE, "DATA");
}

/* Every way not to lie in the bytes of one segment. */
static void out_of_reach(void **state)
{
	static const uint64_t ranges[][2] = {
		{ ADDRESS + 1, ADDRESS }, { ADDRESS, ADDRESS + 65 }, { ADDRESS - 1, ADDRESS + 1 }, { ADDRESS + 65, ADDRESS + 66 },
		{ ADDRESS + 64, ADDRESS + 65 }, { 0, UINT64_MAX }, { 0x100000, 0x100001 }, { ADDRESS, DATA + 1 },
		{ UINT64_MAX, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		note(LULL_NOTE_TEXT, ranges[i][0], ranges[i][1]);
		refused(ERROR_SITES_NOTE_REACH, "TEXT");
	}
}

static void bad_receipts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t size = i >= 3 ? LULL_RECEIPT_SIZE - 8 : LULL_RECEIPT_SIZE;

		receipt = (struct lull_receipt)LULL_RECEIPT;
		receipt.magic ^= i == 0;
		if (i == 1)
			receipt.size = LULL_RECEIPT_SIZE - 8;
		if (i == 2)
			receipt.size++;
		/* The last is too short, and says so. */
		if (i == 4)
			receipt.size = LULL_RECEIPT_SIZE - 8;
		note(LULL_NOTE_TEXT, ADDRESS, ADDRESS + 64);
		note(LULL_NOTE_SITES, ADDRESS, ADDRESS);
		note(LULL_NOTE_RECEIPT, DATA, DATA + size);
		refused(ERROR_SITES_RECEIPT, i == 0 ? "the magic" : "the size");
	}
}

/* Text that ends in the receipt, that begins in it, and that touches it on either side. */
static void receipt_in_text(void **state)
{
	static const struct { uint64_t text, end, receipt; enum error_code code; } cases[] = {
		{ 0, 16, 8, ERROR_SITES_NOTE_OVERLAP }, { 167, 200, 8, ERROR_SITES_NOTE_OVERLAP },
		{ 0, 8, 8, ERROR_NONE }, { 168, 200, 8, ERROR_NONE },
	};
	static struct { uint64_t before; struct lull_receipt receipt; uint8_t behind[40]; } data = { .receipt = LULL_RECEIPT };

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		t.notes.size = 0;
		note(LULL_NOTE_TEXT, DATA + cases[i].text, DATA + cases[i].end);
		note(LULL_NOTE_SITES, DATA, DATA);
		note(LULL_NOTE_RECEIPT, DATA + cases[i].receipt, DATA + cases[i].receipt + LULL_RECEIPT_SIZE);
		file_free(&t.file);
		t.file = build_elf(64, (struct elf_part[]){
			{ 1, 6, 0x200000, DATA, &data, sizeof(data), 0x2000, 4096 },
			{ 4, 4, 0, 0, t.notes.at, t.notes.size, t.notes.size, 4 },
		}, 2);
		assert_fine(elf_parse(file_span(t.file), &t.image));
		assert_error(lull_notes_find(&t.image, &t.found), cases[i].code);
	}
}

/* Notes in a segment, where no PT_NOTE holds them; and what only looks like one. */
static void unseen(void **state)
{
	static struct { uint8_t before[8]; struct lull_note note; uint8_t behind[8]; } data;
	const struct elf_part parts[] = {
		{ 1, 5, 0x100000, ADDRESS, (const uint8_t *)&data, sizeof(data), 0x2000, 4096 },
		{ 4, 4, 0, 0, (const uint8_t *)&data, sizeof(data), sizeof(data), 4 },
	};
	uint64_t offset;

	(void)state;
	memcpy(&data.note, &made, sizeof(made));
	t.file = build_elf(64, parts, 2);
	assert_fine(elf_parse(file_span(t.file), &t.image));
	assert_true(lull_notes_unseen(&t.image));
	/* The PT_NOTE and the segment are the same bytes of the file, as they are in a kernel. */
	offset = span_u64(file_span(t.file), elf_field(64, 0, "offset"));
	file_put(t.file, elf_field(64, 1, "offset"), offset, 8);
	assert_fine(elf_parse(file_span(t.file), &t.image));
	assert_false(lull_notes_unseen(&t.image));
	/* Others: the PT_NOTE begins behind the note, or ends in front of it. */
	file_put(t.file, elf_field(64, 1, "offset"), offset + 12, 8);
	file_put(t.file, elf_field(64, 1, "file_size"), 8, 8);
	assert_fine(elf_parse(file_span(t.file), &t.image));
	assert_true(lull_notes_unseen(&t.image));
	file_put(t.file, elf_field(64, 1, "offset"), offset, 8);
	assert_fine(elf_parse(file_span(t.file), &t.image));
	assert_true(lull_notes_unseen(&t.image));
	/* Another size of the name, of the descriptor. */
	for (unsigned i = 0; i < 2; i++) {
		file_put(t.file, offset + sizeof(data.before) + 4 * i, 77, 1);
		assert_false(lull_notes_unseen(&t.image));
		file_put(t.file, offset + sizeof(data.before) + 4 * i, i == 0 ? LULL_NOTE_NAME_SIZE : LULL_NOTE_SIZE, 1);
	}
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "payload: lull's notes", the_macro, nothing, all_parts, least, missing,
			 bad_notes, out_of_reach, bad_receipts, receipt_in_text, unseen);
}
