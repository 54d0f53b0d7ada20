/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initrd.c: how Linux's EFI stub finds its initrd: LoadFile2 on a handle with a device path that says so (Linux,
 * Documentation/arch/x86/boot.rst, "EFI Handover"; drivers/firmware/efi/libstub/efi-stub-helper.c).
 */
#ifndef LULL_EFI_INITRD_H
#define LULL_EFI_INITRD_H

#include <core/error.h>
#include <core/span.h>

/*
 * Publishes one initrd of several parts, each at a multiple of 4 bytes: the parts in their order, and behind them the initrd
 * that an earlier stage of the boot has published, whose place it takes.  With no bytes in any part it publishes nothing,
 * and leaves the earlier one.  Errors: EFI_SERVICE.
 */
struct error initrd_publish(const struct span *part, unsigned count);

/* Takes it back, and gives the earlier stage its place again. */
void initrd_withdraw(void);

#endif
