/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of payload_find() share: modules that are one file or two, and an ELF kernel with the notes that a test gives it. */
#ifndef LULL_TESTS_PAYLOAD_SCENE_H
#define LULL_TESTS_PAYLOAD_SCENE_H

#include "unit.h"
#include "builder.h"

#include <shim/payload/payload.h>

#define MODULE_AT 0x800000

static inline struct image image_of(struct file file, uint64_t start)
{
	return (struct image){ file_span(file), start };
}

/* One module, or more, and nothing else. */
static inline struct error find(struct payload *out, unsigned count, struct file first, struct file second)
{
	struct payload_source source = {
		.module_count = count,
		.module = { image_of(first, MODULE_AT), image_of(second, 2 * MODULE_AT) },
		.module_cmdline = { "of the module", "of the initrd" },
	};

	return payload_find(&source, out);
}

/* An ELF64 with one segment at 1 MiB and the notes given. */
static inline struct file kernel_with_notes(struct file notes)
{
	return build_elf(64, (struct elf_part[]){
		{ 1, 5, 0x100000, 0x100000, "code", 4, 0x1000, 4096 },
		{ 1, 5, 0x100000000, 0x100000000, "high", 4, 0x1000, 4096 },
		{ 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 },
	}, 3);
}

static inline struct error find_with_notes(struct file *notes, struct payload *payload)
{
	struct file kernel = kernel_with_notes(*notes);
	struct error error = find(payload, 1, kernel, (struct file){ 0 });

	file_free(&kernel);
	file_free(notes);
	return error;
}

static inline struct error find_any(struct file *notes, struct payload *payload)
{
	struct file kernel = kernel_with_notes(*notes);
	struct payload_source source = { .module_count = 1, .module = { { file_span(kernel), 0x200000 } } };
	struct error error;

	/* e_entry. */
	file_put(kernel, 24, 0x100002, 8);
	error = payload_find_any(source, payload);
	file_free(&kernel);
	return error;
}

#endif
