/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is a file with a multiboot header somewhere, or one that nearly is: the header is completed, so that its tags and
 * addresses are read whatever the mutations did to the sum.  What is taken lies in the file, and is what the words of the header
 * say, told once more.
 */
#include <string.h>

#include <shim/payload/multiboot.h>
#include <shim/payload/payload.h>

#include "fuzz.h"

#define LARGEST 4096

static uint8_t file[LARGEST];

static uint32_t word(uint64_t at) { return span_u32(span(file, LARGEST), at); }

static void put_word(uint64_t at, uint32_t value) { memcpy(file + at, &value, 4); }

/* Makes the words at `at` a header of a version. */
static void complete(unsigned version, uint64_t at, uint64_t size)
{
	uint32_t length = word(at + 8) % (uint32_t)(size - at + 8);

	put_word(at, version == 1 ? 0x1badb002 : 0xe85250d6);
	if (version == 1) {
		put_word(at + 8, -(0x1badb002 + word(at + 4)));
		return;
	}
	put_word(at + 4, 0);
	put_word(at + 8, length);
	put_word(at + 12, -(0xe85250d6 + length));
}

static void check_kernel(struct span bytes, const struct multiboot_kernel *kernel)
{
	const struct elf_segment *segment = &kernel->segment;

	PROMISE(kernel->version == 1 || kernel->version == 2);
	PROMISE(kernel->alignment != 0 && (kernel->alignment & (kernel->alignment - 1)) == 0);
	if (kernel->relocatable)
		PROMISE(kernel->version == 2 && kernel->lowest < kernel->end && kernel->preference <= MULTIBOOT_HIGHEST);
	if (!kernel->is_flat)
		return;
	PROMISE(kernel->has_entry && span_has(bytes, segment->offset, segment->file_size));
	PROMISE(segment->memory.start < segment->memory.end && segment->memory.end <= 4 * GIB);
	PROMISE(range_size(segment->memory) >= segment->file_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct multiboot_kernel kernel;
	struct payload_source source;
	struct payload payload;
	uint64_t at;

	if (size < 64)
		return 0;
	size = size < LARGEST ? size : LARGEST;
	memcpy(file, data, size);
	at = (data[size - 1] * UINT64_C(8)) % (size - 32) & ~UINT64_C(7);
	complete(1 + data[size - 2] % 2, at, size);
	PROMISE(multiboot_is(span(file, size)));
	if (!failed(multiboot_parse(span(file, size), 0, &kernel)))
		check_kernel(span(file, size), &kernel);
	source = (struct payload_source){ .embedded = { span(file, size), 0x100000 } };
	if (failed(payload_find(&source, &payload)))
		return 0;
	if (payload.kind != PAYLOAD_MULTIBOOT1 && payload.kind != PAYLOAD_MULTIBOOT2)
		return 0;
	check_kernel(payload.kernel.bytes, &payload.multiboot);
	PROMISE(payload.multiboot.entry < 4 * GIB && elf_covers(&payload.elf, payload.multiboot.entry));
	return 0;
}
