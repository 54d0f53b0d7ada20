/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multiboot.c: reads the header by which a kernel says how a multiboot loader is to start it (Multiboot Specification 0.6.96,
 * section 3.1: multiboot1; Multiboot2 Specification 2.0, section 3.1).
 */
#ifndef LULL_SHIM_PAYLOAD_MULTIBOOT_H
#define LULL_SHIM_PAYLOAD_MULTIBOOT_H

#include <shim/payload/elf.h>

/*
 * All of a header lies in the first AREA bytes of the file, at a multiple of STEP.  END is one more than the last offset at which
 * the shortest header can begin.
 */
#define MULTIBOOT1_AREA 8192
#define MULTIBOOT1_END  (MULTIBOOT1_AREA - 12 + 1)
#define MULTIBOOT1_STEP 4
#define MULTIBOOT2_AREA 32768
#define MULTIBOOT2_END  (MULTIBOOT2_AREA - 16 + 1)
#define MULTIBOOT2_STEP 8

/* The four addresses, which both kinds have. */
struct multiboot_addresses {
	uint64_t header, load, load_end, bss_end;
};

/* Flags of a multiboot1 header: it asks for a video mode; it has addresses. */
#define MULTIBOOT1_VIDEO     (1u << 2)
#define MULTIBOOT1_ADDRESSES (1u << 16)

/* A multiboot1 header as it is. */
struct multiboot1_header {
	uint32_t flags;
	/* Of one with MULTIBOOT1_ADDRESSES. */
	struct multiboot_addresses addresses;
	uint32_t entry;
	/* Of one with MULTIBOOT1_VIDEO. */
	uint32_t video_mode;
};

/* Types of a multiboot2 header's tags, and the flag of one that a loader may pass over. */
enum multiboot2_tag_type {
	MULTIBOOT2_TAG_END = 0,
	MULTIBOOT2_TAG_REQUEST = 1,
	MULTIBOOT2_TAG_ADDRESSES = 2,
	MULTIBOOT2_TAG_ENTRY = 3,
	MULTIBOOT2_TAG_CONSOLE = 4,
	MULTIBOOT2_TAG_FRAMEBUFFER = 5,
	MULTIBOOT2_TAG_ALIGN_MODULES = 6,
	MULTIBOOT2_TAG_EFI_SERVICES = 7,
	MULTIBOOT2_TAG_EFI32_ENTRY = 8,
	MULTIBOOT2_TAG_EFI64_ENTRY = 9,
	MULTIBOOT2_TAG_RELOCATABLE = 10,
	MULTIBOOT2_TAG_TYPES,
};
#define MULTIBOOT2_OPTIONAL 1u

/* The header of a multiboot2 header, and of each of its tags, in front of its fields. */
#define MULTIBOOT2_HEADER_SIZE     16
#define MULTIBOOT2_TAG_HEADER_SIZE 8

/* A tag of a multiboot2 header as it is; `offset` is where it begins. */
struct multiboot2_tag {
	uint64_t offset;
	uint16_t type, flags;
	uint32_t size;
};

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
	/* Multiboot2, tag 10: it may lie elsewhere than where it is linked: from `lowest` to `end`, at a multiple of `alignment`. */
	bool relocatable;
	enum multiboot_preference preference;
	uint64_t lowest, end, alignment;
};

/* Finds a header that begins in front of `end`: false when there is none.  `offset` is where it begins. */
bool multiboot1_find(struct span file, uint64_t end, uint64_t *offset);
bool multiboot2_find(struct span file, uint64_t end, uint64_t *offset);

/* Fields that lie outside the file are 0. */
struct multiboot1_header multiboot1_header_read(struct span file, uint64_t offset);

/*
 * Reads the header of the tag at *at, and sets *at behind the tag.  A size of 0 leaves *at where it is: whoever loops must stop.
 * False when the tag's header is not in the bytes.
 */
bool multiboot2_tag_next(struct span bytes, uint64_t *at, struct multiboot2_tag *out);

/* Reads the fields of a tag of addresses. */
struct multiboot_addresses multiboot2_addresses_read(struct span bytes, uint64_t tag);

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

/* Each version's part of multiboot_parse(), in multiboot1.c and multiboot2.c: the header at an offset that find() gave. */
struct error multiboot1_parse(struct span file, uint64_t offset, struct multiboot_kernel *out);
struct error multiboot2_parse(struct span file, uint64_t offset, struct multiboot_kernel *out);

/* Makes the one segment of a file whose header, at `offset`, has addresses.  Errors: MULTIBOOT_ADDRESS. */
struct error multiboot_flat(struct span file, uint64_t offset, const struct multiboot_addresses *addresses,
			    struct multiboot_kernel *out);

#endif
