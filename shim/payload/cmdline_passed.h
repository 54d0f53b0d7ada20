/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline_passed.c: the line by which lull.efi starts lull.elf, which reads the packed line itself and knows no add-ons.
 */
#ifndef LULL_SHIM_PAYLOAD_CMDLINE_PASSED_H
#define LULL_SHIM_PAYLOAD_CMDLINE_PASSED_H

#include <shim/payload/cmdline.h>

/*
 * Writes the loader's line and behind it the words of add-ons, so that lull.elf makes the same line of it and of the packed one as
 * cmdline_write() would.  Where the packed line counts alone, that is lull's own words of the loader's line, lull.append, and the words
 * of add-ons.  Errors: CMDLINE_BUFFER (longer than `size`, which is at least 1); `out` is then "".
 */
struct error cmdline_pass_on(const struct cmdline *lines, char *out, uint64_t size);

#endif
