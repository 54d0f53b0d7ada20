/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <efi/picture.h>

#include "builder.h"

enum {
	BMP_ROWS = 10,
	BMP_INFO = 14,
	BMP_WIDTH = 18,
	BMP_HEIGHT = 22,
	BMP_DEPTH = 28,
	BMP_COMPRESSION = 30,
	BMP_COLOURS = 46,
	BMP_MASKS = 54,
	BMP_ALPHA_MASK = 66,
};

/* Headers of `info_size` bytes behind the first 14, the palette, and the rows as they are to stand in the file. */
static struct file build_bmp(uint32_t info_size, int32_t width, int32_t height, unsigned depth, struct span palette, struct span rows)
{
	struct file file = file_new(BMP_INFO + info_size);

	file_put(file, 0, 0x4d42, 2);
	file_put(file, BMP_INFO, info_size, 4);
	file_put(file, BMP_WIDTH, (uint32_t)width, 4);
	file_put(file, BMP_HEIGHT, (uint32_t)height, 4);
	file_put(file, BMP_INFO + 12, 1, 2);
	file_put(file, BMP_DEPTH, depth, 2);
	file_append(&file, palette.at, palette.size);
	file_put(file, BMP_ROWS, file.size, 4);
	file_append(&file, rows.at, rows.size);
	return file;
}

#define BYTES(text) span(text, sizeof(text) - 1)

static const struct span no_palette = { (const uint8_t *)"", 0 };
static const char four_colours[] = "\x01\x02\x03\xff\x11\x12\x13\xff\x21\x22\x23\xff\x31\x32\x33\xff";

/* The pixels of a picture that is read, row by row from the top. */
static void assert_pixels(struct file file, const uint32_t *wanted, unsigned count)
{
	struct picture picture;

	assert_fine(picture_read(file_span(file), &picture));
	assert_int_equal(picture.width * picture.height, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(picture_pixel(&picture, i % picture.width, i / picture.width), wanted[i]);
	file_free(&file);
}

#define ASSERT_PIXELS(file, ...) \
	assert_pixels(file, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* What is wrong, and the number that is found. */
static void assert_wrong(struct file file, const char *what, uint64_t found)
{
	struct picture picture;
	struct error error = picture_read(file_span(file), &picture);

	assert_error(error, ERROR_EFI_PICTURE);
	assert_string_equal(error.subject, what);
	assert_int_equal(error.found, found);
	file_free(&file);
}

/* A row is filled up to words. */
static void true_colour(void **state)
{
	const struct span rows = BYTES("\x01\x02\x03\x11\x12\x13\x21\x22\x23zzz\x31\x32\x33\x41\x42\x43\x51\x52\x53zzz");

	(void)state;
	ASSERT_PIXELS(build_bmp(40, 3, 2, 24, no_palette, rows), 0x333231, 0x434241, 0x535251, 0x030201, 0x131211, 0x232221);
	ASSERT_PIXELS(build_bmp(124, 3, -2, 24, no_palette, rows), 0x030201, 0x131211, 0x232221, 0x333231, 0x434241, 0x535251);
	ASSERT_PIXELS(build_bmp(40, 1, 2, 32, no_palette, BYTES("\x01\x02\x03\x7f\x11\x12\x13\x14")), 0x131211, 0x030201);
}

static void palettes(void **state)
{
	const struct span four = span(four_colours, 16), two = span(four_colours, 8);
	struct file file;

	(void)state;
	ASSERT_PIXELS(build_bmp(40, 9, 1, 1, two, BYTES("\xa0\x80zz")), 0x131211, 0x030201, 0x131211, 0x030201, 0x030201, 0x030201,
		      0x030201, 0x030201, 0x131211);
	file = build_bmp(108, 3, 1, 4, four, BYTES("\x31\x2fzz"));
	file_put(file, BMP_COLOURS, 4, 4);
	ASSERT_PIXELS(file, 0x333231, 0x131211, 0x232221);
	/* The last of these is no colour of the palette. */
	file = build_bmp(40, 2, -2, 8, four, BYTES("\x03\x02zz\x00\x04zz"));
	file_put(file, BMP_COLOURS, 4, 4);
	ASSERT_PIXELS(file, 0x333231, 0x232221, 0x030201, 0);
}

static struct file masked(uint32_t info_size, uint32_t alpha)
{
	static const char rows[] = "\xff\xff\xff\x80\x01\x02\x03\x00\x01\x02\x03\xff";
	struct file file = build_bmp(info_size, 3, 1, 32, no_palette, span("............", info_size == 40 ? 12 : 0));

	file_put(file, BMP_COMPRESSION, 3, 4);
	file_put(file, BMP_MASKS, 0xff0000, 4);
	file_put(file, BMP_MASKS + 4, 0xff00, 4);
	file_put(file, BMP_MASKS + 8, 0xff, 4);
	file_put(file, BMP_ROWS, file.size, 4);
	if (info_size > 52)
		file_put(file, BMP_ALPHA_MASK, alpha, 4);
	file_append(&file, rows, 12);
	return file;
}

/* The fourth byte counts where the header says so. */
static void alpha(void **state)
{
	struct file file = masked(56, 0xff000000);

	(void)state;
	ASSERT_PIXELS(file_prefix(file, file.size), 0x808080, 0, 0x030201);
	file_put(file, BMP_COMPRESSION, 0, 4);
	ASSERT_PIXELS(file, 0xffffff, 0x030201, 0x030201);
	ASSERT_PIXELS(masked(124, 0xff000000), 0x808080, 0, 0x030201);
	ASSERT_PIXELS(masked(108, 0), 0xffffff, 0x030201, 0x030201);
	ASSERT_PIXELS(masked(52, 0), 0xffffff, 0x030201, 0x030201);
	/* Behind a header of 40 bytes the rows may begin as an alpha mask would. */
	file = masked(40, 0);
	file_put(file, BMP_ALPHA_MASK, 0xff000000, 4);
	ASSERT_PIXELS(file, 0, 0x030201, 0x030201);
}

static void masks(void **state)
{
	struct file file;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		file = masked(108, 0);
		file_put(file, BMP_MASKS + 4 * i, 0x1f, 4);
		assert_wrong(file, "other masks of colours, red's being", i == 0 ? 0x1f : 0xff0000);
	}
	file = masked(108, 0);
	file_put(file, BMP_DEPTH, 24, 2);
	assert_wrong(file, "other masks of colours, red's being", 0xff0000);
}

static struct file small(void)
{
	return build_bmp(40, 1, 1, 24, no_palette, BYTES("abcd"));
}

static struct file changed(unsigned offset, uint64_t value, unsigned size)
{
	struct file file = small();

	file_put(file, offset, value, size);
	return file;
}

static void headers(void **state)
{
	struct file whole = small();

	(void)state;
	ASSERT_PIXELS(small(), 0x636261);
	assert_wrong(changed(0, 'b', 1), "a file that begins with the bytes", 0x4d62);
	assert_wrong(file_prefix(whole, 1), "a file that begins with the bytes", 0);
	assert_wrong(file_prefix(whole, 53), "a header that ends at byte", 53);
	assert_wrong(file_prefix(whole, 16), "a header that ends at byte", 14);
	assert_wrong(changed(BMP_INFO, 39, 4), "a header that ends at byte", 53);
	assert_wrong(changed(BMP_INFO, 12, 4), "a header that ends at byte", 26);
	assert_wrong(changed(BMP_COMPRESSION, 1, 4), "a compression of the kind", 1);
	assert_wrong(changed(BMP_COMPRESSION, 2, 4), "a compression of the kind", 2);
	for (unsigned depth = 0; depth < 40; depth++)
		if (depth != 1 && depth != 4 && depth != 8 && depth != 24 && depth != 32)
			assert_wrong(changed(BMP_DEPTH, depth, 2), "a depth in bits of", depth);
	file_free(&whole);
}

static void sides(void **state)
{
	(void)state;
	assert_wrong(changed(BMP_WIDTH, 0, 4), "a width of", 0);
	assert_wrong(changed(BMP_WIDTH, 0xffffffff, 4), "a width of", 0xffffffff);
	assert_wrong(changed(BMP_HEIGHT, 0, 4), "a height of", 0);
	assert_wrong(changed(BMP_HEIGHT, 0x80000000, 4), "rows that are cut short, by the end at byte", 58);
}

static void cut_short(void **state)
{
	struct file whole = small(), huge = changed(BMP_WIDTH, 0x7fffffff, 4);

	(void)state;
	assert_wrong(file_prefix(whole, 57), "rows that are cut short, by the end at byte", 57);
	assert_wrong(changed(BMP_ROWS, 55, 4), "rows that are cut short, by the end at byte", 58);
	assert_wrong(changed(BMP_ROWS, 0xffffffff, 4), "rows that are cut short, by the end at byte", 58);
	/* The largest sides that there are. */
	file_put(huge, BMP_DEPTH, 32, 2);
	file_put(huge, BMP_HEIGHT, 0x80000000, 4);
	assert_wrong(huge, "rows that are cut short, by the end at byte", 58);
	assert_wrong(build_bmp(40, 1, 1, 8, span(four_colours, 4), BYTES("abcd")), "a palette that is cut short, of", 256);
	file_free(&whole);
}

/* What is behind the rows is not looked at: a section may be longer than its file was. */
static void longer(void **state)
{
	struct file file = small();

	(void)state;
	file_append(&file, "more", 4);
	ASSERT_PIXELS(file, 0x636261);
}

int main(void)
{
	return RUN_TESTS("picture", true_colour, palettes, alpha, masks, headers, sides, cut_short, longer);
}
