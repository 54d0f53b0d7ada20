/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol.c: how a kernel is entered, where it has several ways in.
 */
#ifndef LULL_SHIM_HANDOVER_PROTOCOL_H
#define LULL_SHIM_HANDOVER_PROTOCOL_H

#include <shim/payload/payload.h>

enum protocol {
	/* A bzImage by its own 64-bit entry: it unpacks itself. */
	PROTOCOL_LINUX64,
	/* An unpacked Linux by startup_64, as its decompressor would enter it. */
	PROTOCOL_VMLINUX,
	PROTOCOL_PVH,
	/* By a multiboot header: which one, the payload's kind says. */
	PROTOCOL_MULTIBOOT,
	PROTOCOL_XEN_PV,
};

/*
 * What lull.proto= says, where the payload can be entered so.  Without it: PVH for a control domain, whose start flags no
 * other protocol carries; a bzImage by its own entry, with its own KASLR; an unpacked Linux by startup_64; any other ELF by
 * PVH, or else by its multiboot header.  Behind the Xen PV door any kernel is entered as a PV kernel.
 * Errors: LINUX_CONTROL_DOMAIN (Linux's boot protocol in a control domain).
 */
struct error protocol_choose(const struct payload *payload, bool control_domain, enum protocol *out);

/* True for a bzImage that is not to unpack itself: it must be unpacked first. */
bool protocol_wants_vmlinux(enum protocol protocol, const struct payload *payload);

/*
 * Makes a payload, by now unpacked, one of the kind that the protocol enters.  Errors: LINUX_NO_STARTUP, LINUX_NO_PVH.
 */
struct error protocol_settle(enum protocol protocol, struct payload *payload);

#endif
