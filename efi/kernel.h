/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.c: has firmware load and start a kernel that is an EFI application itself (Linux's EFI stub).
 */
#ifndef LULL_EFI_KERNEL_H
#define LULL_EFI_KERNEL_H

#include <core/error.h>
#include <core/span.h>

/*
 * Loads the kernel, and gives it its command line.  Under Secure Boot it is not looked at by itself: it is a part of
 * lull's image, which firmware has found to be signed before it started it.  `entry` gets the address where it begins.
 * Errors: EFI_SERVICE, EFI_CMDLINE_UTF8, CMDLINE_BUFFER.
 */
struct error kernel_load(struct span kernel, struct span cmdline, uint64_t *entry);

/* Starts it.  A kernel that boots does not come back; an error of one that did: EFI_RETURNED. */
struct error kernel_start(void);

/* Gives back the memory of a kernel that was loaded and not started. */
void kernel_unload(void);

#endif
