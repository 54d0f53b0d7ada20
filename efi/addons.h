/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addons.c: add-ons, PE files beside a UKI that add to it (UAPI Group specification "Unified Kernel Image", "PE Addons"): words for
 * its command line, initrds and microcode.  They lie in loader/addons and in NAME.efi.extra.d, of the file system that
 * the image came from, and their names end in ".addon.efi".
 */
#ifndef LULL_EFI_ADDONS_H
#define LULL_EFI_ADDONS_H

#include <core/boot_info.h>

/* In all; more are warned of. */
#define ADDONS_MOST 16

/* The sections of an add-on that are used. */
enum addon_section { ADDON_CMDLINE, ADDON_INITRD, ADDON_UCODE, ADDON_SECTIONS };

struct addons {
	/* In the order of their names, those of loader/addons first; each section empty where there is none. */
	struct span section[ADDONS_MOST][ADDON_SECTIONS];
	uint32_t count;
	/* Their words, with one blank between two add-ons'. */
	char line[BOOT_CMDLINE_SIZE];
};

/* The name of a section: ".cmdline". */
const char *addons_section_name(enum addon_section section);

/*
 * Has firmware load all of them, by which it checks their signatures where Secure Boot is on.  One that is not used, because
 * firmware refuses it, it has a .linux, or its .uname is not `uname`, is warned of by addons_warn().  Error: CMDLINE_BUFFER.
 */
struct error addons_read(struct span uname, struct addons *out);

/* Warns of those that are not used. */
void addons_warn(void);

/* Gives their memory back to firmware. */
void addons_release(void);

#endif
