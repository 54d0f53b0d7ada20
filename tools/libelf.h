/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libelf.c: an ELF kernel as Xen's libelf reads it, in the hypervisor and in its toolstack (xen/common/libelf:
 * elf_init(), elf_parse_binary(), elf_xen_parse()).
 */
#ifndef LULL_TOOLS_LIBELF_H
#define LULL_TOOLS_LIBELF_H

#include <shim/payload/xen_notes.h>
#include <tools/verdict.h>

struct libelf_kernel {
	struct elf_header header;
	struct xen_notes notes;
	/* Where it enters a PVH kernel. */
	bool has_pvh;
	uint32_t pvh_entry;
	/* Of a PV kernel; of a PVH one, base is 0 and entry is pvh_entry. */
	uint64_t base;
	uint64_t start;
	uint64_t end;
	uint64_t entry;
	/* FEATURES has "!dom0". */
	bool must_be_dom0;
};

/* elf_init(): it is an ELF file, whose tables of headers are all there. */
bool libelf_begins(struct span file);

/*
 * Reads a kernel that is to be a PV guest, or in a PVH container.  False when libelf refuses it, and then why.
 */
bool libelf_read(struct span file, bool pvh, struct libelf_kernel *out, struct verdict *refusal);

#endif
