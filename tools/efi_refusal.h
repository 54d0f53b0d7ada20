/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * efi_refusal.S: the code of a UKI that lull pack makes, data to this program: position-independent bytes.
 */
#ifndef LULL_TOOLS_EFI_REFUSAL_H
#define LULL_TOOLS_EFI_REFUSAL_H

#include <stdint.h>

extern const uint8_t efi_refusal_start[];
extern const uint8_t efi_refusal_end[];

#endif
