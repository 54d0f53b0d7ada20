/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * embed.c: puts a UKI into the shim.
 *
 * The shim's link script ends in a PT_LOAD that holds one section, .payload: the header of core/embedded.h, and behind it
 * the image.  So it is in lull.elf and in lull-mb1.elf; lull.bzimage says in its setup header where it is.
 */
#ifndef LULL_TOOLS_EMBED_H
#define LULL_TOOLS_EMBED_H

#include <stdbool.h>

#include <core/embedded.h>
#include <core/span.h>
#include <tools/output.h>

#define EMBED_SECTION     ".payload"
#define EMBED_HEADER_SIZE sizeof(struct embedded_header)

/*
 * Writes a copy of the shim with the image in it: byte for byte the shim, but for the two headers that say where the image
 * is, then the image.  Prints why when it cannot; `name` is the shim's file, for messages.
 */
bool embed_write(struct output *out, const char *name, struct span shim, struct span image);

/* Finds the image in a shim.  False when the file is no shim; an empty image when the shim has none. */
bool embed_find(struct span file, struct span *image);

#endif
