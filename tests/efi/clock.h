/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the machine's debug console (QEMU's isa-debugcon) when something happens, for tests/bench/efi.py. */
#ifndef LULL_TESTS_EFI_CLOCK_H
#define LULL_TESTS_EFI_CLOCK_H

/* Writes a letter and the time-stamp counter. */
void clock_mark(char letter);

/* From now on, or no more, a mark is made around each call of LoadImage() and of ConOut's OutputString(). */
void clock_begin(void);
void clock_end(void);

#endif
