/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shim.c: leaves boot services and starts lull.elf, which lull.efi has in its section .shim, as a loader of Linux would: by
 * boot_params.  It starts any kernel that it starts elsewhere, patches it, and passes on what boot_params say of the machine.
 */
#ifndef LULL_EFI_SHIM_H
#define LULL_EFI_SHIM_H

#include <core/error.h>

/*
 * Puts lull.elf where it is linked, and makes its boot_params: the image itself as the initrd, which is a UKI, with the initrds of add-ons; the line; ACPI,
 * the screen, a random seed, Secure Boot, firmware's tables.  All that can fail is done before boot services end, and then this does not
 * return.  Errors: EFI_SERVICE, EFI_PLACE, EFI_MEMORY_MAP, MEMORY_MAP_ENTRIES, those of unpack_gzip() and elf_parse().
 */
struct error shim_start(const char *line);

#endif
