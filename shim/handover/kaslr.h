/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kaslr.c: where a Linux kernel can be put, as Linux's own decompressor counts it (arch/x86/boot/compressed/kaslr.c).  Pure:
 * who calls it has the random numbers.
 */
#ifndef LULL_SHIM_HANDOVER_KASLR_H
#define LULL_SHIM_HANDOVER_KASLR_H

#include <core/boot_info.h>

/* Linux keeps at most so many areas of slots (MAX_SLOT_AREA), the lowest, and uses none above them. */
#define KASLR_AREAS 100

/* The memory from LINUX_KERNEL_MAP on that a kernel with KASLR has for its image (KERNEL_IMAGE_SIZE of page_64_types.h). */
#define KASLR_IMAGE_SIZE GIB

struct kaslr_request {
	const struct memory_map *memory;
	/* The kernel's command line: mem=, memmap= and hugepages= keep it out of memory. */
	struct span cmdline;
	/* Where the kernel is linked, in physical memory: it goes nowhere below. */
	uint64_t linked;
	/* All that it takes, and what its place must be a multiple of, a power of two. */
	uint64_t size, alignment;
	/* Where the parts of its initrd lie. */
	uint32_t initrd_count;
	struct range initrd[BOOT_MAX_MODULES];
	/* Nothing of it may be at or above this. */
	uint64_t limit;
};

struct kaslr_slots {
	uint64_t total;
	uint32_t area_count;
	struct kaslr_area {
		uint64_t start;
		uint64_t slots;
	} area[KASLR_AREAS];
};

/*
 * The places in physical memory; their total is 0 where there is none, or where the command line has more memmap= than
 * Linux's KASLR can take.
 */
void kaslr_physical_slots(const struct kaslr_request *request, struct kaslr_slots *out);

/* The address of slot `number`, below the total. */
uint64_t kaslr_slot(const struct kaslr_slots *slots, uint64_t alignment, uint64_t number);

/* Whether an address is that of a slot. */
bool kaslr_is_slot(const struct kaslr_slots *slots, uint64_t alignment, uint64_t address);

/* How many places there are for the kernel's virtual addresses, a multiple of its alignment apart from where it is linked. */
uint64_t kaslr_virtual_slots(const struct kaslr_request *request);

/* True when the kernel's line forbids it: the word nokaslr, wherever it stands. */
bool kaslr_is_forbidden(struct span cmdline);

#endif
