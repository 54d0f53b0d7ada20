/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.c: finds the payload in the sections of the image that firmware loaded, lull's own.
 */
#ifndef LULL_EFI_IMAGE_H
#define LULL_EFI_IMAGE_H

#include <efi/addons.h>
#include <shim/find.h>

/*
 * Finds kernel, initrd and command line, and the image's add-ons.  Load options count before .cmdline, unless Secure Boot is on and there is a .cmdline:
 * that one is signed.  They also choose the profile.  Errors: those of payload_find(), options_profile(), load_options_read(), addons_read(), cmdline_write() and
 * uki_check_pe().
 */
struct error image_find(struct payload *payload, struct command_line *line);

/* The add-ons that image_find() found. */
const struct addons *image_addons(void);

/* True when lull.elf is to start the kernel: it has no EFI stub, or lull.proto= asks for another way in. */
bool image_wants_shim(const struct payload *payload);

/* The bytes of a section by its name, as they are in memory; empty when there is none. */
struct span image_section(const char *name);

#endif
