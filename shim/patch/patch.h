/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * patch.c: patches the payload, before its first instruction: the sites that it names (sites.c), or Linux's (linux.c).
 */
#ifndef LULL_SHIM_PATCH_PATCH_H
#define LULL_SHIM_PATCH_PATCH_H

#include <core/machine.h>
#include <pv/engine/journal.h>
#include <shim/payload/payload.h>

/* Why sites of a stock Linux kernel were left as they are. */
enum payload_left {
	PAYLOAD_LEFT_NONE,
	/* lull.linux_sites=off. */
	PAYLOAD_LEFT_OFF,
	/* A second CPU can come; or nobody says that it cannot. */
	PAYLOAD_LEFT_CPUS,
	PAYLOAD_LEFT_CPUS_UNKNOWN,
	/* The kernel's own command line decides: noreplace-smp for the lock prefixes, clearcpuid= for the safe set. */
	PAYLOAD_LEFT_CMDLINE,
	/* The kernel has no tables that can be found; or one that was to be used is not sound, as `unsound` says. */
	PAYLOAD_LEFT_NO_TABLES,
	PAYLOAD_LEFT_UNSOUND,
	/* The kernel's own EFI stub unpacks it. */
	PAYLOAD_LEFT_EFI_STUB,
};

/* Of a stock Linux kernel, each table by itself: alternatives, paravirtual calls, lock prefixes. */
#define PAYLOAD_TABLES 3

struct payload_receipt {
	/* Sites patched, and sites there are; both 0 for a kernel that names none. */
	uint32_t patched;
	uint32_t sites;
	enum payload_left left;
	/* What is not sound, whether it was to be used or not; and how many of them there are. */
	struct error unsound[PAYLOAD_TABLES];
	uint32_t unsound_count;
	/* All windows together. */
	struct window_result window;
};

/*
 * Patches what there is, and fills `receipt`.  `cmdline` is the line that the kernel will get, by which Linux may forbid it.
 * Errors: those of patch_sites() and patch_linux().
 */
struct error patch_payload(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			   const char *cmdline, struct payload_receipt *receipt);

#endif
