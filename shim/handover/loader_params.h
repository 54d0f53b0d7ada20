/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader_params.c: what a loader told Linux in boot_params, told on to the Linux that is entered with boot_params: screen,
 * EFI, disks, setup_data.
 */
#ifndef LULL_SHIM_HANDOVER_LOADER_PARAMS_H
#define LULL_SHIM_HANDOVER_LOADER_PARAMS_H

#include <core/boot_info.h>

/* Bytes beside the page that loader_params_put() fills; 0 at all doors but the Linux door. */
uint64_t loader_params_size(const struct boot_info *info);

/*
 * Copies into a cleared page of boot_params what its next owner, the payload, cannot find out by itself, and to `at`, which
 * is aligned 8, the nodes of setup_data and the firmware's memory map, which the page then names.
 */
void loader_params_put(uint8_t *page, uint64_t at, const struct boot_info *info);

#endif
