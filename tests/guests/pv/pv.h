/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the PV guest share.  Facts are from Xen's public/xen.h, where "startofday" describes the layout.
 */
#ifndef PV_H
#define PV_H

#include "../xen_guest.h"
#include "place.h"

#define PTE_PRESENT  UINT64_C(0x001)
#define PTE_WRITABLE UINT64_C(0x002)
#define PTE_LARGE    UINT64_C(0x080)
#define PTE_NX       (UINT64_C(1) << 63)
#define PTE_ADDRESS  UINT64_C(0x000ffffffffff000)
/* Present, accessed, dirty; Xen adds what else it needs. */
#define PTE_READ     UINT64_C(0x061)
#define PTE_WRITE    UINT64_C(0x063)

/* In the pages between scratch_start and scratch_end of the image, which may show other frames than their own. */
#define SCRATCH __attribute__((section(".bss.scratch"), aligned(PAGE)))

extern uint8_t image_start[], image_end[], scratch_start[], scratch_end[];

/* head.S */

extern struct entry_state {
	uint64_t start_info, stack, flags, cs, ss;
} entry_state;
long hypercall4(unsigned number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d);

/* entry.c: the entry state and start_info. */

/* A copy, so that a fault can be put into it; all zero while there is none. */
extern struct start_info info;
bool read_start_info(void);
void check_entry_state(void);
void check_start_info(void);

/* p2m.c: which frame is where. */

/* The frame of a page of the domain, from the list that came with start_info. */
uint64_t frame_of(uint64_t pfn);
/* The page of the domain that a frame is, from Xen's own table; NO_PAGE where that table does not reach. */
uint64_t page_of(uint64_t mfn);
#define NO_PAGE UINT64_MAX
static inline uint64_t page_at(uintptr_t address) { return (address - VIRT_BASE) / PAGE; }
void check_p2m(void);

/* map.c: other frames in the scratch pages. */

/* Shows a frame at a scratch page; 0, or Xen's error. */
long map_frame(void *page, uint64_t mfn, bool writable);
/* Gives a scratch page its own frame back. */
void map_own(void *page);
/* Writes any page table entry for an address. */
long map_entry(uintptr_t address, uint64_t entry);
#define WINDOW 128u
extern uint8_t window[WINDOW][PAGE];
/* Shows `count` pages of the domain in the window, writable; error[i] is 0 or Xen's error for each. */
void map_window(const uint64_t *pfn, unsigned count, long *error);

/* layout.c: what lies where. */

enum element { KERNEL, MODULE, P2M, START_INFO, STORE, CONSOLE, TABLES, STACK, ELEMENTS };
struct range {
	const char *name;
	uint64_t start, end;		/* pages of the domain; equal when there is no such element */
};
extern struct range layout[ELEMENTS];
void find_layout(void);
void check_layout(void);

/* tables.c: the initial page tables. */

/* The first address behind the mapping that begins at VIRT_BASE, as it was found. */
extern uint64_t mapping_end;
void check_tables(void);

/* module.c */

void check_module(void);

/* memory.c: the rest of RAM. */

void check_memory(void);

/* traces.c: what a boot loader may leave behind in Xen. */

/* The first look at shared_info. */
void check_shared_info(void);
void check_traces(void);

/* context.c: what only another CPU of a dom0 can ask Xen. */

/* Asks, where there is a second CPU; to be called before anything is registered. */
void look_at_context(void);
void check_context(void);

/* sites.c: what lull patched, when the command line says that it did. */
void check_sites(void);

/* machine.c */

void console_start(void);
void exceptions_start(void);

#endif
