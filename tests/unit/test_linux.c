/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/linux.h>

static struct error parse_with(uint64_t offset, uint64_t value, unsigned bytes, struct linux_kernel *out)
{
	struct file file = build_bzimage();
	struct error error;

	file_put(file, offset, value, bytes);
	error = linux_parse(file_span(file), out);
	file_free(&file);
	return error;
}

static void fields_are_read(void **state)
{
	struct file file = build_bzimage();
	struct linux_kernel kernel;

	(void)state;
	assert_true(linux_is(file_span(file)));
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_fine(linux_check_entry64(&kernel));
	assert_int_equal(kernel.protocol, 0x20f);
	assert_int_equal(kernel.setup_header.size, 0x202 + 0x6a - 0x1f1);
	assert_ptr_equal(kernel.setup_header.at, file.at + 0x1f1);
	assert_int_equal(kernel.code_offset, BZIMAGE_CODE);
	assert_int_equal(kernel.code_size, BZIMAGE_CODE_SIZE);
	assert_true(kernel.relocatable);
	assert_int_equal(kernel.pref_address, 0x1000000);
	assert_int_equal(kernel.kernel_alignment, 0x200000);
	assert_int_equal(kernel.init_size, 0x400000);
	assert_int_equal(kernel.initrd_addr_max, 0x7fffffff);
	assert_int_equal(kernel.cmdline_size, 2047);
	assert_int_equal(kernel.compression, COMPRESSION_XZ);
	assert_int_equal(kernel.compressed.size, 64);
	assert_span(kernel.version, "6.1.0-test (somebody@somewhere) #1 SMP");
	file_free(&file);
}

static void old_protocols_have_defaults(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	assert_fine(parse_with(0x206, 0x202, 2, &kernel));
	assert_false(kernel.relocatable);
	assert_int_equal(kernel.initrd_addr_max, 0x37ffffff);
	assert_int_equal(kernel.cmdline_size, 255);
	assert_int_equal(kernel.kernel_alignment, 1);
	assert_int_equal(kernel.init_size, BZIMAGE_CODE_SIZE);
	assert_int_equal(kernel.compressed.size, 0);
	assert_error(linux_check_entry64(&kernel), ERROR_LINUX_PROTOCOL);
	assert_int_equal(kernel.pref_address, 0x100000);
	/* Each from its own version on: the initrd's limit, the 64-bit entry. */
	assert_fine(parse_with(0x206, 0x203, 2, &kernel));
	assert_int_equal(kernel.initrd_addr_max, 0x7fffffff);
	assert_fine(parse_with(0x206, 0x20b, 2, &kernel));
	assert_error(linux_check_entry64(&kernel), ERROR_LINUX_PROTOCOL);
	assert_fine(parse_with(0x206, 0x20c, 2, &kernel));
	assert_fine(linux_check_entry64(&kernel));
	assert_fine(parse_with(0x238, 0x10005, 4, &kernel));
	assert_int_equal(kernel.cmdline_size, 0x10005);
	assert_fine(parse_with(0x206, 0x20b, 2, &kernel));
}

/* Where nobody enters it in real mode, a builder may leave anything where the jump over the header is. */
static void any_jump(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	assert_fine(parse_with(0x201, 0, 1, &kernel));
	assert_int_equal(kernel.setup_header.size, 0x264 - 0x1f1);
	assert_fine(parse_with(0x201, 0x62, 1, &kernel));
	assert_int_equal(kernel.setup_header.size, 0x264 - 0x1f1);
	assert_fine(parse_with(0x201, 0x8e, 1, &kernel));
	assert_int_equal(kernel.setup_header.size, 0x290 - 0x1f1);
	assert_fine(parse_with(0x201, 0xff, 1, &kernel));
	assert_int_equal(kernel.setup_header.size, 0x290 - 0x1f1);
}

/* Fields that builders leave 0, and those that no loader looks at. */
static void fields_of_other_builders(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	assert_fine(parse_with(0x22c, 0, 4, &kernel));
	assert_int_equal(kernel.initrd_addr_max, 0x37ffffff);
	assert_fine(parse_with(0x238, 0, 4, &kernel));
	assert_int_equal(kernel.cmdline_size, 255);
	assert_fine(parse_with(0x258, 0, 8, &kernel));
	assert_int_equal(kernel.pref_address, 0x100000);
	assert_fine(parse_with(0x260, 0, 4, &kernel));
	assert_int_equal(kernel.init_size, BZIMAGE_CODE_SIZE);
	assert_fine(parse_with(0x230, 0, 4, &kernel));
	assert_int_equal(kernel.kernel_alignment, 0x1000);
	assert_fine(parse_with(0x235, 0xff, 1, &kernel));
	/* kernel_alignment 3, relocatable_kernel 0. */
	assert_fine(parse_with(0x230, 3, 5, &kernel));
	assert_int_equal(kernel.kernel_alignment, 1);
}

/* syssize counts paragraphs, and the last one need not be whole. */
static void code_sizes(void **state)
{
	struct file file = build_bzimage();
	struct linux_kernel kernel;

	(void)state;
	for (unsigned missing = 0; missing <= 16; missing++) {
		struct file prefix = file_prefix(file, BZIMAGE_CODE + BZIMAGE_CODE_SIZE - missing);

		if (missing < 16) {
			assert_fine(linux_parse(file_span(prefix), &kernel));
			assert_int_equal(kernel.code_size, BZIMAGE_CODE_SIZE - missing);
			assert_int_equal(kernel.init_size, 0x400000);
		} else {
			assert_error(linux_parse(file_span(prefix), &kernel), ERROR_LINUX_TRUNCATED);
		}
		file_free(&prefix);
	}
	file_append(&file, "signature", 9);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.code_size, BZIMAGE_CODE_SIZE);
	/* None given: all there is.  So too where its 16 bits say nothing. */
	file_put(file, 0x1f4, 0, 4);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.code_size, BZIMAGE_CODE_SIZE + 9);
	file_put(file, 0x1f4, 0xffff, 2);
	file_put(file, 0x206, 0x203, 2);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.code_size, BZIMAGE_CODE_SIZE + 9);
	file_free(&file);
}

/* What is not to be unpacked need not be there. */
static void compressed_kernels(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	assert_fine(parse_with(0x24c, 64, 4, &kernel));
	assert_fine(linux_check_compressed(&kernel));
	assert_fine(parse_with(0x24c, 0, 4, &kernel));
	assert_error(linux_check_compressed(&kernel), ERROR_LINUX_NO_PAYLOAD);
	assert_int_equal(kernel.compressed.size, 0);
	assert_fine(parse_with(0x248, 1000, 4, &kernel));
	assert_error(linux_check_compressed(&kernel), ERROR_LINUX_FIELD);
	assert_fine(parse_with(0x24c, 0xffffffff, 4, &kernel));
	assert_error(linux_check_compressed(&kernel), ERROR_LINUX_FIELD);
	assert_int_equal(kernel.compressed.size, 0);
}

static void short_header_of_an_old_kernel(void **state)
{
	struct file file = build_bzimage();
	struct linux_kernel kernel;

	(void)state;
	file_put(file, 0x206, 0x20a, 2);
	file_put(file, 0x201, 0x40, 1);
	assert_fine(linux_parse(file_span(file), &kernel));
	file_free(&file);
}

static void kernels_of_32_bits(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	assert_fine(parse_with(0x236, 0, 2, &kernel));
	assert_error(linux_check_entry64(&kernel), ERROR_LINUX_ENTRY);
	/* It may be loaded above 4 GiB, which does not help it. */
	assert_fine(parse_with(0x236, 2, 2, &kernel));
	assert_error(linux_check_entry64(&kernel), ERROR_LINUX_ENTRY);
}

static void setup_sectors(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	/* 0 means 4 (boot.rst, setup_sects), and then the code reaches past this file's end. */
	assert_error(parse_with(0x1f1, 0, 1, &kernel), ERROR_LINUX_TRUNCATED);
	assert_int_equal(kernel.code_offset, 5 * 512);
}

static void wrong_fields(void **state)
{
	struct linux_kernel kernel;

	(void)state;
	assert_error(parse_with(0x1fe, 0, 2, &kernel), ERROR_LINUX_FIELD);
	assert_error(parse_with(0x1fe, 0x0055, 2, &kernel), ERROR_LINUX_FIELD);
	/* Other flags than the one that a bzImage has. */
	assert_error(parse_with(0x211, 0x80, 1, &kernel), ERROR_LINUX_FIELD);
	/* Nothing behind the entry. */
	assert_int_equal(parse_with(0x1f4, 32, 4, &kernel).found, 512);
	assert_error(parse_with(0x202, 'X', 1, &kernel), ERROR_LINUX_FIELD);
	assert_error(parse_with(0x206, 0x300, 2, &kernel), ERROR_LINUX_FIELD);
	assert_error(parse_with(0x211, 0, 1, &kernel), ERROR_LINUX_FIELD);
	assert_error(parse_with(0x1f4, 32, 4, &kernel), ERROR_LINUX_FIELD);
	assert_error(parse_with(0x230, 0x300000, 4, &kernel), ERROR_LINUX_FIELD);
}

static void truncated_files(void **state)
{
	struct file file = build_bzimage();
	const uint64_t ends[] = { 0, 0x1f1, 0x21f, 0x220, 0x26b, 0x26c, BZIMAGE_CODE - 1, BZIMAGE_CODE,
				  BZIMAGE_CODE + BZIMAGE_CODE_SIZE - 16 };
	struct linux_kernel kernel;

	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct file prefix = file_prefix(file, ends[i]);

		assert_error(linux_parse(file_span(prefix), &kernel), ERROR_LINUX_TRUNCATED);
		file_free(&prefix);
	}
	/* What follows the code, a signature, is nobody's business. */
	file_append(&file, "signature", 9);
	assert_fine(linux_parse(file_span(file), &kernel));
	/* And no part of what is unpacked. */
	file_put(file, 0x24c, BZIMAGE_CODE_SIZE - 0x280, 4);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.compressed.size, BZIMAGE_CODE_SIZE - 0x280);
	file_put(file, 0x24c, BZIMAGE_CODE_SIZE - 0x280 + 1, 4);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.compressed.size, 0);
	file_free(&file);
}

static void versions(void **state)
{
	struct file file = build_bzimage();
	struct linux_kernel kernel;

	(void)state;
	/* No terminator before the setup code ends: as much as there is, at most 256 bytes. */
	memset(file.at + BZIMAGE_VERSION, 'x', BZIMAGE_CODE - BZIMAGE_VERSION + 2);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.version.size, BZIMAGE_CODE - BZIMAGE_VERSION);
	file_put(file, 0x20e, 0x90, 2);
	memset(file.at + 0x290, 'x', BZIMAGE_CODE - 0x290);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.version.size, 256);
	file_put(file, 0x20e, BZIMAGE_CODE - 0x200 - 10, 2);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.version.size, 10);
	file_put(file, 0x20e, 0, 2);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.version.size, 0);
	file_put(file, 0x20e, BZIMAGE_CODE - 0x200, 2);
	assert_fine(linux_parse(file_span(file), &kernel));
	assert_int_equal(kernel.version.size, 0);
	file_free(&file);
}

static void compressions(void **state)
{
	static const struct {
		const char *bytes;
		unsigned size;
		enum compression compression;
		const char *name;
	} cases[] = {
		{ "\x1f\x8b\x08", 3, COMPRESSION_GZIP, "gzip" },
		{ "BZh91", 5, COMPRESSION_BZIP2, "bzip2" },
		{ "\x5d\x00\x00\x80", 4, COMPRESSION_LZMA, "lzma" },
		{ "\xfd" "7zXZ\0", 6, COMPRESSION_XZ, "xz" },
		{ "\x89LZO\0\r\n\x1a\n", 9, COMPRESSION_LZO, "lzo" },
		{ "\x02\x21\x4c\x18", 4, COMPRESSION_LZ4, "lz4" },
		{ "\x28\xb5\x2f\xfd", 4, COMPRESSION_ZSTD, "zstd" },
		{ "none of them", 12, COMPRESSION_NONE, "none" },
		{ "", 0, COMPRESSION_NONE, "none" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(compression_of(span(cases[i].bytes, cases[i].size)), cases[i].compression);
		assert_string_equal(compression_name(cases[i].compression), cases[i].name);
	}
}

static void raw_header(void **state)
{
	struct file file = build_bzimage();
	struct linux_header header;

	(void)state;
	file_put(file, 0x214, 0x12345678, 4);
	file_put(file, 0x236, 0x2b, 2);
	file_put(file, 0x248, 0x11111111, 4);
	file_put(file, 0x24c, 0x22222222, 4);
	file_put(file, 0x258, 0x3333333344444444, 8);
	file_put(file, 0x260, 0x55555555, 4);
	header = linux_header_read(file_span(file));
	assert_int_equal(header.setup_sectors, 1);
	assert_int_equal(header.boot_flag, 0xaa55);
	assert_int_equal(header.jump, 0x6a);
	assert_true(header.has_magic);
	assert_int_equal(header.protocol, 0x20f);
	assert_int_equal(header.loadflags, 1);
	assert_int_equal(header.code32_start, 0x12345678);
	assert_int_equal(header.kernel_alignment, 0x200000);
	assert_int_equal(header.relocatable, 1);
	assert_int_equal(header.xloadflags, 0x2b);
	assert_int_equal(header.payload_offset, 0x11111111);
	assert_int_equal(header.payload_length, 0x22222222);
	assert_true(header.pref_address == 0x3333333344444444);
	assert_int_equal(header.init_size, 0x55555555);
	assert_false(linux_header_read(span("", 0)).has_magic);
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS("linux", fields_are_read, old_protocols_have_defaults, any_jump,
			 fields_of_other_builders, code_sizes, compressed_kernels, short_header_of_an_old_kernel,
			 kernels_of_32_bits, setup_sectors, wrong_fields, truncated_files, versions, compressions,
			 raw_header);
}
