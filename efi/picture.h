/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * picture.c: reads the picture of a section .splash, a BMP as Windows has had it since version 3 (Microsoft, "Bitmap Storage").
 * Pure: lull pack reads it too.
 */
#ifndef LULL_EFI_PICTURE_H
#define LULL_EFI_PICTURE_H

#include <core/error.h>
#include <core/span.h>

struct picture {
	uint32_t width, height;
	/* Of a pixel, in bits: 1, 4, 8, 24 or 32. */
	uint32_t depth;
	/* The first row of `rows` is the topmost. */
	bool top_down;
	/* The last byte of a pixel of 32 bits says how much of it is seen. */
	bool has_alpha;
	uint64_t row_size;
	struct span rows;
	/* Four bytes a colour; empty where pixels are colours themselves. */
	struct span palette;
};

/*
 * Takes headers of 40 bytes and more, rows from the bottom or from the top, and no compression; of BI_BITFIELDS the masks that are the
 * usual order of colours.  What the file has behind its rows does not count.
 * Errors: EFI_PICTURE.
 */
struct error picture_read(struct span file, struct picture *out);

/* One pixel, counted from the left and from the top: 0xRRGGBB, on black.  A colour that the palette lacks is black. */
uint32_t picture_pixel(const struct picture *picture, uint32_t x, uint32_t y);

#endif
