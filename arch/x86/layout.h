/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that C and assembly of this directory share: selectors, vectors, sizes.
 */
#ifndef LULL_ARCH_LAYOUT_H
#define LULL_ARCH_LAYOUT_H

/* The Linux 64-bit boot protocol wants CS 0x10 and DS 0x18, so every table of ours has them there. */
#define SELECTOR_CODE32 0x08
#define SELECTOR_CODE64 0x10
#define SELECTOR_DATA   0x18
#define SELECTOR_TSS    0x20

/*
 * Exceptions 0 to 31, and two vectors of our own.  Firmware and Linux give devices the vectors from 0x20 on, so ours are high: a
 * device's interrupt that is pending or in service from before lull is not taken for the event, and does not keep it out.
 */
#define EXCEPTION_COUNT 0x20
#define VECTOR_EVENT    0xf0
#define VECTOR_SPURIOUS 0xff
#define VECTOR_COUNT    0x100

/* The stubs of traps_entry.S behind those of the exceptions.  All vectors but our own share the first, and are this one to C. */
#define VECTOR_STRAY    0x20
#define STUB_STRAY      0x20
#define STUB_EVENT      0x21
#define STUB_SPURIOUS   0x22

#define BOOT_STACK_SIZE      32768
#define EXCEPTION_STACK_SIZE 8192

/* Exception stubs are this far apart (traps_entry.S). */
#define TRAP_STUB_SIZE 16

/*
 * The writable alias of .text: a PML4 slot of its own, so that executable pages are never writable at their address.
 * It is in the upper half, since firmware puts memory and devices anywhere in the lower one; and above the slots 256 to 271,
 * which Xen keeps for itself in a PV guest (xen/include/public/arch-x86/xen-x86_64.h, HYPERVISOR_VIRT_END).
 */
#define TEXT_ALIAS_BASE 0xffff880000000000

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_ET 0x00000010
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000
#define CR4_PAE 0x00000020
#define CR4_MCE 0x00000040
#define CR4_OSFXSR 0x00000200
#define CR4_OSXMMEXCPT 0x00000400
#define MSR_EFER 0xc0000080
#define EFER_LME 0x00000100
#define EFER_NXE 0x00000800

#define PTE_PRESENT  0x001
#define PTE_WRITE    0x002
/* PWT and PCD: uncached, whatever the MTRRs say (SDM volume 3A, section 12.12.3, entry 3 of the PAT). */
#define PTE_UNCACHED 0x018
#define PTE_LARGE    0x080

/* Offsets in the workspace of a leave (leave.c): code and descriptor tables, moves and stack, page tables. */
#define LEAVE_GDT_OFFSET    0x800
#define LEAVE_ORDERS_OFFSET 0x1000
#define LEAVE_STACK_OFFSET  0x2000
#define LEAVE_TABLES_OFFSET 0x2000

#endif
