/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_map.c: firmware's memory map (UEFI 2.10, section 7.2.3) as the regions that everybody after firmware knows.  Pure.
 */
#ifndef LULL_EFI_MEMORY_MAP_H
#define LULL_EFI_MEMORY_MAP_H

#include <core/boot_info.h>

/*
 * Reads descriptors that are `step` bytes apart, in any order, into regions that ascend; neighbours of one type become one.
 * What boot services use is RAM, since they have ended when it is read.  Descriptors that say nothing (no pages, a type that
 * nobody knows) are left out.  Errors: EFI_MEMORY_MAP (`step` is too small, a descriptor is cut or wraps), MEMORY_MAP_ENTRIES.
 */
struct error efi_memory_map_read(struct span map, uint64_t step, struct memory_map *out);

#endif
