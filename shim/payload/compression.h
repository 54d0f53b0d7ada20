/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compression.c: how a file is compressed, by its first bytes.
 */
#ifndef LULL_SHIM_PAYLOAD_COMPRESSION_H
#define LULL_SHIM_PAYLOAD_COMPRESSION_H

#include <core/span.h>

/* How the kernel inside a bzImage, or any other file, is compressed, as its first bytes say. */
enum compression {
	COMPRESSION_NONE,
#define COMPRESSION_FORMAT(NAME, name, magic, size) COMPRESSION_##NAME,
#include <shim/payload/compression_list.h>
#undef COMPRESSION_FORMAT
	COMPRESSIONS,
};

/* What the first bytes say; COMPRESSION_NONE for anything unknown. */
enum compression compression_of(struct span bytes);

/* "gzip", "xz", ...; "none". */
const char *compression_name(enum compression compression);

#endif
