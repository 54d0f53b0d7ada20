/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/multiboot.h>

#define SIZE 0x9000

static struct error parse(struct file *file, unsigned version, struct multiboot_kernel *out)
{
	struct error error = multiboot_parse(file_span(*file), version, out);

	file_free(file);
	return error;
}

static struct error parse_words(unsigned version, const uint32_t *words, unsigned count, struct multiboot_kernel *out)
{
	struct file file = build_multiboot(version, SIZE, 0x100, words, count);

	return parse(&file, 0, out);
}

#define FIRST(out, ...) \
	parse_words(1, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, out)
#define SECOND(out, ...) \
	parse_words(2, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, out)

/* A tag's type and flags in one word. */
#define TAG(type) (type)
#define OPTIONAL(type) ((type) | 1u << 16)
#define END TAG(0), 8

static bool found(unsigned version, uint64_t size, uint64_t offset, uint64_t *at)
{
	uint32_t words[] = { version == 1 ? 3 : TAG(0), 8 };
	struct file file = build_multiboot(version, size, offset, words, version == 1 ? 1 : 2);
	bool there = version == 1 ? multiboot1_find(file_span(file), MULTIBOOT1_END, at) :
				    multiboot2_find(file_span(file), MULTIBOOT2_END, at);

	assert_int_equal(multiboot_is(file_span(file)), there);
	file_free(&file);
	return there;
}

static void where_headers_are(void **state)
{
	uint64_t at;

	(void)state;
	assert_true(found(1, SIZE, 0, &at));
	assert_true(found(1, SIZE, 0x104, &at) && at == 0x104);
	assert_false(found(1, SIZE, 0x102, &at));
	/* All of the fields that count lie in the first 8192 bytes, and those of multiboot2 in 32768. */
	assert_true(found(1, SIZE, 8192 - 12, &at) && at == 8192 - 12);
	assert_false(found(1, SIZE, 8192 - 8, &at));
	assert_true(found(1, 0x110 + 12, 0x110, &at));
	assert_true(found(2, SIZE, 0, &at));
	assert_true(found(2, SIZE, 0x108, &at) && at == 0x108);
	assert_false(found(2, SIZE, 0x104, &at));
	assert_true(found(2, SIZE, 32768 - 16, &at) && at == 32768 - 16);
	assert_false(found(2, SIZE, 32768 - 8, &at));
}

static void what_is_no_header(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		uint32_t words[] = { version == 1 ? 3 : TAG(0), 8 };
		struct file file = build_multiboot(version, 0x200, 0x100, words, version == 1 ? 1 : 2);
		struct file cut = file_prefix(file, 0x100 + (version == 1 ? 12 : 16) - 1);
		struct multiboot_kernel kernel;

		(void)state;
		assert_false(multiboot_is(file_span(cut)));
		assert_error(multiboot_parse(file_span(file), 3 - version, &kernel), ERROR_MULTIBOOT_NONE);
		assert_fine(multiboot_parse(file_span(file), version, &kernel));
		/* It does not add up, by 1 and by 2. */
		for (uint32_t word = 4; word <= 5; word++) {
			file_put(file, version == 1 ? 0x104 : 0x10c, word, 4);
			assert_false(multiboot_is(file_span(file)));
			assert_error(multiboot_parse(file_span(file), 0, &kernel), ERROR_MULTIBOOT_NONE);
		}
		file_free(&file);
		file_free(&cut);
	}
}

/* MIPS has an architecture of its own. */
static void another_architecture(void **state)
{
	uint32_t words[] = { END };
	struct file file = build_multiboot(2, 0x200, 0x100, words, 2);

	(void)state;
	file_put(file, 0x104, 4, 4);
	file_put(file, 0x10c, -(uint64_t)(0xe85250d6 + 4 + 24), 4);
	assert_false(multiboot_is(file_span(file)));
	file_free(&file);
}

static void both_headers(void **state)
{
	uint32_t flags[] = { 3 }, tags[] = { END };
	struct file file = build_multiboot(1, 0x400, 0x100, flags, 1), second = build_multiboot(2, 0x400, 0x200, tags, 2);
	struct multiboot_kernel kernel;

	(void)state;
	memcpy(file.at + 0x200, second.at + 0x200, 0x100);
	assert_fine(multiboot_parse(file_span(file), 0, &kernel));
	assert_int_equal(kernel.version, 2);
	assert_fine(multiboot_parse(file_span(file), 1, &kernel));
	assert_int_equal(kernel.version, 1);
	file_free(&file);
	file_free(&second);
}

static void flags_of_multiboot1(void **state)
{
	struct multiboot_kernel kernel;

	(void)state;
	assert_fine(FIRST(&kernel, 0));
	assert_int_equal(kernel.version, 1);
	assert_false(kernel.is_flat || kernel.has_entry || kernel.relocatable);
	assert_int_equal(kernel.alignment, 1);
	assert_fine(FIRST(&kernel, 0xfffe0007));
	for (unsigned bit = 3; bit < 16; bit++)
		assert_error(FIRST(&kernel, 1u << bit), ERROR_MULTIBOOT_FLAG);
	assert_int_equal(FIRST(&kernel, 0x8007).found, 0x8000);
}

/* The header is at 0x100 of a file of 0x9000 bytes. */
static struct error flat(uint32_t header, uint32_t load, uint32_t load_end, uint32_t bss_end, struct multiboot_kernel *kernel)
{
	struct error error = FIRST(kernel, 0x10003, header, load, load_end, bss_end, 0x100100);
	struct multiboot_kernel again;
	struct error other = SECOND(&again, TAG(2), 24, header, load, load_end, bss_end, TAG(3), 12, 0x100100, 0, END);

	assert_int_equal(error.code, other.code);
	if (!failed(error))
		assert_memory_equal(&kernel->segment, &again.segment, sizeof(again.segment));
	return error;
}

static void flat_files(void **state)
{
	struct multiboot_kernel kernel;

	(void)state;
	assert_fine(flat(0x100100, 0x100000, 0x101000, 0x102000, &kernel));
	assert_true(kernel.is_flat && kernel.has_entry);
	assert_int_equal(kernel.entry, 0x100100);
	assert_int_equal(kernel.segment.offset, 0);
	assert_int_equal(kernel.segment.file_size, 0x1000);
	assert_int_equal(kernel.segment.memory.start, 0x100000);
	assert_int_equal(kernel.segment.memory.end, 0x102000);
	assert_fine(flat(0x100100, 0x100080, 0, 0, &kernel));
	assert_int_equal(kernel.segment.offset, 0x80);
	assert_int_equal(kernel.segment.file_size, SIZE - 0x80);
	assert_int_equal(kernel.segment.memory.end, 0x100080 + SIZE - 0x80);
	/* No bytes in the file, and a place of its own at the end of the 32-bit addresses. */
	assert_fine(flat(0x100100, 0x100100, 0x100100, 0x100200, &kernel));
	assert_fine(flat(0xffff0100, 0xffff0000, 0xffff9000, 0, &kernel));
	assert_fine(flat(0xffff7100, 0xffff7000, 0, 0, &kernel));
}

static void addresses_that_are_wrong(void **state)
{
	struct multiboot_kernel kernel;

	(void)state;
	assert_string_equal(flat(0x100100, 0x100101, 0, 0, &kernel).subject, "load_addr");
	assert_string_equal(flat(0x100101, 0x100000, 0, 0, &kernel).subject, "header_addr");
	assert_string_equal(flat(0x100100, 0x100000, 0x0fffff, 0, &kernel).subject, "load_end_addr");
	assert_string_equal(flat(0x100100, 0x100000, 0x109001, 0, &kernel).subject, "load_end_addr");
	assert_string_equal(flat(0x100100, 0x100000, 0x102000, 0x101fff, &kernel).subject, "bss_end_addr");
	assert_string_equal(flat(0x100100, 0x100100, 0x100100, 0, &kernel).subject, "bss_end_addr");
	assert_string_equal(flat(0xffff7101, 0xffff7001, 0, 0, &kernel).subject, "bss_end_addr");
	assert_error(flat(0xffff7101, 0xffff7001, 0, 0, &kernel), ERROR_MULTIBOOT_ADDRESS);
}

static void a_header_cut_before_its_addresses(void **state)
{
	uint32_t words[] = { 0x10003, 0x100100, 0x100000, 0, 0, 0x100100 };
	struct file file = build_multiboot(1, 0x120, 0x100, words, 6), cut = file_prefix(file, 0x11f);
	struct multiboot_kernel kernel;

	(void)state;
	assert_fine(parse(&file, 0, &kernel));
	assert_error(parse(&cut, 0, &kernel), ERROR_MULTIBOOT_ADDRESS);
}

static void loaded_from_the_beginning(void **state)
{
	struct multiboot_kernel kernel;

	(void)state;
	assert_fine(SECOND(&kernel, TAG(2), 24, 0x200100, 0xffffffff, 0, 0, TAG(3), 12, 0x200000, 0, END));
	assert_int_equal(kernel.segment.offset, 0);
	assert_int_equal(kernel.segment.memory.start, 0x200000);
	assert_int_equal(kernel.segment.file_size, SIZE);
	/* An entry is needed, and one for firmware is none. */
	assert_error(SECOND(&kernel, TAG(2), 24, 0x200100, 0x200000, 0, 0, END), ERROR_MULTIBOOT_ADDRESS);
	assert_error(SECOND(&kernel, TAG(2), 24, 0x200100, 0x200000, 0, 0, TAG(9), 12, 0x200000, 0, END),
		     ERROR_MULTIBOOT_EFI_ONLY);
	assert_error(SECOND(&kernel, TAG(2), 24, 0x200100, 0x200000, 0, 0, TAG(8), 12, 0x200000, 0, END),
		     ERROR_MULTIBOOT_EFI_ONLY);
	assert_fine(SECOND(&kernel, TAG(9), 12, 1, 0, END));
}

static void tags_that_are_served(void **state)
{
	struct multiboot_kernel kernel;

	(void)state;
	assert_fine(SECOND(&kernel, TAG(1), 16, 6, 21, TAG(4), 12, 3, 0, OPTIONAL(5), 20, 0, 0, 0, 0, TAG(6), 8, TAG(7), 8, END));
	assert_int_equal(kernel.version, 2);
	assert_false(kernel.has_entry || kernel.relocatable || kernel.is_flat);
	assert_fine(SECOND(&kernel, TAG(3), 12, 0x123456, 0, END));
	assert_true(kernel.has_entry && !kernel.is_flat);
	assert_int_equal(kernel.entry, 0x123456);
	assert_fine(SECOND(&kernel, OPTIONAL(1), 12, 99, 0, OPTIONAL(11), 8, OPTIONAL(0xffff), 8, END));
	/* Of an optional one that is done all the same, the values count. */
	assert_fine(SECOND(&kernel, OPTIONAL(10), 24, 0x100000, 0x7fffffff, 0x200000, 2, END));
	assert_true(kernel.relocatable);
	assert_int_equal(kernel.preference, MULTIBOOT_HIGHEST);
	assert_int_equal(kernel.lowest, 0x100000);
	assert_int_equal(kernel.end, 0x7fffffff);
	assert_int_equal(kernel.alignment, 0x200000);
	assert_fine(SECOND(&kernel, TAG(10), 24, 0, 1, 0, 0, END));
	assert_int_equal(kernel.alignment, 1);
	/* The length may end the tags; what is behind the end counts no more. */
	assert_fine(SECOND(&kernel, TAG(6), 8));
	assert_fine(SECOND(&kernel, END, TAG(99), 8));
}

static void tags_that_are_refused(void **state)
{
	struct multiboot_kernel kernel;

	(void)state;
	assert_error(SECOND(&kernel, TAG(11), 8, END), ERROR_MULTIBOOT_UNKNOWN);
	assert_int_equal(SECOND(&kernel, TAG(0xffff), 8, END).found, 0xffff);
	assert_error(SECOND(&kernel, TAG(1), 16, 1, 22, END), ERROR_MULTIBOOT_REQUEST);
	assert_int_equal(SECOND(&kernel, TAG(1), 16, 1, 22, END).found, 22);
	assert_error(SECOND(&kernel, TAG(5), 20, 0, 0, 0, 0, END), ERROR_MULTIBOOT_FRAMEBUFFER);
	assert_string_equal(SECOND(&kernel, TAG(10), 24, 0, 0x100000, 3, 0, END).subject, "align");
	assert_string_equal(SECOND(&kernel, TAG(10), 24, 0x100000, 0x100000, 1, 0, END).subject, "max_addr");
	assert_string_equal(SECOND(&kernel, TAG(10), 24, 0, 0x100000, 1, 3, END).subject, "preference");
}

static void tags_that_do_not_fit(void **state)
{
	static const uint32_t least[] = { 0, 8, 24, 12, 12, 20, 8, 8, 12, 12, 24 };
	struct multiboot_kernel kernel;
	struct file file;

	(void)state;
	assert_error(SECOND(&kernel, TAG(6), 7, END), ERROR_MULTIBOOT_HEADER_TAG);
	assert_error(SECOND(&kernel, TAG(6), 0, END), ERROR_MULTIBOOT_HEADER_TAG);
	assert_error(SECOND(&kernel, TAG(6), 17, END), ERROR_MULTIBOOT_HEADER_TAG);
	assert_error(SECOND(&kernel, TAG(6), 0xffffffff, END), ERROR_MULTIBOOT_HEADER_TAG);
	for (uint32_t type = 1; type < sizeof(least) / sizeof(least[0]); type++)
		if (least[type] > 8)
			assert_error(SECOND(&kernel, type, least[type] - 1, 0, 1, 0, 0, 0, 0, END), ERROR_MULTIBOOT_HEADER_TAG);
	/* The header's length reaches past the file. */
	file = build_multiboot(2, 0x128, 0x100, (const uint32_t[]){ TAG(6), 8, END, 0, 0 }, 6);
	file.size -= 9;
	assert_error(multiboot_parse(file_span(file), 0, &kernel), ERROR_MULTIBOOT_HEADER_TAG);
	file.size += 9;
	file_free(&file);
}

static struct error enter(uint64_t address, bool own, uint64_t *entry)
{
	const struct elf_image elf = {
		.entry = va(own ? 0 : address), .segment_count = 2, .memory = { 0x100000, 0x104000 },
		.segment = { { .memory = { 0x100000, 0x101000 }, .address = va(0xc0100000) },
			     { .memory = { 0x103000, 0x104000 }, .address = va(0xc0103000) } },
	};
	struct multiboot_kernel kernel = { .has_entry = own, .entry = own ? address : 0 };
	struct error error = multiboot_entry(&elf, &kernel);

	*entry = kernel.entry;
	return error;
}

static void entries(void **state)
{
	uint64_t entry;

	(void)state;
	assert_fine(enter(0xc0100000, false, &entry));
	assert_int_equal(entry, 0x100000);
	assert_fine(enter(0xc0103fff, false, &entry));
	assert_int_equal(entry, 0x103fff);
	/* A physical address, as small kernels have it. */
	assert_fine(enter(0x100010, false, &entry));
	assert_int_equal(entry, 0x100010);
	assert_fine(enter(0x103000, true, &entry));
	assert_error(enter(0xc0101000, false, &entry), ERROR_MULTIBOOT_ENTRY);
	assert_error(enter(0x102000, true, &entry), ERROR_MULTIBOOT_ENTRY);
	assert_error(enter(0x100000000 + 0x100000, true, &entry), ERROR_MULTIBOOT_ENTRY);
	/* The header's own is physical. */
	assert_error(enter(0xc0100000, true, &entry), ERROR_MULTIBOOT_ENTRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_headers_are),
		cmocka_unit_test(what_is_no_header),
		cmocka_unit_test(another_architecture),
		cmocka_unit_test(both_headers),
		cmocka_unit_test(flags_of_multiboot1),
		cmocka_unit_test(flat_files),
		cmocka_unit_test(addresses_that_are_wrong),
		cmocka_unit_test(a_header_cut_before_its_addresses),
		cmocka_unit_test(loaded_from_the_beginning),
		cmocka_unit_test(tags_that_are_served),
		cmocka_unit_test(tags_that_are_refused),
		cmocka_unit_test(tags_that_do_not_fit),
		cmocka_unit_test(entries),
	};

	return cmocka_run_group_tests_name("multiboot", tests, NULL, NULL);
}
