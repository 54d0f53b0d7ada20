/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <core/addr.h>
#include <core/embedded.h>
#include <shim/payload/linux.h>
#include <tools/embed_bzimage.h>
#include <tools/message.h>

/* Offsets in the setup header (Linux, Documentation/arch/x86/boot.rst). */
#define SYSSIZE        0x1f4
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c
#define INIT_SIZE      0x260
/* syssize counts so many bytes. */
#define PARAGRAPH 16

/* Finds where in the file the image begins, or is to begin: behind its own header, at the end of the shim. */
static bool find_start(struct span file, uint64_t *start)
{
	struct linux_kernel kernel;

	if (failed(linux_parse(file, &kernel)) || kernel.payload_offset < sizeof(struct embedded_header))
		return false;
	*start = kernel.code_offset + kernel.payload_offset;
	return span_is(file, *start - sizeof(struct embedded_header), EMBEDDED_MAGIC, EMBEDDED_MAGIC_SIZE);
}

bool embed_bzimage_find(struct span file, struct span *image)
{
	uint64_t start;

	*image = span(file.at, 0);
	return find_start(file, &start) && span_cut(file, start, span_u64(file, start - sizeof(uint64_t)), image);
}

static void put(uint8_t *at, uint64_t value, unsigned bytes) { memcpy(at, &value, bytes); }

/* Copies the shim's first `start` bytes, and counts in its setup header the image that begins there; NULL after a message. */
static uint8_t *make_shim(struct span shim, uint64_t start, uint64_t code_offset, uint64_t size)
{
	uint8_t *copy = malloc(start);
	uint64_t pages;

	if (!copy || !round_up(size, PAGE_SIZE, &pages)) {
		message("not enough memory for the image");
		free(copy);
		return NULL;
	}
	memcpy(copy, shim.at, start);
	put(copy + SYSSIZE, (start - code_offset + size + PARAGRAPH - 1) / PARAGRAPH, 4);
	put(copy + PAYLOAD_LENGTH, size, 4);
	put(copy + INIT_SIZE, span_u32(shim, INIT_SIZE) + pages, 4);
	put(copy + start - sizeof(uint64_t), size, sizeof(uint64_t));
	return copy;
}

bool embed_bzimage_write(struct output *out, const char *name, struct span shim, struct span image)
{
	static const uint8_t zeros[PARAGRAPH];
	struct linux_kernel kernel;
	struct span old;
	uint64_t start;
	uint8_t *copy;
	bool done;

	if (!embed_bzimage_find(shim, &old) || failed(linux_parse(shim, &kernel)) || !find_start(shim, &start)) {
		message("%s is no lull.bzimage: its header does not name a place for an image", name);
		return false;
	}
	if (old.size != 0) {
		message("%s has an image in it already: give the lull.bzimage that make built", name);
		return false;
	}
	/* All of it and the memory behind it must lie below 4 GiB for the 32-bit entry. */
	if (image.size > 3 * GIB) {
		message("%s: the image would end above 4 GiB, out of every loader's reach", out->name);
		return false;
	}
	copy = make_shim(shim, start, kernel.code_offset, image.size);
	done = copy && output_write(out, span(copy, start)) && output_write(out, image) &&
	       output_write(out, span(zeros, (PARAGRAPH - image.size % PARAGRAPH) % PARAGRAPH));
	free(copy);
	return done;
}
