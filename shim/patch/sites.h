/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sites.c: patches the sites of a kernel that names them (include/lull/note.h), in its file as it lies in memory,
 * before anything of it is moved.  The kernel has not run yet, so nothing can run what is patched; each window is masked and
 * proved all the same.
 */
#ifndef LULL_SHIM_PATCH_SITES_H
#define LULL_SHIM_PATCH_SITES_H

#include <shim/patch/patch.h>

/*
 * Does nothing with a payload that names no sites.  Else plans all of it in free memory, commits it in groups, compares, and
 * fills the kernel's own receipt where it has one.
 * Errors: SITES_ROOM, REACH and those of the engine's PLAN (80-94), after which not a byte of the kernel was written;
 * those of the mask and the proof (95-98).
 */
struct error patch_sites(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			   struct payload_receipt *receipt);

#endif
