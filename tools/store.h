/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.c: makes the stored form of a kernel (shim/payload/stored.h).
 */
#ifndef LULL_TOOLS_STORE_H
#define LULL_TOOLS_STORE_H

#include <shim/payload/stored.h>
#include <tools/unpacked.h>

/* A kernel file that is taken apart: what it unpacks to, and what is kept beside that. */
struct store_subject {
	struct span original;
	enum stored_origin origin;
	/* Empty where the file itself is the ELF file. */
	struct unpacked unpacked;
	struct span elf;
	struct span setup;
};

/*
 * Finds the ELF file in a bzImage or in compressed data, or takes an ELF file as it is.  Returns NULL, or in words why
 * there is none that can be stored.  To be ended with unpacked_release() of `unpacked` in any case.
 */
const char *store_open(struct span original, struct store_subject *out);

/* Stores it.  False when there is no memory for that.  The file's memory is to be freed. */
bool store_make(const struct store_subject *subject, enum stored_how how, struct span *out);

/* "raw", "lz4", "zstd"; and back, false for another word. */
const char *store_how_name(enum stored_how how);
bool store_how_of(const char *name, enum stored_how *out);

#endif
