/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_relocs.c: the relocations behind an unpacked Linux kernel (vmlinux.relocs; arch/x86/tools/relocs.c writes them,
 * handle_relocations() of boot/compressed/misc.c reads them).
 */
#ifndef LULL_SHIM_PAYLOAD_LINUX_RELOCS_H
#define LULL_SHIM_PAYLOAD_LINUX_RELOCS_H

#include <shim/payload/elf.h>

/* __START_KERNEL_map of page_64_types.h: a kernel is linked so far above its place in physical memory. */
#define LINUX_KERNEL_MAP UINT64_C(0xffffffff80000000)

/* By how a word is changed when the kernel runs `delta` bytes higher than it is linked. */
enum linux_reloc {
	/* 32 bits, += delta. */
	LINUX_RELOC_32,
	/* 32 bits, -= delta: references to the percpu section, which was linked at 0 until 6.14. */
	LINUX_RELOC_INVERSE,
	/* 64 bits, += delta. */
	LINUX_RELOC_64,
	LINUX_RELOCS,
};

struct linux_relocs {
	/* How many lists there are: 0 for a kernel that cannot be moved, 3 until 6.14, 2 without the inverse one since. */
	uint32_t lists;
	/* Each list's words: virtual addresses of 32 bits, to be extended by their sign. */
	struct span list[LINUX_RELOCS];
};

/*
 * Finds the lists behind all that the ELF file's headers tell of, and checks each address: its word lies in what one segment
 * loads, above that of the address before, shares no byte with another, and is one that its list can change.
 * Errors: ELF_TRUNCATED, ELF_KIND (the section headers); LINUX_RELOC_LISTS; LINUX_RELOC_PLACE; LINUX_RELOC_ORDER;
 * LINUX_RELOC_VALUE.
 */
struct error linux_relocs_find(const struct elf_image *image, struct linux_relocs *out);

/*
 * Makes a 64-bit kernel one that is linked `delta` bytes higher, less than a GiB, by lists that linux_relocs_find() found
 * in it: the words, and the addresses in its section headers.  Its file must be in memory that can be written.  Notes stay
 * as they are: everybody may read them in the running kernel (/sys/kernel/notes), and would read the offset.
 */
void linux_relocs_apply(const struct elf_image *image, const struct linux_relocs *relocs, uint64_t delta);

/*
 * True when a word of 32 bits among `size` bytes at a physical address is relocated, in lists that linux_relocs_find() found.
 */
bool linux_relocs_touch(const struct linux_relocs *relocs, uint64_t place, uint64_t size);

#endif
