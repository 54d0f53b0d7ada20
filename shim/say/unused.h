/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unused.c: a warning for each thing that somebody passed and that is not used: command lines, words, parts of a UKI.
 */
#ifndef LULL_SHIM_SAY_UNUSED_H
#define LULL_SHIM_SAY_UNUSED_H

#include <core/boot_info.h>
#include <shim/payload/payload.h>

/* Warns of each command line, word and UKI section that neither the kernel gets nor lull reads. */
void say_unused(const struct boot_info *info, const struct payload *payload);

/* Warns of one command line: `whose` it is, "the loader's", and what it says. */
void say_unused_line(const char *whose, struct span line);

/* Warns of each option that this kernel cannot have.  `payload` is the kernel as it is entered: unpacked where it must be. */
void say_unused_options(const struct payload *payload);

#endif
