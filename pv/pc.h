/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of struct platform for whatever looks like a PC and has no interface of its own for them: consoles are
 * the ports that machine.c writes to anyway, CPUs are counted by ACPI.
 */
#ifndef LULL_PV_PC_H
#define LULL_PV_PC_H

#include <core/boot_info.h>
#include <stddef.h>

/* Searches for ACPI's root pointer where the door could not give it.  No errors. */
struct error pc_start(struct boot_info *info);

/* Always 0: machine.c then asks ACPI. */
unsigned pc_cpu_limit(void);

/* There is no console to write to, or to wait for. */
void pc_console_write(const char *text, size_t size);
void pc_console_drain(void);

/* Returns: machine.c goes on to the debug exit and the halt. */
void pc_crash(void);

#endif
