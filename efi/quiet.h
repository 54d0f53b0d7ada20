/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet.c: the machine as the window of lull.efi wants it, while firmware's boot services live.
 *
 * What masks: RFLAGS.IF, as at every door but PV.  Firmware may set it by itself (RestoreTPL()), so nothing of firmware is called
 * between quiet_begin() and quiet_end().
 *
 * What still gets in: NMI, #MC and SMI, by firmware's handlers, which run no code of lull's.  And, while the proof has the
 * CPU unmasked, firmware's own interrupts (traps.c).  Its timer's interrupt runs at TPL_NOTIFY then, so that no callback of firmware's runs.
 *
 * Text may be read-only (UEFI 2.10, section 2.3.4; SectionAlignment and NX compatibility).  It stays so: the alias of
 * layout.h lies in a copy of the top page table, and no table of firmware's is written.
 */
#ifndef LULL_EFI_QUIET_H
#define LULL_EFI_QUIET_H

/* Masks, and loads page tables of lull's own. */
void quiet_begin(void);

/* Gives firmware its own back, and unmasks. */
void quiet_end(void);

/* quiet_end() for who does not know whether quiet_begin() was called. */
void quiet_abandon(void);

#endif
