/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.c: patches a stock Linux kernel whose text is in memory (unpacked by the shim, or a vmlinux).  Its patch tables are
 * verified, and its lock prefixes taken out in one masked window when one CPU is all that can ever exist: Linux itself
 * would do that later, and leaves what is done.  All else in its tables is Linux's own to patch (pv/engine/linux/sites_linux.h).
 */
#ifndef LULL_SHIM_PATCH_LINUX_H
#define LULL_SHIM_PATCH_LINUX_H

#include <shim/patch/patch.h>

/* False for a payload that is not Linux, unpacked, or that names sites of its own: patch_linux() does nothing with it. */
bool patch_linux_can(const struct payload *payload);

/*
 * Verifies and patches as lull.linux_sites= says: auto (the lock prefixes), off (Linux is left alone), safe (also the
 * alternatives that depend on CPUID only).  Fills `receipt`.
 *
 * What Linux's own command line, which is `cmdline`, forbids is not done: with noreplace-smp Linux itself would keep the
 * lock prefixes, and with clearcpuid=, setcpuid= or noclflush it would decide alternatives by features that are not those
 * of CPUID.
 *
 * Each table is judged by itself.  One that is not sound is left alone, and the receipt says why: it may be that of a version
 * that nobody knew.  Where there are no tables, or they cannot be planned, nothing is written.  Errors: SITES_ROOM, with
 * nothing written; those of the mask and the proof (95-98).
 */
struct error patch_linux(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			 const char *cmdline, struct payload_receipt *receipt);

#endif
