/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets in a descriptor of UEFI's memory map (EFI_MEMORY_DESCRIPTOR, UEFI 2.10, section 7.2.3), which firmware makes as long as it
 * likes, and the types that more than one file asks for.
 */
#ifndef LULL_CORE_EFI_MAP_H
#define LULL_CORE_EFI_MAP_H

#define EFI_DESCRIPTOR_TYPE      0
#define EFI_DESCRIPTOR_START     8
#define EFI_DESCRIPTOR_PAGES     24
#define EFI_DESCRIPTOR_ATTRIBUTE 32
#define EFI_DESCRIPTOR_SIZE      40

#define EFI_TYPE_BOOT_SERVICES_CODE 3
#define EFI_TYPE_BOOT_SERVICES_DATA 4

#endif
