/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets in Linux's boot_params (Linux, Documentation/arch/x86/zero-page.rst and boot.rst), which the Linux door reads
 * and the hand-over writes.
 */
#ifndef LULL_CORE_BOOT_PARAMS_H
#define LULL_CORE_BOOT_PARAMS_H

#define BOOT_PARAMS_SIZE              4096
#define BOOT_PARAMS_RSDP              0x070
#define BOOT_PARAMS_EXT_RAMDISK_IMAGE 0x0c0
#define BOOT_PARAMS_EXT_RAMDISK_SIZE  0x0c4
#define BOOT_PARAMS_EXT_CMD_LINE_PTR  0x0c8
#define BOOT_PARAMS_EFI_INFO          0x1c0
#define BOOT_PARAMS_EFI_TABLE         0x1c4
#define BOOT_PARAMS_EFI_STEP          0x1c8
#define BOOT_PARAMS_EFI_VERSION       0x1cc
#define BOOT_PARAMS_EFI_MAP           0x1d0
#define BOOT_PARAMS_EFI_MAP_SIZE      0x1d4
#define BOOT_PARAMS_EFI_TABLE_HIGH    0x1d8
#define BOOT_PARAMS_EFI_MAP_HIGH      0x1dc
#define BOOT_PARAMS_E820_ENTRIES      0x1e8
#define BOOT_PARAMS_SENTINEL          0x1ef
#define BOOT_PARAMS_HEADER            0x1f1
#define BOOT_PARAMS_MAGIC             0x202
#define BOOT_PARAMS_TYPE_OF_LOADER    0x210
#define BOOT_PARAMS_RAMDISK_IMAGE     0x218
#define BOOT_PARAMS_RAMDISK_SIZE      0x21c
#define BOOT_PARAMS_CMD_LINE_PTR      0x228
#define BOOT_PARAMS_SETUP_DATA        0x250
#define BOOT_PARAMS_E820_TABLE        0x2d0
#define BOOT_PARAMS_E820_ENTRY        20
#define BOOT_PARAMS_E820_MOST         128

/*
 * screen_info, at the beginning (Linux, include/uapi/linux/screen_info.h).  The colours are size and position of red, green, blue and
 * the rest.
 */
#define SCREEN_INFO_TYPE         0x0f
#define SCREEN_INFO_WIDTH        0x12
#define SCREEN_INFO_HEIGHT       0x14
#define SCREEN_INFO_DEPTH        0x16
#define SCREEN_INFO_BASE         0x18
#define SCREEN_INFO_SIZE         0x1c
#define SCREEN_INFO_LINE         0x24
#define SCREEN_INFO_COLOURS      0x26
#define SCREEN_INFO_PAGES        0x32
#define SCREEN_INFO_CAPABILITIES 0x36
#define SCREEN_INFO_BASE_HIGH    0x3a
#define SCREEN_TYPE_LINEAR       0x23
#define SCREEN_TYPE_EFI          0x70
#define SCREEN_CAPABILITY_64BIT  2

/* "HdrS" at BOOT_PARAMS_MAGIC: this is a setup header of protocol 2.00 or later. */
#define BOOT_PARAMS_HDRS 0x53726448

/* struct setup_data: next (8 bytes), type (4), length (4), data. */
#define SETUP_DATA_HEADER   16
#define SETUP_DATA_E820_EXT 1
#define SETUP_DATA_RNG_SEED 9
#define SETUP_DATA_INDIRECT 0x80000000u

#endif
