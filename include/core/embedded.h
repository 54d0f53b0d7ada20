/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image inside the shim: lull pack puts it behind this header, which is the last that the link script places.
 */
#ifndef LULL_CORE_EMBEDDED_H
#define LULL_CORE_EMBEDDED_H

#define EMBEDDED_MAGIC      "LULLEMB1"
#define EMBEDDED_MAGIC_SIZE 8

#ifndef __ASSEMBLY__
#include <stdint.h>

struct embedded_header {
	char magic[EMBEDDED_MAGIC_SIZE];
	/* Bytes of the image behind the header; 0 in lull.elf as it is built. */
	uint64_t size;
};

_Static_assert(sizeof(struct embedded_header) == EMBEDDED_MAGIC_SIZE + 8, "head.S writes a magic and a quad");
#endif

#endif
