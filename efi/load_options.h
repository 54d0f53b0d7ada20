/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_options.c: command lines as UEFI has them, UTF-16 in LoadOptions (UEFI 2.10, section 9.1), to lines of bytes and
 * back.  Pure.
 */
#ifndef LULL_EFI_LOAD_OPTIONS_H
#define LULL_EFI_LOAD_OPTIONS_H

#include <core/error.h>
#include <core/span.h>

/*
 * Reads load options into a line of UTF-8, terminated; "" when there are none.  Whoever starts an image may pass any bytes:
 *   text ends with a NUL, or with the options;
 *   some firmware passes all of a boot entry (EFI_LOAD_OPTION, section 3.1.3), whose optional data then counts;
 *   the shell puts the program's name before the rest: `from_shell` takes the first word off.
 * Errors: EFI_LOAD_OPTIONS (no text: half a character, a control character, half a pair), CMDLINE_BUFFER; `line` is then "".
 */
struct error load_options_read(struct span options, bool from_shell, char *line, uint64_t size);

/*
 * Writes a line as load options, terminated; `out` has room for `units` of 16 bits, and `used` gets how many were written.
 * Errors: EFI_CMDLINE_UTF8 (the line is not UTF-8, so that UEFI cannot carry it), CMDLINE_BUFFER.
 */
struct error load_options_write(struct span line, uint16_t *out, uint64_t units, uint64_t *used);

#endif
