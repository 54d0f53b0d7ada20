/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uki_write.c: makes a Unified Kernel Image, the PE32+ file that shim/payload/uki.c reads (UAPI Group specification
 * "Unified Kernel Image").
 *
 * systemd-stub is NOT in it.  What firmware finds at its entry point is efi_refusal.S, a few instructions that say so
 * and return EFI_UNSUPPORTED: this UKI is started by lull, from another loader.
 */
#ifndef LULL_TOOLS_UKI_WRITE_H
#define LULL_TOOLS_UKI_WRITE_H

#include <stdbool.h>

#include <core/span.h>

/* What goes into the sections; a span of no bytes gives no section. */
struct uki_parts {
	struct span uname;
	struct span cmdline;
	struct span initrd;
	struct span kernel;
};

/*
 * Builds the file in memory, to be given back with free().  All parts together must fit in the 4 GiB of a PE file.
 * False when there is not enough memory.
 */
bool uki_build(const struct uki_parts *parts, struct span *out);

#endif
