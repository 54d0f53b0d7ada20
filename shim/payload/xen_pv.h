/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen_pv.c: how an ELF kernel wants to be started as a 64-bit Xen PV guest (xen/include/public/elfnote.h).
 */
#ifndef LULL_SHIM_PAYLOAD_XEN_PV_H
#define LULL_SHIM_PAYLOAD_XEN_PV_H

#include <shim/payload/bsd_symbols.h>
#include <shim/payload/elf.h>
#include <shim/payload/xen_notes.h>

/* Longest command line of start_info, its terminator not counted (xen.h, MAX_GUEST_CMDLINE). */
#define XEN_PV_CMDLINE_LIMIT 1023

/* XENFEAT_dom0 (features.h). */
#define XEN_PV_FEATURE_DOM0 11

struct xen_pv_kernel {
	/* Where pfn 0 is mapped (VIRT_BASE). */
	va_t virtual_base;
	/* What is taken from p_paddr to get an address in the domain's memory (PADDR_OFFSET). */
	uint64_t physical_offset;
	va_t entry;
	/* From the lowest byte of the kernel to the end of the highest, its symbols included, in the domain's memory. */
	struct range image;
	/* INIT_P2M: the P2M list has a mapping of its own, at this address, which may be 0. */
	bool has_p2m_address;
	va_t p2m_address;
	/* HYPERCALL_PAGE: Xen is to fill this page, of the image or below it. */
	bool has_hypercall_page;
	pfn_t hypercall_page;
	/* MOD_START_PFN: the initrd need not be mapped. */
	bool initrd_by_pfn;
	/* BSD_SYMTAB: behind the image. */
	struct bsd_symbols symbols;
	/* Nothing that it says rules it out as dom0 (SUPPORTED_FEATURES, FEATURES: XENFEAT_dom0). */
	bool can_be_dom0;
	/* It requires to be dom0 (FEATURES: !dom0). */
	bool must_be_dom0;
};

/*
 * Whether Xen's libelf takes an ELF file for a PV kernel at all, by what its notes say of who may load it
 * (elf_xen_note_check(): LOADER or GUEST_OS, and XEN_VERSION).
 */
bool xen_pv_is_meant(const struct xen_notes *notes);

/*
 * Reads the notes of an ELF, with Xen's defaults for those that are missing.  Errors: ELF_PVH_ONLY, ELF_NO_PV (no note
 * says that it can run as a PV guest), ELF_PV_32, ELF_PV_NOTE (a note with a value that no loader can follow),
 * ELF_PV_FEATURE (it needs a feature that nobody knows, or that no PV guest has), those of bsd_symbols_find().
 */
struct error xen_pv_kernel_read(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out);

/* Whether a kernel can be the domain that it is to be.  Errors: ELF_PV_DOM0, ELF_PV_FEATURE (it must be dom0). */
struct error xen_pv_check_domain(const struct xen_pv_kernel *kernel, bool is_dom0);

/* True when `size` bytes from an address on are a guest's to map: canonical, and not Xen's (xen-x86_64.h). */
bool xen_pv_is_guests(uint64_t start, uint64_t size);

/* A segment's place in the domain's memory. */
struct range xen_pv_segment(const struct xen_pv_kernel *kernel, const struct elf_segment *segment);

#endif
