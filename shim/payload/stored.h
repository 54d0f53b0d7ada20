/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stored.c: reads the form in which lull pack stores a kernel: its ELF file, unpacked on the host and packed again so that it
 * starts fast.
 *
 * The file is one struct stored_header, then stored_extent[extent_count], then the setup code of the bzImage that the kernel
 * came in, then the bytes of each extent in order, then zeros up to a multiple of STORED_ALIGNMENT.  Nothing lies between
 * these.  Numbers are little-endian.  The extents ascend and do not overlap; what of the unpacked file lies in none is zero.
 */
#ifndef LULL_SHIM_PAYLOAD_STORED_H
#define LULL_SHIM_PAYLOAD_STORED_H

#include <stddef.h>

#include <core/addr.h>
#include <core/error.h>
#include <core/span.h>

#define STORED_MAGIC      "LULLKRNL"
#define STORED_MAGIC_SIZE 8
#define STORED_VERSION    2
/* The file's size is a multiple of this, so that the checksum reads whole stripes only. */
#define STORED_ALIGNMENT  32
/* Most bytes that a kernel unpacks to. */
#define STORED_LIMIT      GIB

/* What the kernel was when it was given to lull pack. */
enum stored_origin {
	STORED_BZIMAGE = 1,
	STORED_ELF = 2,
	/* A compressed ELF file. */
	STORED_COMPRESSED = 3,
};

/* How an extent's bytes are stored. */
enum stored_how {
	STORED_RAW = 1,
	/* Legacy LZ4 frames, and Zstandard frames: what shim/unpack/ reads as a file of its own. */
	STORED_LZ4 = 2,
	STORED_ZSTD = 3,
	STORED_HOWS,
};

struct stored_header {
	char magic[STORED_MAGIC_SIZE];
	uint32_t version;
	uint32_t reserved;
	/* Bytes of the whole. */
	uint64_t size;
	/* stored_checksum() of all bytes behind this field. */
	uint64_t checksum;
	uint64_t unpacked_size;
	/* Unpacked to this physical address, most of the file's bytes lie where their segments are linked; 0: no such address. */
	uint64_t load;
	/* The file that lull pack was given. */
	uint64_t original_size;
	uint8_t original_sha256[32];
	uint32_t origin;
	uint32_t extent_count;
	/* From the bzImage's first byte to its protected-mode code; 0 when there was none. */
	uint64_t setup_size;
	/* The physical memory that its segments take where they are linked; of no size where it has no relocations. */
	uint64_t memory_start;
	uint64_t memory_size;
};

struct stored_extent {
	/* In the unpacked file. */
	uint64_t offset;
	uint64_t size;
	uint64_t stored_size;
	uint32_t how;
	uint32_t reserved;
};

_Static_assert(offsetof(struct stored_header, unpacked_size) == STORED_ALIGNMENT, "the checksum covers whole stripes");
_Static_assert(sizeof(struct stored_header) == 120 && sizeof(struct stored_extent) == 32, "the layout of version 2");

struct stored {
	/* All of it, and nothing behind it. */
	struct span file;
	struct stored_header header;
	struct span setup;
	/* The table, and the bytes of all extents. */
	struct span extents;
	struct span data;
};

/* True when the file begins with the magic. */
bool stored_is(struct span file);

/*
 * Reads the header and checks every field of it and of every extent.  Errors: STORED_FIELD, UNPACK_LIMIT.  The checksum is
 * not looked at.
 */
struct error stored_parse(struct span file, struct stored *out);

/* Compares the checksum, which differs after any one flipped bit.  Errors: STORED_CHECKSUM. */
struct error stored_verify(const struct stored *stored);

/* An extent of a file that was parsed; the index is below extent_count.  Its bytes follow those of the extent before it. */
struct stored_extent stored_extent(const struct stored *stored, uint32_t index);

/*
 * The checksum of whole stripes of STORED_ALIGNMENT bytes, four little-endian words each.  Word i of each goes to lane i, which
 * is 1 + i at first: lane = rotate_left((lane ^ word) * 0x100000001b3, 29).  The sum is their number of bytes, to which the four
 * lanes go as words in their order.
 */
uint64_t stored_checksum(struct span stripes);

#endif
