/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * embed_bzimage.c: puts a UKI into lull.bzimage, whose setup header names the place as its payload (arch/x86/linux_image.S).
 */
#ifndef LULL_TOOLS_EMBED_BZIMAGE_H
#define LULL_TOOLS_EMBED_BZIMAGE_H

#include <stdbool.h>

#include <core/span.h>
#include <tools/output.h>

/* embed_write() and embed_find() for a shim that is a bzImage. */
bool embed_bzimage_write(struct output *out, const char *name, struct span shim, struct span image);
bool embed_bzimage_find(struct span file, struct span *image);

#endif
