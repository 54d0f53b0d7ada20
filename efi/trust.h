/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trust.c: Secure Boot and a kernel inside a signed image.
 */
#ifndef LULL_EFI_TRUST_H
#define LULL_EFI_TRUST_H

#include <efi.h>

#include <core/span.h>

/*
 * From now on firmware takes these bytes, at this device path, without a signature of their own.  Whatever else it is asked
 * about, it decides as before.  Does nothing on firmware without the protocols that decide.
 */
void trust_begin(struct span bytes, const EFI_DEVICE_PATH *path);

/* Firmware decides by itself again. */
void trust_end(void);

#endif
