/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microsoft, "BITMAPFILEHEADER", "BITMAPINFOHEADER" and "BITMAPV4HEADER"; the latter two begin behind the first. */
#include <efi/picture.h>

enum {
	FILE_ROWS = 10,
	INFO = 14,
	INFO_WIDTH = INFO + 4,
	INFO_HEIGHT = INFO + 8,
	INFO_DEPTH = INFO + 14,
	INFO_COMPRESSION = INFO + 16,
	INFO_COLOURS = INFO + 32,
	INFO_END = INFO + 40,
	/* Red, green and blue; behind a header of 40 bytes too.  One that goes on has a fourth. */
	INFO_MASKS = INFO_END,
	INFO_ALPHA_MASK = INFO_END + 12,
	INFO_ALPHA_END = INFO_END + 16,
};

#define COMPRESSION_NONE  0
#define COMPRESSION_MASKS 3

static struct error wrong(const char *what, uint64_t found)
{
	return error_make(ERROR_EFI_PICTURE, what, 0, found);
}

/* The sides; a height below 0 means that rows go down. */
static struct error read_sides(struct span file, struct picture *out)
{
	int64_t width = (int32_t)span_u32(file, INFO_WIDTH), height = (int32_t)span_u32(file, INFO_HEIGHT);

	out->top_down = height < 0;
	out->width = (uint32_t)width;
	out->height = (uint32_t)(height < 0 ? -height : height);
	if (width <= 0)
		return wrong("a width of", out->width);
	return height != 0 ? error_none() : wrong("a height of", 0);
}

/* Blue in the lowest byte, as pixels without masks have it. */
static bool has_usual_masks(struct span file)
{
	return span_u32(file, INFO_MASKS) == 0xff0000 && span_u32(file, INFO_MASKS + 4) == 0xff00 && span_u32(file, INFO_MASKS + 8) == 0xff;
}

static struct error read_pixel_form(struct span file, uint64_t info_end, struct picture *out)
{
	uint32_t compression = span_u32(file, INFO_COMPRESSION);
	bool by_masks = compression == COMPRESSION_MASKS;

	out->depth = span_u16(file, INFO_DEPTH);
	if (out->depth != 1 && out->depth != 4 && out->depth != 8 && out->depth != 24 && out->depth != 32)
		return wrong("a depth in bits of", out->depth);
	if (compression != COMPRESSION_NONE && !by_masks)
		return wrong("a compression of the kind", compression);
	if (by_masks && (out->depth != 32 || !has_usual_masks(file)))
		return wrong("other masks of colours, red's being", span_u32(file, INFO_MASKS));
	out->has_alpha = by_masks && info_end >= INFO_ALPHA_END && span_u32(file, INFO_ALPHA_MASK) == 0xff000000;
	return error_none();
}

static struct error read_palette(struct span file, uint64_t info_end, struct picture *out)
{
	uint64_t colours = span_u32(file, INFO_COLOURS);

	out->palette = span(file.at, 0);
	if (out->depth > 8)
		return error_none();
	if (colours == 0)
		colours = UINT64_C(1) << out->depth;
	return span_cut(file, info_end, 4 * colours, &out->palette) ? error_none() : wrong("a palette that is cut short, of", colours);
}

struct error picture_read(struct span file, struct picture *out)
{
	uint64_t info_end = INFO + (uint64_t)span_u32(file, INFO);

	if (!span_is(file, 0, "BM", 2))
		return wrong("a file that begins with the bytes", span_u32(file, 0));
	if (!span_has(file, 0, INFO_END) || info_end < INFO_END)
		return wrong("a header that ends at byte", info_end < file.size ? info_end : file.size);
	TRY(read_sides(file, out));
	TRY(read_pixel_form(file, info_end, out));
	TRY(read_palette(file, info_end, out));
	/* A row is whole words.  At most (2^31 - 1) * 4 bytes, 2^31 times, are less than 2^64. */
	out->row_size = ((uint64_t)out->width * out->depth + 31) / 32 * 4;
	if (!span_cut(file, span_u32(file, FILE_ROWS), out->row_size * out->height, &out->rows))
		return wrong("rows that are cut short, by the end at byte", file.size);
	return error_none();
}

/* As much of each colour as is seen, rounded. */
static uint32_t on_black(uint32_t colour, uint32_t alpha)
{
	uint32_t seen = 0;

	for (unsigned shift = 0; shift < 24; shift += 8)
		seen |= ((colour >> shift & 0xff) * alpha + 127) / 255 << shift;
	return seen;
}

uint32_t picture_pixel(const struct picture *picture, uint32_t x, uint32_t y)
{
	uint64_t row = (picture->top_down ? y : picture->height - 1 - y) * picture->row_size, bit = (uint64_t)x * picture->depth;
	uint32_t pixel;

	if (picture->depth == 24)
		return (uint32_t)span_number(picture->rows, row + bit / 8, 3);
	if (picture->depth == 32) {
		pixel = span_u32(picture->rows, row + bit / 8);
		return picture->has_alpha ? on_black(pixel & 0xffffff, pixel >> 24) : pixel & 0xffffff;
	}
	/* The leftmost pixel of a byte is its highest bits. */
	pixel = span_u8(picture->rows, row + bit / 8) >> (8 - picture->depth - bit % 8) & ((1u << picture->depth) - 1);
	return span_u32(picture->palette, 4 * (uint64_t)pixel) & 0xffffff;
}
