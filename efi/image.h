/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.c: finds the payload in the sections of the image that firmware loaded, lull's own.
 */
#ifndef LULL_EFI_IMAGE_H
#define LULL_EFI_IMAGE_H

#include <shim/find.h>

/*
 * Finds kernel, initrd and command line.  Load options count before .cmdline, unless Secure Boot is on and there is a .cmdline:
 * that one is signed.  Errors: those of payload_find(), load_options_read() and cmdline_write(), EFI_NO_STUB, and those of
 * uki_check_pe().
 */
struct error image_find(struct payload *payload, struct command_line *line);

/* The bytes of a section by its name, as they are in memory; empty when there is none. */
struct span image_section(const char *name);

#endif
