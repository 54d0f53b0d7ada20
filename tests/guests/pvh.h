/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the PVH guest share.  The same sources make a 32-bit and a 64-bit guest.
 */
#ifndef PVH_H
#define PVH_H

#include "guest.h"

#define MARKER 0x6c756c6c

#ifdef MULTIBOOT
#define LOOK_NAME MULTIBOOT == 1 ? "multiboot1_look" : "multiboot2_look"
#else
#define LOOK_NAME "pvh_look"
#endif

/* machine.c: consoles, interrupt controllers, the end. */

void machine_start(uint32_t start_flags);
/* The vector of the highest interrupt that the local APIC holds requested (`service` false) or in service; 0 if none. */
unsigned lapic_vector(bool service);
/* Turns the local APIC on by software; off, it takes no vector. */
void lapic_enable(void);
void check_machine(void);

/* entry.c: the entry state; start_info.c or multiboot.c: what the loader told, and what hangs on it. */

struct entry_state {
	uint32_t start_info, cr0, cr4, eflags, ds_marker, es_marker, efer, tr, magic;
};
extern struct entry_state entry_state;

struct area {
	uint64_t start, end;
	bool ram;
};

#define MAX_AREAS 160
#define MAX_MODULES 16

/* Where a module is, and its command line; 0 for none. */
struct module {
	uint64_t start, size, line;
};

struct found {
	uint32_t flags;
	uint32_t modules;
	struct module module[MAX_MODULES];
	uint32_t area_count;
	struct area area[MAX_AREAS];
	/* What the loader handed over, kept out of the memory test: start_info, tables, strings, modules. */
	uint32_t kept_count;
	struct area kept[40];
};
extern struct found found;

/* Keeps memory out of the test; text too, which it returns: NULL when there is none or it cannot be reached. */
void keep(uint64_t start, uint64_t size);
const char *keep_text(uint64_t address);

/* Reads what the loader told; false when there is nothing to read. */
bool read_start_info(void);
void check_entry_state(void);
void check_start_info(void);
/* True when [start, end) lies inside one area of RAM. */
bool inside_ram(uint64_t start, uint64_t end);

/* modules.c */

void check_modules(void);

/* memory.c */

/* A pointer to a physical address, or NULL where this guest cannot reach. */
void *reach(uint64_t address);
void check_memory_map(void);
/* Writes and reads a word of every page of RAM that is not in use; `when` says which pass it is. */
void check_memory(const char *when);

/* xen.c: hypercalls.  All are harmless where there is no Xen, and on_xen() is false there. */

bool on_xen(void);
uint64_t hvm_parameter(uint32_t index);
bool xen_memory_map(struct found *into);
void xen_console_start(bool dom0);

/* traces.c: what a boot loader may leave behind in Xen. */

void check_traces(void);

static inline uint8_t port_read(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void port_write(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

#endif
