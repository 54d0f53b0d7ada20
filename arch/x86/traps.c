/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables and the handler of everything that interrupts the shim.
 */
#include <arch/x86/apic.h>
#include <arch/x86/cpu.h>
#include <arch/x86/gates.h>
#include <arch/x86/layout.h>
#include <arch/x86/traps.h>
#include <core/error.h>
#include <core/fatal.h>

#include <stddef.h>

/* So many interrupts of others, and no more: one that is asserted for ever would be a hang. */
#define MOST_STRAYS 1000

#define EXCEPTION_NMI 2
#define EXCEPTION_DOUBLE_FAULT 8
#define EXCEPTION_PAGE_FAULT 14
#define EXCEPTION_MACHINE_CHECK 18

/* 64-bit TSS (SDM volume 3A, figure 8-11); only the interrupt stacks are used. */
struct __attribute__((packed)) task_state {
	uint32_t reserved0;
	uint64_t privilege_stack[3];
	uint64_t reserved1;
	uint64_t interrupt_stack[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t port_map;
};
_Static_assert(sizeof(struct task_state) == 104, "SDM volume 3A, figure 8-11");

extern const char trap_stubs[];
extern const uint64_t boot_gdt[4];

static struct gate gates[VECTOR_COUNT];
static uint64_t descriptors[6];
static struct task_state task_state;
static uint8_t exception_stack[3][EXCEPTION_STACK_SIZE] __attribute__((aligned(16)));
static void (*event_handler)(void);
static uint32_t nmi_count;
static uint32_t stray_count;

static const char *const exception_name[32] = {
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "vector 9", "#TS", "#NP", "#SS", "#GP", "#PF",
	"vector 15", "#MF", "#AC", "#MC", "#XM", "#VE", "#CP", "vector 22", "vector 23", "vector 24", "vector 25",
	"vector 26", "vector 27", "#HV", "#VC", "#SX", "vector 31",
};

/* Which interrupt stack (1 to 3) a vector has; 0 is the stack it interrupted. */
static uint8_t stack_of(unsigned vector)
{
	switch (vector) {
	case EXCEPTION_DOUBLE_FAULT: return 1;
	case EXCEPTION_NMI: return 2;
	case EXCEPTION_MACHINE_CHECK: return 3;
	default: return 0;
	}
}

static unsigned stub_of(unsigned vector)
{
	switch (vector) {
	case VECTOR_EVENT: return STUB_EVENT;
	case VECTOR_SPURIOUS: return STUB_SPURIOUS;
	default: return vector < EXCEPTION_COUNT ? vector : STUB_STRAY;
	}
}

static void fill_gates(void)
{
	for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
		uint64_t address = (uint64_t)trap_stubs + stub_of(vector) * TRAP_STUB_SIZE;

		gates[vector] = gate_make(address, SELECTOR_CODE64, stack_of(vector));
	}
}

static void fill_descriptors(void)
{
	uint64_t base = (uint64_t)&task_state;

	for (unsigned i = 0; i < 4; i++)
		descriptors[i] = boot_gdt[i];
	descriptors[SELECTOR_TSS / 8] = (sizeof(task_state) - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 |
					(base >> 24 & 0xff) << 56;
	descriptors[SELECTOR_TSS / 8 + 1] = base >> 32;
	for (unsigned i = 0; i < 3; i++)
		task_state.interrupt_stack[i] = (uint64_t)(exception_stack[i] + EXCEPTION_STACK_SIZE);
	task_state.port_map = sizeof(task_state);
}

void traps_start(void)
{
	struct table_pointer gdt = { sizeof(descriptors) - 1, (uint64_t)descriptors };
	struct table_pointer idt = { sizeof(gates) - 1, (uint64_t)gates };

	fill_gates();
	fill_descriptors();
	asm volatile("lgdt %0\n\tlidt %1\n\tltr %w2" : : "m"(gdt), "m"(idt), "r"(SELECTOR_TSS) : "memory");
}

void traps_on_event(void (*handler)(void)) { event_handler = handler; }

uint32_t traps_nmi_count(void) { return nmi_count; }

/*
 * An interrupt that was pending in the local APIC when whoever ran before us left (after kexec the old kernel's timer),
 * and comes as soon as we unmask.  Nobody waits for it any more: Linux acknowledges such ones too (setup_local_APIC()).
 */
QUIET_CODE static void end_stray(const struct trap_frame *frame)
{
	if (++stray_count > MOST_STRAYS)
		fatal(error_make(ERROR_INTERRUPT, "an interrupt that does not end", frame->rip, apic_in_service()));
	apic_end_of_interrupt();
}

/* Called by traps_entry.S with interrupts masked. */
void trap_handle(struct trap_frame *frame);
QUIET_CODE void trap_handle(struct trap_frame *frame)
{
	if (frame->vector == EXCEPTION_NMI) {
		nmi_count++;
		return;
	}
	if (frame->vector == VECTOR_EVENT && event_handler) {
		event_handler();
		return;
	}
	/* A spurious interrupt is not in service and must not be ended (SDM volume 3A, section 11.9); one that was sent to that vector is. */
	if (frame->vector == VECTOR_SPURIOUS && apic_in_service() != VECTOR_SPURIOUS)
		return;
	if (frame->vector == VECTOR_STRAY || frame->vector == VECTOR_SPURIOUS) {
		end_stray(frame);
		return;
	}
	if (frame->vector >= EXCEPTION_COUNT)
		fatal(error_make(ERROR_INTERRUPT, "an interrupt nobody asked for", frame->rip, frame->vector));
	uint64_t detail = frame->vector == EXCEPTION_PAGE_FAULT ? read_cr2() : frame->error;
	fatal(error_make(ERROR_EXCEPTION, exception_name[frame->vector], frame->rip, detail));
}
