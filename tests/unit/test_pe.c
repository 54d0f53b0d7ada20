/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/pe.h>

enum { AT = 0x40, OPTIONAL = AT + 24 };

/* A file whose every header byte is its offset, modulo 251, but for what says how to read it. */
static struct file headers(uint16_t magic)
{
	struct file file = file_new(0x400);

	for (unsigned i = 0; i < file.size; i++)
		file_put(file, i, i % 251, 1);
	memcpy(file.at, "MZ", 2);
	file_put(file, 0x3c, AT, 4);
	file_put(file, AT + 20, 240, 2);
	file_put(file, OPTIONAL, magic, 2);
	return file;
}

static uint64_t at(struct file file, uint64_t offset, unsigned bytes)
{
	return span_number(file_span(file), offset, bytes);
}

static void both_widths(void **state)
{
	(void)state;
	for (unsigned is_32 = 0; is_32 < 2; is_32++) {
		struct file file = headers(is_32 ? 0x10b : 0x20b);
		struct pe_header header = pe_header_read(file_span(file));
		unsigned fixed = is_32 ? 96 : 112;

		assert_int_equal(header.at, AT);
		assert_int_equal(header.signature, at(file, AT, 4));
		assert_int_equal(header.machine, at(file, AT + 4, 2));
		assert_int_equal(header.section_count, at(file, AT + 6, 2));
		assert_int_equal(header.optional_size, 240);
		assert_int_equal(header.characteristics, at(file, AT + 22, 2));
		assert_int_equal(header.magic, is_32 ? 0x10b : 0x20b);
		assert_int_equal(header.entry, at(file, OPTIONAL + 16, 4));
		assert_true(header.image_base == at(file, OPTIONAL + (is_32 ? 28 : 24), is_32 ? 4 : 8));
		assert_int_equal(header.section_alignment, at(file, OPTIONAL + 32, 4));
		assert_int_equal(header.image_size, at(file, OPTIONAL + 56, 4));
		assert_int_equal(header.headers_size, at(file, OPTIONAL + 60, 4));
		assert_int_equal(header.subsystem, at(file, OPTIONAL + 68, 2));
		assert_int_equal(header.directory_count, at(file, OPTIONAL + fixed - 4, 4));
		assert_int_equal(header.sections, OPTIONAL + 240);
		assert_int_equal(pe_directory_read(file_span(file), &header, 5).address, at(file, OPTIONAL + fixed + 40, 4));
		assert_int_equal(pe_directory_read(file_span(file), &header, 5).size, at(file, OPTIONAL + fixed + 44, 4));
		file_free(&file);
	}
}

static void sections(void **state)
{
	struct file file = headers(0x20b);
	struct pe_header header = pe_header_read(file_span(file));
	struct pe_section_header section = pe_section_read(file_span(file), &header, 3);
	uint64_t start = OPTIONAL + 240 + 3 * PE_SECTION_BYTES;

	(void)state;
	assert_ptr_equal(section.name.at, file.at + start);
	assert_int_equal(section.name.size, 8);
	assert_int_equal(section.virtual_size, at(file, start + 8, 4));
	assert_int_equal(section.address, at(file, start + 12, 4));
	assert_int_equal(section.raw_size, at(file, start + 16, 4));
	assert_int_equal(section.raw_offset, at(file, start + 20, 4));
	section = pe_section_read(file_span(file), &header, 1000);
	assert_int_equal(section.name.size, 0);
	assert_int_equal(section.address, 0);
	file_free(&file);
}

/* Without MS-DOS's header the file begins with the signature; and every cut of a file reads as zeros behind it. */
static void no_dos_header(void **state)
{
	struct file file = headers(0x20b);

	(void)state;
	memcpy(file.at, "PE\0\0\x64\x86", 6);
	assert_int_equal(pe_header_read(file_span(file)).at, 0);
	assert_int_equal(pe_header_read(file_span(file)).machine, PE_MACHINE_AMD64);
	for (uint64_t size = 0; size < file.size; size++) {
		struct file cut = file_prefix(file, size);
		struct pe_header header = pe_header_read(file_span(cut));

		pe_section_read(file_span(cut), &header, 0);
		pe_directory_read(file_span(cut), &header, 0);
		file_free(&cut);
	}
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS("pe", both_widths, sections, no_dos_header);
}
