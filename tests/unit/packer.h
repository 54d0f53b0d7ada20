/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packer.c: compresses as the kernel's build does, for tests of what unpacks.
 */
#ifndef LULL_TESTS_PACKER_H
#define LULL_TESTS_PACKER_H

#include <shim/payload/linux.h>
#include <shim/payload/stored.h>
#include <tests/unit/builder.h>

/* How an lzop file is written; all zero is as lzop 0.9 did. */
struct lzop_form {
	uint32_t flags;
	uint16_t version;
	uint64_t block;
};

/* The compressed bytes alone. */
struct file pack_bytes(enum compression compression, struct span plain);
/* Of 200 bits that are flipped all over such a file, how many at least must be noticed: 1 of a format without checksums. */
unsigned pack_noticed(enum compression compression);
struct file pack_lzop(struct span plain, struct lzop_form form);
/* XZ or LZMA with this dictionary, which need not be as large as the data is. */
struct file pack_lzma(enum compression compression, struct span plain, uint32_t dictionary);

/* As it is in a bzImage: with the unpacked size behind it, unless it is gzip. */
struct file pack_kernel(enum compression compression, struct span plain);

/* A part of a file that is to be stored. */
struct stored_part {
	uint64_t offset;
	uint64_t size;
	enum stored_how how;
};

/* Stores parts of a file, and the setup code of a bzImage where it has bytes, as lull pack does. */
struct file pack_stored(struct span plain, struct span setup, const struct stored_part *parts, unsigned count);
/* Makes the checksum right again. */
void stored_seal(struct file stored);

/* Bytes that pack, but not to nothing: words of a small vocabulary, and noise between them. */
struct file plain_bytes(uint64_t size);

#endif
