/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * version.c: what version an ELF kernel says it is.
 */
#ifndef LULL_SHIM_PAYLOAD_VERSION_H
#define LULL_SHIM_PAYLOAD_VERSION_H

#include <shim/payload/elf.h>
#include <shim/payload/xen_notes.h>

/*
 * The version in Linux's banner ("Linux version ", init/version.c), when the note GUEST_OS says linux: its note
 * GUEST_VERSION has said 2.6 since then.  Of another kernel, and without a banner, the note GUEST_VERSION; empty when
 * there is none.
 */
struct span elf_kernel_version(const struct elf_image *elf, const struct xen_notes *notes);

#endif
