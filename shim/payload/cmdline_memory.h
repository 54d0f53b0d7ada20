/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline_memory.c: what Linux's command line says of memory that a kernel must not be put into, as Linux's own KASLR reads
 * it (arch/x86/boot/compressed/kaslr.c, handle_mem_options()).
 */
#ifndef LULL_SHIM_PAYLOAD_CMDLINE_MEMORY_H
#define LULL_SHIM_PAYLOAD_CMDLINE_MEMORY_H

#include <core/addr.h>
#include <core/span.h>

/* Linux's KASLR reads so many memmap=, and with one more chooses no physical address. */
#define LINUX_MEMMAPS 4

struct linux_memory_words {
	/* mem=, and memmap= without a place: what is at or above this is not used. */
	uint64_t limit;
	/* memmap= with a place that is not usable memory. */
	uint32_t memmap_count;
	struct range memmap[LINUX_MEMMAPS];
	bool too_many;
	/* hugepages= of the size 1 GiB. */
	uint64_t huge_pages;
};

/* Reads mem=, memmap= and hugepages= of a line, as Linux's decompressor does before it chooses a place. */
void linux_memory_words_read(struct span line, struct linux_memory_words *out);

#endif
