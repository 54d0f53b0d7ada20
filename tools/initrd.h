/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initrd.c, cpio.c: goes through an initrd as Linux does (init/initramfs.c, unpack_to_rootfs): archives one behind the
 * other, each compressed or not, with zeros between them.
 */
#ifndef LULL_TOOLS_INITRD_H
#define LULL_TOOLS_INITRD_H

#include <shim/payload/compression.h>

#define CPIO_HEADER 110

enum cpio_state { CPIO_HEAD, CPIO_NAME, CPIO_BODY, CPIO_DONE, CPIO_BROKEN };

/* An archive of the "new ASCII" kind ("newc") that comes in pieces. */
struct cpio {
	enum cpio_state state;
	uint64_t position;
	uint64_t files;
	uint8_t head[CPIO_HEADER];
	/* Bytes of the header or the name collected, and those to come until the next state. */
	uint64_t have;
	uint64_t left;
	uint64_t body;
	bool is_trailer;
};

/* Reads the next piece, and returns how many bytes of it were the archive's, zeros behind its trailer included. */
uint64_t cpio_read(struct cpio *cpio, struct span piece);
/* True where an archive may end. */
bool cpio_may_end(const struct cpio *cpio);

/* True for bytes that begin with the magic of such an archive. */
bool cpio_is(struct span bytes);

struct initrd_part {
	uint64_t offset;
	enum compression compression;
	/* In the initrd, and unpacked. */
	uint64_t size;
	uint64_t unpacked;
	uint64_t files;
	/* What it unpacks to begins as an archive does. */
	bool is_cpio;
	/* ... or as an ELF file does. */
	bool is_elf;
	/* Broken or cut short, as compressed data or as an archive. */
	bool is_broken;
	bool lacks_memory;
};

/*
 * The next part at or behind an offset; false when there are only zeros.  A part that is neither an archive nor compressed
 * is one of no bytes.
 */
bool initrd_next(struct span file, uint64_t offset, struct initrd_part *part);

#endif
