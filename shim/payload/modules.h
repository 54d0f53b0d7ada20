/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.c: what goes to the kernel beside itself, out of its container and from the loader; and the section .modules, in which
 * lull pack puts several modules into one UKI.
 *
 * The section begins with a header, and one entry for each module; all numbers are little-endian.  What an entry names lies in
 * the section.
 */
#ifndef LULL_SHIM_PAYLOAD_MODULES_H
#define LULL_SHIM_PAYLOAD_MODULES_H

#include <shim/payload/payload.h>

#define MODULES_MAGIC      "LULLMOD1"
#define MODULES_MAGIC_SIZE 8

struct modules_header {
	/* Without a terminator. */
	char magic[MODULES_MAGIC_SIZE];
	uint64_t count;
};

/* Offsets count from the beginning of the section.  A line has no terminator; of one with a NUL, what is before it counts. */
struct modules_entry {
	uint64_t offset, size;
	uint64_t line_offset, line_size;
};

_Static_assert(sizeof(struct modules_header) == 16 && sizeof(struct modules_entry) == 32, "the section has no padding");

/* How many modules a section holds.  Errors: MODULES_SECTION (it has no header, or no room for its entries). */
struct error modules_count(struct span section, uint64_t *count);

/* One of them, and its line.  Errors: MODULES_SECTION (it lies outside the section). */
struct error modules_entry_read(struct span section, uint64_t index, struct span *bytes, struct span *line);

/* Adds one module with its line; `name` is what messages call it, and must stay.  Errors: INITRD_EMPTY, MODULE_COUNT. */
struct error modules_add(struct image image, struct span line, const char *name, struct payload *out);

/* Adds all modules of a section .modules.  Errors: MODULES_SECTION, and those of modules_add(). */
struct error modules_add_packed(struct image section, struct payload *out);

/*
 * Adds the loader's modules from number `first` on.  Where the container has modules of its own, an initrd of the loader's that
 * holds no archive is passed over.  Errors: those of modules_add().
 */
struct error modules_add_loaders(const struct payload_source *source, uint32_t first, struct payload *out);

/* Whether the kernel can take these modules.  Errors: MODULE_COUNT, INITRD_TWICE, INITRD_KERNEL. */
struct error modules_judge(const struct payload *payload);

#endif
