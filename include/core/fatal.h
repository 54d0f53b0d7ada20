/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a boot that cannot go on.  shim/say/panic.c defines it, and lower layers call it, as they do lull_main() and
 * check_failed().
 */
#ifndef LULL_CORE_FATAL_H
#define LULL_CORE_FATAL_H

#include <core/error.h>

/*
 * Prints the framed block (name, expected, found, what to do) on every console there is and ends the machine with the
 * platform's crash status.  An error inside this function ends the machine without a second block.
 */
_Noreturn void fatal(struct error error);

/* Has fatal() print more inside the block, between what was found and what to do: lines with a label of ten letters. */
void fatal_add(void (*say)(void));

#endif
