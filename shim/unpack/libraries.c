/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distribution's archives link whole object files, so with unpacking come functions that allocate, read and write
 * files, compress, and know formats of long ago.  They need names from a C library, which are here.  Unpacking takes its
 * memory from its caller's heap (shim/unpack/unpack.h), all but libdeflate's decompressor, so it calls none of those here
 * that never return: a call is a bug, and CHECK() ends the machine.
 */
#include <core/check.h>
#include <shim/unpack/libraries.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEVER(name) \
	_Noreturn void name(void); \
	_Noreturn void name(void) { check_failed(#name "() is never called", __FILE__, __LINE__); }

/* The C library's. */
NEVER(calloc)
NEVER(exit)
NEVER(fclose)
NEVER(fdopen)
NEVER(ferror)
NEVER(fflush)
NEVER(fgetc)
NEVER(fopen64)
NEVER(fputc)
NEVER(fread)
NEVER(fwrite)
NEVER(ungetc)
NEVER(__ctype_b_loc)
NEVER(__fprintf_chk)

/* libdeflate takes one decompressor of 11560 bytes, and gives it back before anybody takes the next. */
static uint8_t decompressor[12 << 10] __attribute__((aligned(16)));
static bool decompressor_is_taken;

void *malloc(size_t size);
void free(void *block);

void *malloc(size_t size)
{
	CHECK(size <= sizeof(decompressor) && !decompressor_is_taken);
	decompressor_is_taken = true;
	return decompressor;
}

void free(void *block)
{
	CHECK(block == decompressor && decompressor_is_taken);
	decompressor_is_taken = false;
}

/* Streams that nobody opens. */
extern void *const stderr, *const stdin, *const stdout;
void *const stderr = NULL, *const stdin = NULL, *const stdout = NULL;

/* libbz2's other half. */
NEVER(BZ2_compressBlock)

/* Formats of zstd from before 1.0, of which unpack_zstd() unpacks no frame: all of their functions are one. */
NEVER(zstd_before_1_0)
#define SAME_AS_NEVER(name) _Noreturn void name(void) __attribute__((alias("zstd_before_1_0")));
#define NEVER_ZSTD(version) \
	SAME_AS_NEVER(ZSTD##version##_createDCtx) \
	SAME_AS_NEVER(ZSTD##version##_decompress_usingDict) \
	SAME_AS_NEVER(ZSTD##version##_findFrameSizeInfoLegacy) \
	SAME_AS_NEVER(ZSTD##version##_freeDCtx) \
	SAME_AS_NEVER(ZSTD##version##_getFrameParams) \
	SAME_AS_NEVER(ZBUFF##version##_createDCtx) \
	SAME_AS_NEVER(ZBUFF##version##_decompressContinue) \
	SAME_AS_NEVER(ZBUFF##version##_decompressInitDictionary) \
	SAME_AS_NEVER(ZBUFF##version##_freeDCtx)
NEVER_ZSTD(v05)
NEVER_ZSTD(v06)
NEVER_ZSTD(v07)

/* Made by the link script. */
extern void (*const constructors_start[])(void), (*const constructors_end[])(void);

void libraries_start(void)
{
	for (void (*const *constructor)(void) = constructors_start; constructor != constructors_end; constructor++)
		(*constructor)();
}
