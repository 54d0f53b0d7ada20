/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page-table entries as a 64-bit Xen PV guest writes them (SDM volume 3A, section 4.5; frames are the machine's).
 */
#ifndef LULL_PV_XEN_PTE_H
#define LULL_PV_XEN_PTE_H

#include <stdint.h>

#define XEN_PTE_PRESENT    UINT64_C(0x001)
#define XEN_PTE_WRITE      UINT64_C(0x002)
#define XEN_PTE_USER       UINT64_C(0x004)
#define XEN_PTE_ACCESSED   UINT64_C(0x020)
#define XEN_PTE_DIRTY      UINT64_C(0x040)
#define XEN_PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define XEN_PTE_FRAME      UINT64_C(0x000ffffffffff000)

/* What xl's builder gives a page, and a table (tools/libs/guest/xg_dom_x86.c, L1_PROT and the others). */
#define XEN_PTE_PAGE  (XEN_PTE_PRESENT | XEN_PTE_WRITE | XEN_PTE_ACCESSED)
#define XEN_PTE_TABLE (XEN_PTE_PRESENT | XEN_PTE_WRITE | XEN_PTE_ACCESSED | XEN_PTE_DIRTY | XEN_PTE_USER)

#define XEN_PTE_ENTRIES 512
/* The entry for an address in a table of pages (level 0) or in one above. */
#define XEN_PTE_INDEX(address, level) ((address) >> (12 + 9 * (level)) & (XEN_PTE_ENTRIES - 1))

#endif
