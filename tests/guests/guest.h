/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test guests that look: what the PVH guest (pvh.h) and the PV guest (pv/pv.h) share.
 *
 * A check prints what it found with fact() and reports what is not as it should be with wrong(); it goes on either
 * way, so that one run shows everything.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096u

/* verdict.c: the words of the command line, and the verdict. */

/* True when the command line holds `fault=NAME`: break what the next check is about, so that it must report it. */
bool fault(const char *name);
/* True when the command line holds this word. */
bool asked(const char *word);
/* True when the command line holds `NAME=` and a number, in hexadecimal. */
bool asked_number(const char *name, uint64_t *number);
/* Prints `guest: ` and a line, and counts it as a reason to fail. */
void wrong(const char *format, ...);
/* Prints the command line; no word for the shim may be in it. */
void check_cmdline(void);
/* The command line, once it is known. */
extern const char *command_line;
/* The end by an exception, which head.S of each guest calls. */
void exception(uintptr_t vector, uintptr_t error, uintptr_t ip);
/* Says GUEST OK or GUEST FAIL, and ends. */
_Noreturn void verdict(void);

/* print.c: to every console.  Knows %s %c %u %x %llx %%; nothing else. */

void print(const char *format, ...);
void print_arguments(const char *format, __builtin_va_list *arguments);
#define fact(...) (print("guest: "), print(__VA_ARGS__), print("\n"))
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
unsigned text_length(const char *text);
bool text_equal(const char *a, const char *b, unsigned size);

/* image.c: the image itself. */

/* The first look, before anything writes to .bss: 0, or the address of the first byte that is wrong. */
uintptr_t image_bss_wrong(void);
/* A page of the table, for the check that a page of ours vanished. */
void *image_table(void);
void check_image(void);

/* initrd.c */

/* Checks a module of `size` bytes, page(n) being where its bytes from n * PAGE are; false when it is no test initrd. */
bool check_test_initrd(uint8_t *(*page)(uint64_t index), uint64_t size);

/* machine.c, pv/machine.c */

void console_write(const char *text, unsigned size);
_Noreturn void machine_end(bool good);

/* xen.c, pv/machine.c */

long hypercall2(unsigned number, uintptr_t a, uintptr_t b);
long hypercall3(unsigned number, uintptr_t a, uintptr_t b, uintptr_t c);

/* xen_console.c */

/* Writes go to CONSOLEIO_write if `io`, and into the ring in `page` if there is one. */
void xen_console_use(bool io, void *page, uint32_t port);
void xen_console_write(const char *text, unsigned size);
/* Waits, bounded, until the ring has been read. */
void xen_console_drain(void);
_Noreturn void xen_shutdown(bool good);

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

#endif
