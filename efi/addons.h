/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addons.c: the add-ons of the image (shim/payload/addon.h), which lie in the file system that it came from.
 */
#ifndef LULL_EFI_ADDONS_H
#define LULL_EFI_ADDONS_H

#include <shim/payload/addon.h>

struct addons {
	/* In the order of their names, those of loader/addons first; each section empty where there is none. */
	struct span section[ADDONS_MOST][ADDON_SECTIONS];
	uint32_t count;
	struct addon_line line;
};

/*
 * Has firmware load all of them, by which it checks their signatures where Secure Boot is on.  One that is not used, because
 * firmware refuses it, or addon_read() does, or it is not for `uname`, is warned of by addons_warn().  Error: CMDLINE_BUFFER.
 */
struct error addons_read(struct span uname, struct addons *out);

/* Warns of those that are not used. */
void addons_warn(void);

/* Warns of the microcode of those that are used. */
void addons_warn_microcode(const struct addons *addons);

/* Gives their memory back to firmware. */
void addons_release(void);

#endif
