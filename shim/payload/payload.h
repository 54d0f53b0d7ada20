/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload.c: which kernel, which initrd and which command line, out of what the loader passed and what is embedded.
 *
 * The container:
 *   an embedded image (lull pack) is the kernel: a UKI, or a bare kernel; else module 0 is the kernel: UKI or bare.
 *   All further modules go to the kernel, behind those of its container (.initrd, .modules).  A Linux takes them as one
 *   initrd, part by part, from the container or from the loader; a Xen PV guest one; any other kernel each by itself.
 */
#ifndef LULL_SHIM_PAYLOAD_PAYLOAD_H
#define LULL_SHIM_PAYLOAD_PAYLOAD_H

#include <core/boot_info.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/elf.h>
#include <shim/payload/linux.h>
#include <shim/payload/lull_notes.h>
#include <shim/payload/stored.h>
#include <shim/payload/multiboot.h>
#include <shim/payload/uki.h>
#include <shim/payload/xen_pv.h>
#include <shim/payload/xen_notes.h>

enum payload_kind {
#define PAYLOAD_KIND(constant, name, proto) PAYLOAD_##constant,
#include <shim/payload/kind_list.h>
#undef PAYLOAD_KIND
};

/* Bytes, and where they are in physical memory now.  (In a host program `start` is whatever the caller says.) */
struct image {
	struct span bytes;
	uint64_t start;
};

/* What goes to the kernel beside itself. */
struct payload_module {
	struct image image;
	/* Its own command line, without a terminator; no bytes when there is none. */
	struct span line;
	/* As messages call it: "module 1", ".initrd". */
	const char *name;
};

struct payload_source {
	/* The image inside the shim; no bytes when there is none. */
	struct image embedded;
	/* That image is a UKI as firmware loaded it, and not a file. */
	bool embedded_is_loaded;
	/* As many as the loader passed, even when that is more than fit below. */
	uint32_t module_count;
	struct image module[BOOT_MAX_MODULES];
	/* Of each module; NULL when it has none. */
	const char *module_cmdline[BOOT_MAX_MODULES];
	/* What the door gave lull; NULL or "" when it gave none. */
	const char *cmdline;
	/* The words of add-ons of the UKI in module 0, or NULL; and its initrd with theirs, no bytes where they have none. */
	const char *added;
	struct image initrd;
	/* An ELF kernel is to be entered as a Xen PV guest, and not by PVH. */
	bool xen_pv;
};

/* Longest version that is kept, its terminator included. */
#define PAYLOAD_VERSION_SIZE 64

struct payload {
	enum payload_kind kind;
	/* As the status line prints it (kind_list.h); "linux-vmlinux" for what lull pack took out of a bzImage. */
	const char *kind_name;
	/*
	 * First word of the kernel's version, printable characters only; "unknown" when nobody says.  Of a bzImage what its
	 * header says, of an ELF what its UKI says in .uname, or else elf_kernel_version().
	 */
	char version[PAYLOAD_VERSION_SIZE];
	/* The section .uname of the UKI; no bytes when there is none. */
	struct span uname;
	/* The kernel file, out of its container. */
	struct image kernel;
	/* In the order in which the kernel gets them; the first ones are the container's own. */
	uint32_t module_count, packed_modules;
	struct payload_module module[BOOT_MAX_MODULES];
	/* The section .ucode of the UKI, which goes before the initrd at the UEFI door; no bytes when there is none. */
	struct span ucode;
	/* True when the container was a UKI. */
	bool from_uki;
	/* The command lines that were passed for the kernel; cmdline_write() makes the one that it gets. */
	struct cmdline lines;
	/* What lull's own words ask for. */
	struct lull_options options;
	/* Longest command line that the payload takes, terminator not counted, and in words whose limit that is. */
	uint64_t cmdline_limit;
	const char *cmdline_taker;
	/* The sections of the UKI that are for the system and that lull does not use (uki.h). */
	uint32_t unused_sections;
	/* Of a PAYLOAD_LINUX_BZIMAGE, and what its setup code says (linux_parse_setup()) of a kernel that lull pack took out. */
	struct linux_kernel bzimage;
	/* Of a PAYLOAD_STORED. */
	struct stored stored;
	/* Of a PAYLOAD_COMPRESSED. */
	enum compression compression;
	/* Of the ELF kinds. */
	struct elf_image elf;
	struct xen_notes notes;
	struct lull_notes sites;
	/* Of the two PVH kinds: where PVH enters, inside a segment. */
	uint64_t pvh_entry;
	/*
	 * A 64-bit Linux whose e_entry lies in a segment: it can be entered there by its own boot protocol (startup_64 of
	 * arch/x86/kernel/head_64.S).  Where it has no PVH entry, that is its kind: PAYLOAD_LINUX_ELF64.
	 */
	bool has_startup;
	/*
	 * Of a stored kernel: KASLR's place, chosen before it is unpacked so that it can be unpacked to there; in bytes above where it
	 * is linked.
	 */
	struct payload_ahead {
		bool chosen;
		uint64_t physical;
	} ahead;
	/* How far above where it is linked it runs, in virtual and in physical addresses, because KASLR chose so. */
	struct payload_move {
		bool chosen;
		uint64_t virtual;
		uint64_t physical;
		/* Its offset stands in a note, which its PVH entry reads, and everybody who runs in it may read. */
		bool in_note;
		/* Why it did not, though lull.kaslr=on asked for it; NULL when it was not asked, or did. */
		const char *why_not;
	} moved;
	/* Of the two multiboot kinds; `elf` has the segments of a flat file too. */
	struct multiboot_kernel multiboot;
	/* How an ELF is to be entered (payload_source), and of a PAYLOAD_XEN_PV_ELF64 what it asks for. */
	bool as_xen_pv;
	struct xen_pv_kernel xen_pv;
};

/*
 * Finds the payload; a packed one is not unpacked (payload_is_packed()).  Errors: MODULE_NONE, MODULE_COUNT, PAYLOAD_EMPTY,
 * PAYLOAD_UNKNOWN, PAYLOAD_ARCHIVE (an initrd in the kernel's place), PAYLOAD_NESTED, INITRD_TWICE, INITRD_EMPTY, INITRD_KERNEL (a
 * kernel in a Linux's initrd's place), MODULES_SECTION, and those of the parsers, of cmdline_choose() and of lull_options_read().  On an error, `out`
 * holds nothing to use.
 */
struct error payload_find(const struct payload_source *source, struct payload *out);

/*
 * payload_find() where the door is not known, as in the host's tools.  Asks as every door but Xen PV's asks; a kernel that has
 * a PV entry alone is then asked as Xen PV's door does.  So what it takes, the shim takes behind some door, and what it
 * refuses, the shim refuses behind each, with the same error.
 */
struct error payload_find_any(struct payload_source source, struct payload *out);

/*
 * Where PVH enters an ELF kernel.  Errors: ELF_PV_ONLY (it has no such entry, and is a PV kernel: xen_pv_is_meant()),
 * ELF_NO_PVH, ELF_ENTRY (outside its segments).
 */
struct error payload_pvh_entry(const struct elf_image *elf, const struct xen_notes *notes, uint64_t *out);

/*
 * By what steps an unpacked Linux can be moved, in bytes: its distance from where it is linked is a multiple of this.  It is the
 * kernel_alignment of the bzImage that it came in, if any, and at least what startup_64 asks for, the size of a large page.
 */
uint64_t payload_alignment(const struct payload *payload);

/* Where a payload is entered, as if it had not been moved. */
uint64_t payload_linked_entry(const struct payload *payload);

/* Where an image is now; it lies in memory, and so does not wrap. */
static inline struct range image_range(struct image image)
{
	return (struct range){ image.start, image.start + image.bytes.size };
}

/* A part of an image, with the place it has in memory. */
static inline struct image image_part(struct image whole, struct span bytes)
{
	return (struct image){ bytes, whole.start + (uint64_t)(bytes.at - whole.bytes.at) };
}

/* True for a file that can be a kernel, or hold one. */
bool payload_is_kernel(struct span file);

/* True for an ELF file whose notes say that it is Linux. */
bool payload_is_linux_elf(const struct payload *payload);

/* True for a kernel that takes all modules as one initrd, and so does not read their lines. */
bool payload_joins_modules(const struct payload *payload);

/* Bytes of all modules.  Where they are joined (payload_joins_modules()), this counts what is between two (initrd_start()). */
uint64_t payload_modules_size(const struct payload *payload);

/* "linux-bzimage" and so on. */
const char *payload_kind_name(enum payload_kind kind);

/*
 * Reads one kernel file: a bzImage, an ELF or multiboot kernel, or a packed one, but no container.  lull.proto of out->options may
 * ask for its multiboot header.  Fills kind, kind_name, version, cmdline_limit and the parsed details of `out`; kernel.bytes
 * becomes `file`.  payload_find() uses it; a host tool may too.
 * Errors: PAYLOAD_UNKNOWN, PAYLOAD_ARCHIVE, PAYLOAD_NESTED (it is a UKI), and those of the parsers.
 */
struct error payload_read_kernel(struct span file, struct payload *out);

/*
 * Makes a PAYLOAD_LINUX_BZIMAGE one of the ELF kinds: the kernel that was inside it and now is at `vmlinux`.  What it is
 * called, its version and its command line's limit stay the bzImage's.
 * Errors: LINUX_NO_PVH (it has neither a PVH entry nor Linux's own), ELF_ENTRY, those of xen_pv_kernel_read(), and those of the parsers.  Then
 * `payload` is as it was.
 */
struct error payload_take_vmlinux(struct image vmlinux, struct payload *payload);

/* True for the kinds that are packed. */
bool payload_is_packed(const struct payload *payload);

/*
 * Makes a packed payload one of the ELF kinds: the file that it unpacked to now is at `elf`.  What lull pack took out of a
 * bzImage is taken as payload_take_vmlinux() does it, anything else as payload_read_kernel() takes an ELF or multiboot kernel.
 * Errors: theirs, and PAYLOAD_COMPRESSED (it is neither an ELF file nor has it a multiboot header).
 */
struct error payload_take_unpacked(struct image elf, struct payload *payload);

#endif
