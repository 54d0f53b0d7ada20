/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_params.c: what Linux's EFI stub would tell Linux of the machine (Linux, Documentation/arch/x86/zero-page.rst).
 */
#ifndef LULL_EFI_BOOT_PARAMS_H
#define LULL_EFI_BOOT_PARAMS_H

#include <core/boot_info.h>

/* Fills a page of zeros with all but the memory map: the header, initrd and line, ACPI, the screen, a random seed, Secure Boot. */
void boot_params_fill(uint8_t *page, struct range initrd, const char *line);

/* Adds firmware's memory map, `step` bytes a descriptor, and what it says as regions. */
void boot_params_put_map(uint8_t *page, struct span map, uint32_t step, uint32_t version, const struct memory_map *regions);

#endif
