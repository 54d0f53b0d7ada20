/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.c: whether the load options that firmware passed are a command line, and may be used.
 */
#ifndef LULL_EFI_OPTIONS_H
#define LULL_EFI_OPTIONS_H

#include <core/error.h>
#include <core/span.h>

/*
 * Which profile of the image they choose: a first word "@N", as boot menus have it (UKI specification, "Multi-Profile UKIs"), or
 * lull.profile=N.  Errors: CMDLINE_PROFILE.
 */
struct error options_profile(uint32_t *profile);

/*
 * The command line of LoadOptions, after options_profile(); "" where there are none, and where they are not used: under Secure Boot beside a packed line, which is
 * signed, and when they are no text beside a packed line, since some firmware passes bytes of its own.  A choice of
 * profile is kept then.
 * Errors: those of load_options_read().
 */
struct error options_read(struct span packed, uint32_t profile, const char **line);

/* Warns when they were there and were not used. */
void options_warn(void);

#endif
