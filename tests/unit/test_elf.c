/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/elf.h>

#define LOAD(at, bytes, size) { 1, 5, at, 0xffffffff80000000u + (at), bytes, sizeof(bytes) - 1, size, 4096 }
#define NOTE(bytes, alignment) { 4, 4, 0, 0, bytes, sizeof(bytes) - 1, sizeof(bytes) - 1, alignment }

static const struct elf_part good[] = {
	LOAD(0x200000, "text", 0x1000), LOAD(0x100000, "data", 0x800), NOTE("note", 4), NOTE("eight", 8),
	{ 6, 4, 0, 0, NULL, 0, 0, 8 }, LOAD(0x300000, "", 0), NOTE("", 4),
};

enum { GOOD = sizeof(good) / sizeof(good[0]) };

static struct error parse_with(unsigned bits, uint64_t offset, uint64_t value, unsigned bytes)
{
	struct file file = build_elf(bits, good, GOOD);
	struct elf_image image;
	struct error error;

	file_put(file, offset, value, bytes);
	error = elf_parse(file_span(file), &image);
	file_free(&file);
	return error;
}

static void segments_are_found(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file file = build_elf(bits, good, GOOD);
		struct elf_image image;

		assert_true(elf_is(file_span(file)));
		assert_fine(elf_parse(file_span(file), &image));
		assert_int_equal(image.is_64, bits == 64);
		assert_int_equal(image.entry.v, 0x1234);
		assert_int_equal(image.segment_count, 2);
		assert_int_equal(image.segment[0].memory.start, 0x200000);
		assert_int_equal(image.segment[0].memory.end, 0x201000);
		assert_int_equal(image.segment[0].file_size, 4);
		assert_int_equal(image.segment[0].flags, 5);
		assert_true(image.segment[0].address.v == (bits == 64 ? 0xffffffff80200000 : 0x80200000));
		assert_memory_equal(file.at + image.segment[1].offset, "data", 4);
		assert_int_equal(image.memory.start, 0x100000);
		assert_int_equal(image.memory.end, 0x201000);
		assert_int_equal(image.note_count, 2);
		assert_span(image.note[0].bytes, "note");
		assert_int_equal(image.note[0].alignment, 4);
		assert_int_equal(image.note[1].alignment, 8);
		assert_true(elf_covers(&image, 0x1007ff));
		assert_false(elf_covers(&image, 0x100800));
		assert_false(elf_covers(&image, 0xfffff));
		file_free(&file);
	}
}

static void wrong_header(void **state)
{
	(void)state;
	assert_error(parse_with(64, 0, 'X', 1), ERROR_ELF_KIND);
	assert_error(parse_with(64, 4, 3, 1), ERROR_ELF_KIND);
	assert_error(parse_with(64, 5, 2, 1), ERROR_ELF_KIND);
	assert_error(parse_with(64, 16, 1, 2), ERROR_ELF_KIND);
	assert_error(parse_with(64, 18, 183, 2), ERROR_ELF_KIND);
	assert_error(parse_with(64, 16, 4, 2), ERROR_ELF_KIND);
	assert_error(parse_with(32, 18, 0, 2), ERROR_ELF_KIND);
	assert_error(parse_with(64, 54, 55, 2), ERROR_ELF_KIND);
	assert_error(parse_with(32, 42, 0, 2), ERROR_ELF_KIND);
	/* A position-independent executable is linked at some address too; and nobody looks for more. */
	assert_fine(parse_with(64, 16, 3, 2));
	assert_fine(parse_with(64, 16, 0, 2));
	assert_fine(parse_with(64, 16, 0xfe00, 2));
	assert_error(parse_with(64, 56, 0, 2), ERROR_ELF_NO_SEGMENT);
}

/* Xen takes both machines in both classes, and QEMU too: `objcopy -O elf32-x86-64` makes one of the rarer two. */
static void either_machine(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32)
		for (unsigned machine = 3; machine <= 62; machine += 59) {
			struct file file = build_elf(bits, good, GOOD);
			struct elf_image image;

			file_put(file, 18, machine, 2);
			assert_fine(elf_parse(file_span(file), &image));
			assert_int_equal(image.is_64, bits == 64);
			assert_int_equal(image.is_x86_64, machine == 62);
			file_free(&file);
		}
}

/* Program headers of 64 bytes. */
static void larger_headers(void **state)
{
	const struct elf_part one[] = { LOAD(0x100000, "text", 0x1000) };
	struct file file = build_elf(64, one, 1), table = file_new(0);
	struct elf_image image;
	uint64_t at;

	(void)state;
	file_append(&table, file.at + 64, 56);
	file_append(&table, "padding.", 8);
	file_append(&table, file.at + 64, 56);
	file_append(&table, "padding.", 8);
	file_put(table, 64 + 24, 0x200000, 8);
	at = file_append(&file, table.at, table.size);
	file_put(file, 32, at, 8);
	file_put(file, 54, 64, 2);
	file_put(file, 56, 2, 2);
	assert_fine(elf_parse(file_span(file), &image));
	assert_int_equal(image.segment_count, 2);
	assert_int_equal(image.segment[1].memory.start, 0x200000);
	file_free(&table);
	file_free(&file);
}

/* libelf loads nothing that has no permission, and takes a PT_NOTE at offset 0 for a linker's mistake. */
static void left_out(void **state)
{
	struct file file = build_elf(64, good, GOOD);
	struct elf_image image;

	(void)state;
	file_put(file, elf_field(64, 0, "flags"), 8, 4);
	file_put(file, elf_field(64, 2, "offset"), 0, 8);
	assert_fine(elf_parse(file_span(file), &image));
	assert_int_equal(image.segment_count, 1);
	assert_int_equal(image.segment[0].memory.start, 0x100000);
	assert_int_equal(image.note_count, 1);
	file_free(&file);
}

static void truncated_headers(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file file = build_elf(bits, good, GOOD);
		const uint64_t ends[] = { 0, 4, 15, 16, 51, 53, elf_field(bits, GOOD, "type") - 1 };
		struct elf_image image;

		for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			struct file prefix = file_prefix(file, ends[i]);

			assert_error(elf_parse(file_span(prefix), &image), ERROR_ELF_TRUNCATED);
			file_free(&prefix);
		}
		file_free(&file);
	}
	assert_error(parse_with(64, 32, UINT64_MAX, 8), ERROR_ELF_TRUNCATED);
}

static void bad_segments(void **state)
{
	struct elf_part many[ELF_MAX_SEGMENTS + 1];
	struct elf_image image;
	struct file file;

	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		unsigned word = bits / 8;

		assert_error(parse_with(bits, elf_field(bits, 0, "offset"), 0x10000000, word), ERROR_ELF_SEGMENT_END);
		assert_error(parse_with(bits, elf_field(bits, 0, "file_size"), 0x1001, word), ERROR_ELF_SEGMENT_SIZE);
		assert_error(parse_with(bits, elf_field(bits, 0, "file_size"), 0xfff, word), ERROR_ELF_SEGMENT_END);
		assert_error(parse_with(bits, elf_field(bits, 0, "physical"), 0x100100, word),
			     ERROR_ELF_SEGMENT_OVERLAP);
		assert_error(parse_with(bits, elf_field(bits, 0, "physical"), 0xff001, word),
			     ERROR_ELF_SEGMENT_OVERLAP);
		assert_error(parse_with(bits, elf_field(bits, 2, "offset"), 0x10000000, word), ERROR_ELF_SEGMENT_END);
	}
	assert_error(parse_with(64, elf_field(64, 0, "offset"), UINT64_MAX, 8), ERROR_ELF_SEGMENT_END);
	assert_error(parse_with(64, elf_field(64, 0, "physical"), -(uint64_t)0x800, 8), ERROR_ELF_SEGMENT_WRAP);
	assert_error(parse_with(64, elf_field(64, 2, "file_size"), UINT64_MAX, 8), ERROR_ELF_SEGMENT_END);

	for (unsigned i = 0; i <= ELF_MAX_SEGMENTS; i++)
		many[i] = (struct elf_part)LOAD(0x100000 + 0x1000 * i, "x", 0x1000);
	file = build_elf(64, many, ELF_MAX_SEGMENTS);
	assert_fine(elf_parse(file_span(file), &image));
	file_free(&file);
	file = build_elf(64, many, ELF_MAX_SEGMENTS + 1);
	assert_error(elf_parse(file_span(file), &image), ERROR_ELF_SEGMENT_COUNT);
	file_free(&file);
}

static void too_many_notes(void **state)
{
	struct elf_part many[ELF_MAX_NOTES + 1];
	struct elf_image image;
	struct file file;

	(void)state;
	for (unsigned i = 0; i <= ELF_MAX_NOTES; i++)
		many[i] = (struct elf_part)NOTE("x", 4);
	file = build_elf(64, many, ELF_MAX_NOTES + 1);
	assert_error(elf_parse(file_span(file), &image), ERROR_ELF_SEGMENT_COUNT);
	file_free(&file);
}

static void section_notes(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file file = build_elf(bits, good, GOOD);
		uint64_t offset = file_append(&file, "section", 7);
		uint64_t table = elf_add_note_section(&file, bits, offset, 7, 8), size = bits == 64 ? 64 : 40;
		struct elf_notes notes[ELF_MAX_NOTES];
		struct elf_image image;
		uint32_t count;

		assert_fine(elf_parse(file_span(file), &image));
		assert_fine(elf_section_notes(&image, notes, &count));
		assert_int_equal(count, 1);
		assert_span(notes[0].bytes, "section");
		assert_int_equal(notes[0].alignment, 8);

		file_put(file, table + size + 8 + 2 * bits / 8, file.size, bits / 8);
		assert_error(elf_section_notes(&image, notes, &count), ERROR_ELF_TRUNCATED);
		image.file.size = file.size - 1;
		assert_error(elf_section_notes(&image, notes, &count), ERROR_ELF_TRUNCATED);
		file_put(file, bits == 64 ? 58 : 46, 1, 2);
		assert_error(elf_section_notes(&image, notes, &count), ERROR_ELF_KIND);
		file_put(file, bits == 64 ? 60 : 48, 0, 2);
		assert_fine(elf_section_notes(&image, notes, &count));
		assert_int_equal(count, 0);
		file_put(file, bits == 64 ? 40 : 32, 0, bits / 8);
		assert_fine(elf_section_notes(&image, notes, &count));
		file_free(&file);
	}
}

static void too_many_section_notes(void **state)
{
	struct file file = build_elf(64, good, 1);
	uint64_t table = file.size;
	struct elf_notes notes[ELF_MAX_NOTES];
	struct elf_image image;
	uint32_t count;

	(void)state;
	for (unsigned i = 0; i <= ELF_MAX_NOTES; i++) {
		uint64_t header = file_append(&file, NULL, 64);

		file_put(file, header + 4, 7, 4);
		file_put(file, header + 32, 4, 8);
	}
	file_put(file, 40, table, 8);
	file_put(file, 60, ELF_MAX_NOTES + 1, 2);
	assert_fine(elf_parse(file_span(file), &image));
	assert_error(elf_section_notes(&image, notes, &count), ERROR_ELF_SEGMENT_COUNT);
	file_free(&file);
}

/* Every field as it is, of either class; a file that is neither is read as one of 32 bits. */
static void raw_headers(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file file = build_elf(bits, good, GOOD);
		struct elf_header header;
		struct elf_program program;

		file_put(file, 20, 0x1234567, 4);
		file_put(file, bits == 64 ? 48 : 36, 0x89abcdef, 4);
		header = elf_header_read(file_span(file));
		assert_int_equal(header.is_64, bits == 64);
		assert_int_equal(header.byte_order, ELF_DATA_LITTLE);
		assert_int_equal(header.type, ELF_TYPE_EXECUTABLE);
		assert_int_equal(header.machine, bits == 64 ? ELF_MACHINE_X86_64 : ELF_MACHINE_386);
		assert_int_equal(header.version, 0x1234567);
		assert_int_equal(header.flags, 0x89abcdef);
		assert_int_equal(header.entry, 0x1234);
		assert_int_equal(header.header_size, bits == 64 ? 64 : 52);
		assert_int_equal(header.program_size, bits == 64 ? 56 : 32);
		assert_int_equal(header.program_bytes, header.program_size);
		assert_int_equal(header.program_count, GOOD);
		program = elf_program_read(file_span(file), header.is_64, header.programs + 3 * header.program_size);
		assert_int_equal(program.type, ELF_PROGRAM_NOTE);
		assert_int_equal(program.flags, 4);
		assert_memory_equal(file.at + program.offset, "eight", 5);
		assert_int_equal(program.file_size, 5);
		assert_int_equal(program.memory_size, 5);
		assert_int_equal(program.alignment, 8);
		program = elf_program_read(file_span(file), header.is_64, header.programs);
		assert_int_equal(program.physical, 0x200000);
		assert_true(program.address == (bits == 64 ? 0xffffffff80200000 : 0x80200000));
		program = elf_program_read(file_span(file), header.is_64, file.size);
		assert_int_equal(program.type, 0);
		file_put(file, 4, 3, 1);
		assert_false(elf_header_read(file_span(file)).is_64);
		file_free(&file);
	}
}

int main(void)
{
	return RUN_TESTS("elf", segments_are_found, wrong_header, either_machine, larger_headers, left_out,
			 truncated_headers, bad_segments, too_many_notes, section_notes, too_many_section_notes,
			 raw_headers);
}
