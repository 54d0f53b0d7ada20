/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work_memory.c: memory that the story may use before anything is moved.
 */
#ifndef LULL_SHIM_MEMORY_WORK_MEMORY_H
#define LULL_SHIM_MEMORY_WORK_MEMORY_H

#include <core/boot_info.h>
#include <shim/memory/free_memory.h>
#include <shim/payload/payload.h>

/* Embedded image, modules, the initrd of add-ons, nodes of setup_data, EFI memory map. */
#define KEPT_MOST (1 + BOOT_MAX_MODULES + 1 + BOOT_MAX_SETUP_DATA + 1)

/* What the loader left in memory, beside the shim itself, that is still read until the hand-over; returns how many ranges. */
uint32_t kept_memory(const struct boot_info *info, struct range kept[KEPT_MOST]);

/*
 * Whether the nodes of setup_data and the firmware's map lie in regions of the memory map, which is sorted: a length that is
 * wrong reaches past them.  Error: BOOT_PARAMS.
 */
struct error loader_data_check(const struct boot_info *info);

/*
 * RAM from the first MiB to 4 GiB in which nothing lies that is still needed: not the shim, kept_memory(), or an unpacked
 * kernel; the payload is NULL while none is found.  Whoever takes some of it calls machine_reach() before writing to it.
 */
struct free_memory work_memory(const struct boot_info *info, const struct payload *payload);

enum room { ROOM_LOWEST, ROOM_HIGHEST };

/*
 * Takes `size` bytes out of `room`, page aligned, the lowest there is or the highest, and makes it reachable.  Size
 * 0 takes nothing.  Errors: `code` (there is no such room: expected is the KiB needed, found the KiB of the largest), REACH.
 */
struct error room_take(struct free_memory *room, uint64_t size, enum room which, enum error_code code, struct range *out);

#endif
