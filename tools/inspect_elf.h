/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect_elf.c: the part of a report about an ELF file and its Xen notes.
 */
#ifndef LULL_TOOLS_INSPECT_ELF_H
#define LULL_TOOLS_INSPECT_ELF_H

#include <tools/report.h>
#include <tools/subject.h>

/* Writes the part `key`.  The subject has_elf. */
void inspect_elf(struct report *report, const char *key, const struct subject *subject);

#endif
