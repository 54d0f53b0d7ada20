/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * randomize.c: KASLR for a Linux kernel that lull has unpacked.
 */
#ifndef LULL_SHIM_HANDOVER_RANDOMIZE_H
#define LULL_SHIM_HANDOVER_RANDOMIZE_H

#include <core/boot_info.h>
#include <shim/payload/payload.h>

/*
 * For a stored kernel, before it is unpacked: fills payload->ahead where randomize() will move it, as far as can be told by
 * then, so that it can be unpacked there and need not be moved again.
 */
void randomize_ahead(const struct boot_info *info, struct payload *payload);

/*
 * Chooses where the kernel will run, relocates it in memory, and fills payload->moved.  Entered by startup_64 it has
 * a virtual and a physical offset of its own, and is moved unless lull.kaslr=off or its own line (nokaslr) says no, as its
 * decompressor would; by its PVH note or as a Xen PV guest it has one for both, and is moved when lull.kaslr=on asks for it.
 * A kernel without relocations, or with no room for another place, stays where it is.
 * Errors: those of linux_relocs_find(), with nothing written.
 */
struct error randomize(const struct boot_info *info, struct payload *payload, const char *cmdline);

#endif
