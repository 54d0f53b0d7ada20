/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmdline_linux.c: Linux's own options, each found as Linux itself finds it.  Linux reads its line twice, by rules that
 * differ: what is needed early is searched for in the bytes, the rest is cut into words.
 */
#ifndef LULL_SHIM_PAYLOAD_CMDLINE_LINUX_H
#define LULL_SHIM_PAYLOAD_CMDLINE_LINUX_H

#include <core/span.h>

/*
 * True when __setup(name, ...) of Linux is called for a line (init/main.c, obsolete_checksetup()): for a word, quoted or
 * not, that begins with the name, in which "-" and "_" are one, with whatever behind it.
 */
bool linux_has_setup(struct span line, const char *name);

/* True when cmdline_find_option_bool() finds a word: as a whole, wherever it stands, behind "--" too. */
bool linux_has_early(struct span line, const char *name);

/*
 * Finds "name=value" as cmdline_find_option() does (arch/x86/lib/cmdline.c): between bytes up to the space, whatever
 * quotes stand around it, behind "--" too, and the last one counts.  False when there is none.
 */
bool linux_find_early(struct span line, const char *name, struct span *value);

#endif
