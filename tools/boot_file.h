/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_file.c: a file as boot loaders find it, and what is in it once they have unpacked it.
 */
#ifndef LULL_TOOLS_BOOT_FILE_H
#define LULL_TOOLS_BOOT_FILE_H

#include <shim/payload/linux.h>
#include <tools/unpacked.h>

struct boot_file {
	struct span bytes;
	/* The setup header of a Linux, where setup.has_magic says that there is one. */
	struct linux_header setup;
	/* The compressed kernel that this header names; no bytes where it names none, or one outside the file. */
	struct span payload;
	enum compression compression;
	/* What that unpacks to, or itself where it is not compressed; no bytes where it does not unpack. */
	struct span vmlinux;
	/* There was too little memory to unpack it: nothing is known of it. */
	bool lacks_memory;
	struct unpacked memory;
};

struct loader_file {
	/* As it is. */
	struct boot_file plain;
	/* By what all of it is compressed, and what it unpacks to: some loaders look into that. */
	enum compression compression;
	struct boot_file content;
	/* There was too little memory for that, or for the kernel in one of the two. */
	bool lacks_memory;
	struct unpacked memory;
};

/* Opens a file in memory, which stays the caller's.  To be ended with loader_file_close(). */
void loader_file_open(struct loader_file *out, struct span file);
void loader_file_close(struct loader_file *file);

#endif
