/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the two images lie: one like mini-os, with all that it is given in its initial mapping, and one like Linux.
 * For C, assembly and the linker script.
 */
#ifndef PLACE_H
#define PLACE_H

#ifdef PV_HIGH
#define VIRT_BASE      0xffffffff80000000
#define IMAGE_PADDR    0x1000000
#define P2M_BASE       0x8000000000
#define MODULE_BY_PAGE 1			/* the module need not be mapped */
#else
#define VIRT_BASE      0
#define IMAGE_PADDR    0				/* page 0 is the image's first, as GRUB's and mini-os's own is */
#define P2M_BASE       0			/* none: the list is part of the initial mapping */
#define MODULE_BY_PAGE 0
#endif

#endif
