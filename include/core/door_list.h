/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doors: DOOR(CONSTANT, name), as the first status line names each (lull-boot(7)).  arch/x86/doors.h has what reads them.
 * Included once for each use, as the others of its kind are.
 */
DOOR(PVH, "pvh")
DOOR(MULTIBOOT1, "multiboot1")
DOOR(MULTIBOOT2, "multiboot2")
DOOR(LINUX, "linux")
DOOR(XEN_PV, "pv")
/* Firmware's boot services live, and lull.efi has its own story (efi/main.c). */
DOOR(UEFI, "uefi")
