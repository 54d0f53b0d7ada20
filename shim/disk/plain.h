/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain.c: kernels that lie in a file system as distributions install them, without an entry that names them: /boot/vmlinuz-*,
 * or /vmlinuz-* where the file system is /boot itself, each with the initrd of the same version beside it; and last /vmlinuz,
 * with /initrd.img.  Nothing says what such a kernel's options are.
 */
#ifndef LULL_SHIM_DISK_PLAIN_H
#define LULL_SHIM_DISK_PLAIN_H

#include <shim/disk/fs.h>

/* More of them are counted only, the oldest first. */
#define PLAIN_MOST 8
#define PLAIN_VERSION_MOST 128
#define PLAIN_PATH_MOST (PLAIN_VERSION_MOST + 32)

struct plain_kernel {
	char file[PLAIN_PATH_MOST];
	struct fs_node node;
	/* "" when there is none beside it. */
	char initrd[PLAIN_PATH_MOST];
	struct fs_node initrd_node;
	/* What stands behind "vmlinuz-": "6.1.0-56-amd64"; "" behind nothing. */
	char version[PLAIN_VERSION_MOST];
};

struct plain_list {
	uint32_t count;
	uint32_t left_out;
	struct plain_kernel kernel[PLAIN_MOST];
};

/* Lists them, the newest first.  None is no error.  Errors: those of the file system. */
struct error plain_list_read(struct fs *fs, struct plain_list *out);

/* Below 0, 0 or above, as people compare versions: runs of digits by their value, all else by its bytes. */
int plain_compare(const char *one, const char *other);

#endif
