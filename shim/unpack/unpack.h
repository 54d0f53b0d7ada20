/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack.c: unpacks the kernel inside a bzImage, in one go and to where the caller says, by the libraries of the
 * formats' makers.  Pure functions: all memory is the caller's, but for 12 KiB that libdeflate takes by malloc() and
 * gives back before its function returns, as it has no way to be told of a caller's heap.
 */
#ifndef LULL_SHIM_UNPACK_UNPACK_H
#define LULL_SHIM_UNPACK_UNPACK_H

#include <shim/payload/linux.h>

/* No kernel comes near this size; one that says it does is broken, or meant to fill memory. */
#define UNPACK_LIMIT  (UINT64_C(1) << 30)
/* The largest window that the kernel's own build asks of anybody (Linux, scripts/Makefile.lib: zstd, xz). */
#define UNPACK_WINDOW (UINT64_C(128) << 20)

/* Memory for the libraries.  It is given back as a whole; what a library frees stays taken until then. */
struct unpack_heap {
	/* Aligned for anything: 16. */
	uint8_t *at;
	uint64_t size;
	/* Bytes taken; zero at first. */
	uint64_t used;
	/* The bytes of the first request that did not fit; zero at first. */
	uint64_t refused;
};

/*
 * The size that the compressed kernel says it unpacks to: its last four bytes.  They are the end of gzip's own trailer;
 * to every other format the kernel's build appends them (Linux, arch/x86/boot/compressed/Makefile, "size_append").
 * The relocations behind the ELF file are part of it.  Errors: UNPACK_FORMAT, UNPACK_BROKEN (not even that long),
 * UNPACK_LIMIT.
 */
struct error unpack_size(struct span packed, enum compression compression, uint64_t *size);

/*
 * Bytes of heap that unpacking takes: a constant of the format, or what the data's first headers say of its dictionary.
 * Broken headers give too little, which unpack() then says.
 */
uint64_t unpack_heap_size(struct span packed, enum compression compression);

/*
 * Unpacks a kernel to the `size` bytes at `out`, as unpack_size() gave them.  LZO, LZ4 and LZMA data may be damaged
 * and unpack all the same: only the other formats have checksums that a kernel's build leaves in.
 * Errors: UNPACK_FORMAT, UNPACK_BROKEN, UNPACK_SHORT and UNPACK_LONG (it is not `size` bytes), UNPACK_WINDOW,
 * UNPACK_HEAP.  On an error, `out` holds anything.
 */
struct error unpack(struct span packed, enum compression compression, uint8_t *out, uint64_t size,
		    struct unpack_heap *heap);

/*
 * The same for any compressed file, which has no size appended: unpacks at most `room` bytes and says how many it made.
 * Errors: those of unpack() but UNPACK_SHORT.
 */
struct error unpack_file(struct span packed, enum compression compression, uint8_t *out, uint64_t room,
			 struct unpack_heap *heap, uint64_t *made);

#endif
