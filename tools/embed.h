/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * embed.c: puts a UKI into lull.elf.
 *
 * The shim's link script ends in a PT_LOAD that holds one section, .payload: sixteen bytes, the magic "LULLEMB1" and
 * the 64-bit size of the image behind them.  In lull.elf the size is 0.
 */
#ifndef LULL_TOOLS_EMBED_H
#define LULL_TOOLS_EMBED_H

#include <stdbool.h>

#include <core/span.h>
#include <tools/file.h>

#define EMBED_SECTION     ".payload"
#define EMBED_MAGIC       "LULLEMB1"
#define EMBED_MAGIC_SIZE  8
#define EMBED_HEADER_SIZE 16

/*
 * Writes a copy of the shim with the image in it: byte for byte the shim, but for the two headers that say where the image
 * is, then the image.  Prints why when it cannot; `name` is the shim's file, for messages.
 */
bool embed_write(struct output *out, const char *name, struct span shim, struct span image);

/* Finds the image in a shim.  False when the file is no shim; an empty image when the shim has none. */
bool embed_find(struct span file, struct span *image);

#endif
