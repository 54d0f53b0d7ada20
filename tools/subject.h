/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subject.c: finds out what a file is.  inspect.c prints it.
 */
#ifndef LULL_TOOLS_SUBJECT_H
#define LULL_TOOLS_SUBJECT_H

#include <shim/payload/payload.h>
#include <tools/initrd.h>
#include <tools/unpacked.h>

enum subject_kind {
	SUBJECT_UNKNOWN,
	SUBJECT_EMPTY,
	/* lull.elf as it is built, or with an image that lull pack put in. */
	SUBJECT_SHIM,
	SUBJECT_PACKED,
	SUBJECT_UKI,
	SUBJECT_BZIMAGE,
	SUBJECT_ELF,
	/* A PE file that is neither a UKI nor a kernel. */
	SUBJECT_PE,
	SUBJECT_CPIO,
	SUBJECT_COMPRESSED,
	/* A kernel as lull pack stores it. */
	SUBJECT_STORED,
};

struct subject {
	struct span file;
	enum subject_kind kind;
	/* What is wrong with it as a file of its kind. */
	struct error error;
	/* Of an ELF file, or of the kernel inside a bzImage or a stored kernel. */
	bool has_elf;
	struct elf_image elf;
	struct xen_notes notes;
	/* Of a stored kernel what its setup code says, if it has any. */
	struct linux_kernel bzimage;
	struct stored stored;
	struct uki uki;
	/* Of a compressed file: what it unpacks to, told by its first bytes, which need little memory. */
	struct initrd_part first;
	/* The image inside a packed shim. */
	struct span embedded;
	/* Of a bzImage's kernel, or of a compressed file; a stored kernel has none, but `inner`. */
	enum compression compression;
	struct unpacked inner;
	/* What is wrong with the compressed data, or with the ELF file that it is inside a bzImage or a stored kernel. */
	struct error inner_error;
	/* There was too little memory for `inner`. */
	bool lacks_memory;
};

/* Examines a file in memory.  To be ended with subject_release(); the file's memory stays the caller's. */
void subject_examine(struct subject *subject, struct span file);
void subject_release(struct subject *subject);

/* "linux-bzimage" and so on: a stable word. */
const char *subject_kind_name(enum subject_kind kind);

/* The decompressed bytes there are. */
struct span subject_inner(const struct subject *subject);

#endif
