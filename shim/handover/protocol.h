/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol.c: how a bzImage is entered: by its own 64-bit entry, or, unpacked, by the PVH or PV note of its vmlinux.
 */
#ifndef LULL_SHIM_HANDOVER_PROTOCOL_H
#define LULL_SHIM_HANDOVER_PROTOCOL_H

#include <shim/payload/payload.h>

enum protocol {
	PROTOCOL_LINUX64,
	PROTOCOL_PVH,
	PROTOCOL_XEN_PV,
};

/*
 * What lull.proto= says; without it, PVH for a control domain, whose start flags no other protocol carries, and the
 * kernel's own entry, with its own KASLR, for all others.
 * An ELF payload is always entered by PVH, and any kernel behind the Xen PV door as a PV kernel.
 * Errors: LINUX_CONTROL_DOMAIN (linux64 in a control domain).
 */
struct error protocol_choose(const struct payload *payload, bool control_domain, enum protocol *out);

/* True for a bzImage that is to be entered by a note of the vmlinux inside it: it must be unpacked first. */
bool protocol_wants_vmlinux(enum protocol protocol, const struct payload *payload);

#endif
