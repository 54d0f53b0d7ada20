/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console.c: text for the user by firmware's own consoles.
 */
#ifndef LULL_EFI_CONSOLE_H
#define LULL_EFI_CONSOLE_H

#include <stddef.h>

/* Looks for a serial port that is not one of ConOut's consoles.  Until then there is ConOut alone. */
void efi_console_start(void);

/* Writes to ConOut, and to that serial port. */
void efi_console_write(const char *text, size_t size);

#endif
