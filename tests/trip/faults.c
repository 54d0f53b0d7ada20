/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the CPU, the page tables and the compiler's checks must stop.  Instructions where C would be undefined.
 */
#include "trip.h"

#include <arch/x86/apic.h>
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/ports.h>
#include <core/check.h>
#include <core/console.h>
#include <pv/events.h>
#include <string.h>

#include <limits.h>

#define OPCODE_RET 0xc3
#define NOT_CANONICAL UINT64_C(0x0123456789abcdef)

extern const char text_start[], rodata_start[], boot_stack_guard[];

static void store(uint64_t address) { asm volatile("movb $0x90, (%0)" : : "r"(address) : "memory"); }
static void load(uint64_t address) { asm volatile("movb (%0), %%al" : : "r"(address) : "rax", "memory"); }
static void run(const void *address) { asm volatile("call *%0" : : "r"(address) : "memory"); }

static uint8_t code_in_data[] = { OPCODE_RET };
static const uint8_t code_in_rodata[] = { OPCODE_RET };

static void write_text(void) { store((uint64_t)text_start); }
static void write_rodata(void) { store((uint64_t)rodata_start); }
static void write_alias_of_rodata(void) { store(TEXT_ALIAS_BASE + (uint64_t)rodata_start); }
static void write_page_0(void) { store(16); }
static void write_unmapped(void) { store(UINT64_C(6) << 30); }
static void read_guard(void) { load((uint64_t)boot_stack_guard); }
static void run_data(void) { run(code_in_data); }
static void run_rodata(void) { run(code_in_rodata); }
static void run_alias(void) { run((const void *)(TEXT_ALIAS_BASE + (uint64_t)text_start)); }
static void run_page_0(void) { run((const void *)16); }
static void run_memory(void) { run((const void *)(UINT64_C(8) << 20)); }

static void run_stack(void)
{
	uint8_t code[16];

	memset(code, OPCODE_RET, sizeof(code));
	run(code);
}

static void overflow_stack(void) { asm volatile("1: pushq %%rax\n\tjmp 1b" : : : "memory"); }

/* The frame's own canary is what stands between the buffer and the return address. */
__attribute__((noinline)) static void smash(unsigned size)
{
	char buffer[16];
	char *at = buffer;

	asm volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(0x41) : "memory");
}

static void smash_canary(void) { smash(48); }

static volatile int number = INT_MAX, shift = 40, zero;
static volatile int items[4];
static int *volatile pointer;

static void ubsan_overflow(void) { number = number + 1; }
static void ubsan_shift(void) { zero = 1 << shift; }
static void ubsan_bounds(void) { zero = items[shift]; }
static void ubsan_null(void) { *pointer = 0; }
static void ubsan_unreachable(void) { __builtin_unreachable(); }

static void divide(void) { asm volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx", "cc"); }
static void general_protection(void) { load(NOT_CANONICAL); }
static void undefined(void) { asm volatile("ud2"); }
static void machine_check(void) { asm volatile("int $18"); }
static void nmi(void) { asm volatile("int $2"); }

/* With a stack pointer that points to no memory; an NMI comes at any instruction, and in a guest's last ones too. */
static void nmi_without_stack(void)
{
	asm volatile("movq %%rsp, %%rbx\n\tmovq %0, %%rsp\n\tint $2\n\tmovq %%rbx, %%rsp"
		     : : "r"((uint64_t)boot_stack_guard + 64) : "rbx", "memory");
}

static void event(void) { asm volatile("int %0" : : "i"(VECTOR_EVENT)); }
static void spurious(void) { asm volatile("int %0" : : "i"(VECTOR_SPURIOUS)); }
static void no_gate(void) { asm volatile("int $0x80"); }

/* Of devices the first and the last, of Linux's timer, and of a real one where spurious ones come. */
static const uint8_t stray_vectors[] = { 0xec, 0x20, 0x21, 0x2f, 0x30, VECTOR_SPURIOUS };
#define STRAY_VECTORS (sizeof(stray_vectors) / sizeof(stray_vectors[0]))

/* Interrupts of whoever ran before, each taken at once. */
static void strays(unsigned count)
{
	uint16_t masks = pic_mask_all();
	struct apic_state state = apic_open();

	for (unsigned i = 0; i < count; i++) {
		apic_self_interrupt(stray_vectors[i % STRAY_VECTORS]);
		asm volatile("sti\n\tnop\n\tcli");
	}
	console_printf("trip: in service %u\n", apic_in_service());
	apic_close(state);
	pic_restore(masks);
}

/* The same, and one of the proof's own vector, all pending when the proof begins. */
void strays_pend(void)
{
	struct apic_state state = apic_open();

	for (unsigned i = 0; i < STRAY_VECTORS; i++)
		apic_self_interrupt(stray_vectors[i]);
	apic_self_interrupt(VECTOR_EVENT);
	console_printf("trip: %u and %u pending\n", apic_requested(0x21), apic_requested(VECTOR_EVENT));
	apic_close(state);
}

static void some_strays(void) { strays(1000); }
static void endless_strays(void) { strays(1001); }

static void false_check(void) { CHECK(number == 0); }

static const struct {
	const char *name;
	enum stage stage;
	void (*make)(void);
} faults[] = {
	{ "door-fault", STAGE_DOOR, undefined },
	{ "door-guard", STAGE_DOOR, read_guard },
	{ "door-check", STAGE_DOOR, false_check },
	{ "unpatched-site", STAGE_AWAKE, events_mask },
	{ "write-text", STAGE_PATCHED, write_text },
	{ "write-rodata", STAGE_PATCHED, write_rodata },
	{ "write-alias-of-rodata", STAGE_PATCHED, write_alias_of_rodata },
	{ "write-page-0", STAGE_PATCHED, write_page_0 },
	{ "write-unmapped", STAGE_PATCHED, write_unmapped },
	{ "read-guard", STAGE_PATCHED, read_guard },
	{ "run-data", STAGE_PATCHED, run_data },
	{ "run-rodata", STAGE_PATCHED, run_rodata },
	{ "run-stack", STAGE_PATCHED, run_stack },
	{ "run-alias", STAGE_PATCHED, run_alias },
	{ "run-page-0", STAGE_PATCHED, run_page_0 },
	{ "run-memory", STAGE_PATCHED, run_memory },
	{ "overflow-stack", STAGE_PATCHED, overflow_stack },
	{ "smash-canary", STAGE_PATCHED, smash_canary },
	{ "ubsan-overflow", STAGE_PATCHED, ubsan_overflow },
	{ "ubsan-shift", STAGE_PATCHED, ubsan_shift },
	{ "ubsan-bounds", STAGE_PATCHED, ubsan_bounds },
	{ "ubsan-null", STAGE_PATCHED, ubsan_null },
	{ "ubsan-unreachable", STAGE_PATCHED, ubsan_unreachable },
	{ "divide", STAGE_PATCHED, divide },
	{ "general-protection", STAGE_PATCHED, general_protection },
	{ "machine-check", STAGE_PATCHED, machine_check },
	{ "nmi", STAGE_PATCHED, nmi },
	{ "nmi-without-stack", STAGE_PATCHED, nmi_without_stack },
	{ "event", STAGE_PATCHED, event },
	{ "spurious", STAGE_PATCHED, spurious },
	{ "no-gate", STAGE_PATCHED, no_gate },
	{ "strays", STAGE_PATCHED, some_strays },
	{ "endless-strays", STAGE_PATCHED, endless_strays },
	{ "false-check", STAGE_PATCHED, false_check },
};

void fault_at(enum stage stage)
{
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].stage == stage && tripping(faults[i].name))
			faults[i].make();
}
