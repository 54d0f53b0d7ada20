/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console.c: what the story alone asks of the console; core/console.h has the rest.
 */
#ifndef LULL_SHIM_SAY_CONSOLE_H
#define LULL_SHIM_SAY_CONSOLE_H

#include <core/console.h>

/* From now on text goes to every console, the noisy ones included (see machine_console_write). */
void console_be_urgent(void);

#endif
