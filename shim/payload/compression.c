/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first bytes of the formats that the kernel's build knows (Linux, lib/decompress.c and scripts/Makefile.lib). */
#include <shim/payload/linux.h>

static const struct {
	const char *name;
	const char *magic;
	unsigned size;
} formats[] = {
	[COMPRESSION_NONE] = { "none", "", 0 },
	[COMPRESSION_GZIP] = { "gzip", "\x1f\x8b", 2 },
	[COMPRESSION_BZIP2] = { "bzip2", "BZh", 3 },
	/* Properties lc=3 lp=0 pb=2, then a dictionary size whose low two bytes are 0. */
	[COMPRESSION_LZMA] = { "lzma", "\x5d\x00\x00", 3 },
	[COMPRESSION_XZ] = { "xz", "\xfd" "7zXZ\0", 6 },
	[COMPRESSION_LZO] = { "lzo", "\x89" "LZO\0\r\n\x1a\n", 9 },
	/* The legacy frame, which is what lz4 -l writes. */
	[COMPRESSION_LZ4] = { "lz4", "\x02\x21\x4c\x18", 4 },
	[COMPRESSION_ZSTD] = { "zstd", "\x28\xb5\x2f\xfd", 4 },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

enum compression compression_of(struct span bytes)
{
	for (unsigned i = FORMATS - 1; i > COMPRESSION_NONE; i--)
		if (span_is(bytes, 0, formats[i].magic, formats[i].size))
			return (enum compression)i;
	return COMPRESSION_NONE;
}

const char *compression_name(enum compression compression)
{
	return formats[compression].name;
}
