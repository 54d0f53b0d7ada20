/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whatever the file is, as a BMP or as what its first bytes make of it, every corner of a picture that is read is a colour. */
#include "fuzz.h"

#include <efi/picture.h>

#include <string.h>

static void look(struct span file)
{
	struct picture picture;

	if (failed(picture_read(file, &picture)))
		return;
	PROMISE(picture.width != 0 && picture.height != 0);
	PROMISE(lies_in(file, picture.rows) && lies_in(file, picture.palette));
	PROMISE(picture.row_size * 8 >= (uint64_t)picture.width * picture.depth && picture.row_size * picture.height == picture.rows.size);
	for (unsigned corner = 0; corner < 4; corner++)
		PROMISE(picture_pixel(&picture, corner % 2 ? picture.width - 1 : 0, corner / 2 ? picture.height - 1 : 0) <= 0xffffff);
}

/* Sides of at most 31, a depth and a header that picture_read() takes, and rows that begin behind them. */
static void make_likely(uint8_t *file, const uint8_t *data)
{
	static const uint8_t depths[] = { 1, 4, 8, 24, 32 }, sizes[] = { 40, 52, 56, 108, 124 };

	memcpy(file, "BM", 2);
	memset(file + 10, 0, 24);
	file[10] = data[0];
	file[14] = sizes[data[1] % 5];
	file[18] = data[2] & 31;
	file[22] = data[3] & 31;
	file[28] = depths[data[4] % 5];
	file[30] = data[5] % 4;
	/* Maybe from the top. */
	if (data[3] & 32)
		memset(file + 23, 0xff, 3);
	memset(file + 46, 0, 4);
	file[46] = data[6] & 15;
	if (data[7] & 1)
		memcpy(file + 54, "\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\xff", 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;

	look(span(data, size));
	if (size < 70)
		return 0;
	/* Of just this size, so that a byte behind it is one too many. */
	file = malloc(size);
	PROMISE(file);
	memcpy(file, data, size);
	make_likely(file, data + size - 8);
	look(span(file, size));
	free(file);
	return 0;
}
