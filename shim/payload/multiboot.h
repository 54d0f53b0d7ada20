/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multiboot.c: reads the header by which a kernel says how a multiboot loader is to start it (Multiboot Specification 0.6.96,
 * section 3.1: multiboot1; Multiboot2 Specification 2.0, section 3.1).
 */
#ifndef LULL_SHIM_PAYLOAD_MULTIBOOT_H
#define LULL_SHIM_PAYLOAD_MULTIBOOT_H

#include <shim/payload/elf.h>

/* Where the header is looked for, and at multiples of what. */
#define MULTIBOOT1_AREA 8192
#define MULTIBOOT1_STEP 4
#define MULTIBOOT2_AREA 32768
#define MULTIBOOT2_STEP 8

enum multiboot_preference { MULTIBOOT_ANYWHERE, MULTIBOOT_LOWEST, MULTIBOOT_HIGHEST };

struct multiboot_kernel {
	/* Whose header it is: 1 or 2. */
	unsigned version;
	/* The header has addresses, by which the file is loaded whatever else it is ("a.out kludge"): one segment. */
	bool is_flat;
	struct elf_segment segment;
	/* Where the header says that the kernel is entered; multiboot_entry() makes `entry` of that, or of an ELF file's. */
	bool has_entry;
	uint64_t entry;
	/* Multiboot2, tag 10: it may lie elsewhere than where it is linked, between these addresses and at a multiple of that. */
	bool relocatable;
	enum multiboot_preference preference;
	uint64_t lowest, end, alignment;
};

/* Finds a header: false when there is none.  `offset` is where it begins. */
bool multiboot1_find(struct span file, uint64_t *offset);
bool multiboot2_find(struct span file, uint64_t *offset);

/* True when the file has a header of either kind. */
bool multiboot_is(struct span file);

/*
 * Reads a header of version 1 or 2; of version 2 where a file has both and `version` is 0.  What the header requires and lull does
 * not do is an error; a video mode that multiboot1 asks for (flag 2) is a wish.
 * Errors: MULTIBOOT_NONE (there is no such header), MULTIBOOT_FLAG, MULTIBOOT_HEADER_TAG (a tag that does not fit),
 * MULTIBOOT_UNKNOWN, MULTIBOOT_REQUEST, MULTIBOOT_FRAMEBUFFER, MULTIBOOT_EFI_ONLY, MULTIBOOT_ADDRESS.
 */
struct error multiboot_parse(struct span file, unsigned version, struct multiboot_kernel *out);

/*
 * Fills in `entry`: the header's own, else the ELF file's, which is a virtual address of a segment or a physical one.
 * Errors: MULTIBOOT_ENTRY (it is in no segment).
 */
struct error multiboot_entry(const struct elf_image *elf, struct multiboot_kernel *kernel);

/* For multiboot1.c and multiboot2.c alone. */
struct error multiboot1_parse(struct span file, uint64_t offset, struct multiboot_kernel *out);
struct error multiboot2_parse(struct span file, uint64_t offset, struct multiboot_kernel *out);

/* The four addresses, which both kinds have. */
struct multiboot_addresses {
	uint64_t header, load, load_end, bss_end;
};

/* Makes the one segment of a file whose header, at `offset`, has addresses.  Errors: MULTIBOOT_ADDRESS. */
struct error multiboot_flat(struct span file, uint64_t offset, const struct multiboot_addresses *addresses,
			    struct multiboot_kernel *out);

#endif
