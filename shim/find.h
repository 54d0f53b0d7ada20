/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find.c: finds the payload in what a door passed, and the command line that it will get.
 */
#ifndef LULL_SHIM_FIND_H
#define LULL_SHIM_FIND_H

#include <core/boot_info.h>
#include <shim/payload/payload.h>

struct command_line {
	/* What the kernel gets: lull's own words are taken out. */
	char text[BOOT_CMDLINE_SIZE];
};

/*
 * Finds the payload among the embedded image and the modules.
 * Errors: those of payload_find(), MODULE_REACH, EMBEDDED_REACH.
 */
struct error payload_from_door(const struct boot_info *info, struct payload *payload);

/* Writes the command line of a payload that is not packed, or not any more.  Errors: those of cmdline_write(). */
struct error payload_cmdline(const struct payload *payload, struct command_line *line);

#endif
