/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/compression.h>

static const struct {
	const char *name;
	const char *magic;
	unsigned size;
} formats[COMPRESSIONS] = {
	[COMPRESSION_NONE] = { "none", "", 0 },
#define COMPRESSION_FORMAT(NAME, name, magic, size) [COMPRESSION_##NAME] = { #name, magic, size },
#include <shim/payload/compression_list.h>
#undef COMPRESSION_FORMAT
};

enum compression compression_of(struct span bytes)
{
	for (unsigned i = COMPRESSIONS - 1; i > COMPRESSION_NONE; i--)
		if (span_is(bytes, 0, formats[i].magic, formats[i].size))
			return (enum compression)i;
	return COMPRESSION_NONE;
}

const char *compression_name(enum compression compression)
{
	return formats[compression].name;
}
