/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_own.c: the patch sites that a kernel declares itself, with lull/site.h and lull/note.h, as the shim judges them.
 */
#ifndef LULL_TOOLS_CHECK_OWN_H
#define LULL_TOOLS_CHECK_OWN_H

#include <shim/payload/elf.h>
#include <tools/report.h>

/*
 * Says how many records there are, and sets `present` when the kernel names any.  `error` is what the shim would say of them
 * on every machine.  False for want of memory, which has been said.
 */
bool check_own_sites(struct report *report, const struct elf_image *elf, bool *present, struct error *error);

/* Warns of notes for lull that no PT_NOTE holds: the shim does not look at sections, and would patch nothing. */
void check_own_notes(struct report *report, const struct elf_image *elf);

#endif
