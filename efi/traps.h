/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traps.c: what traps.h of arch/x86 lacks, the way back.
 */
#ifndef LULL_EFI_TRAPS_H
#define LULL_EFI_TRAPS_H

/* Loads firmware's own descriptors again, where traps_start() has been called. */
void efi_traps_end(void);

#endif
