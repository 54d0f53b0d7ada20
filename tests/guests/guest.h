/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test guest that looks: what its files share.  The same sources make a 32-bit and a 64-bit guest.
 *
 * A check prints what it found with fact() and reports what is not as it should be with wrong(); it goes on either
 * way, so that one run shows everything.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKER 0x6c756c6c
#define PAGE   4096u

/* look.c: the words of the command line, and the verdict. */

/* True when the command line holds `fault=NAME`: break what the next check is about, so that it must report it. */
bool fault(const char *name);
/* True when the command line holds this word. */
bool asked(const char *word);
/* Prints `guest: ` and a line, and counts it as a reason to fail. */
void wrong(const char *format, ...);
void exception(uintptr_t vector, uintptr_t error, uintptr_t ip);

/* print.c: to every console.  Knows %s %c %u %x %llx %%; nothing else. */

void print(const char *format, ...);
void print_arguments(const char *format, __builtin_va_list *arguments);
#define fact(...) (print("guest: "), print(__VA_ARGS__), print("\n"))
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
unsigned text_length(const char *text);
bool text_equal(const char *a, const char *b, unsigned size);

/* machine.c: consoles, interrupt controllers, the end. */

void machine_start(uint32_t start_flags);
void console_write(const char *text, unsigned size);
/* The vector of the highest interrupt that the local APIC holds requested (`service` false) or in service; 0 if none. */
unsigned lapic_vector(bool service);
/* Turns the local APIC on by software; off, it takes no vector. */
void lapic_enable(void);
void check_machine(void);
_Noreturn void machine_end(bool good);

/* entry.c: the image itself, the entry state, start_info and what hangs on it. */

struct entry_state {
	uint32_t start_info, cr0, cr4, eflags, ds_marker, es_marker, efer, tr;
};
extern struct entry_state entry_state;

struct area {
	uint64_t start, end;
	bool ram;
};

#define MAX_AREAS 160

struct found {
	uint32_t flags;
	uint32_t modules;
	const char *cmdline;
	uint32_t area_count;
	struct area area[MAX_AREAS];
	/* What the loader handed over, kept out of the memory test: start_info, tables, strings, modules. */
	uint32_t kept_count;
	struct area kept[16];
};
extern struct found found;

/* The first look, before anything writes to .bss: 0, or the address of the first byte that is wrong. */
uintptr_t image_bss_wrong(void);
/* A page of the table, for the check that a page of ours vanished. */
void *image_table(void);
/* Reads start_info; false when there is none to read. */
bool read_start_info(void);
void check_image(void);
void check_entry_state(void);
void check_start_info(void);
/* True when [start, end) lies inside one area of RAM. */
bool inside_ram(uint64_t start, uint64_t end);

/* initrd.c */

void check_modules(void);

/* memory.c */

/* A pointer to a physical address, or NULL where this guest cannot reach. */
void *reach(uint64_t address);
void check_memory_map(void);
/* Writes and reads a word of every page of RAM that is not in use; `when` says which pass it is. */
void check_memory(const char *when);

/* xen.c: hypercalls.  All are harmless where there is no Xen, and on_xen() is false there. */

bool on_xen(void);
long hypercall2(unsigned number, uintptr_t a, uintptr_t b);
long hypercall3(unsigned number, uintptr_t a, uintptr_t b, uintptr_t c);
uint64_t hvm_parameter(uint32_t index);
bool xen_memory_map(struct found *into);
void xen_console_start(bool dom0);
void xen_console_write(const char *text, unsigned size);
void xen_console_drain(void);
_Noreturn void xen_shutdown(bool good);

/* traces.c: what a boot loader may leave behind in Xen. */

void check_traces(void);

static inline void cpuid(uint32_t leaf, uint32_t out[4])
{
	__asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

static inline uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

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
