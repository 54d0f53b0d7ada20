/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Implements traps.h while firmware lives: its own interrupts go on.  Its descriptors are copied, the exceptions and two vectors
 * that it does not use become lull's, and firmware's table is not written.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/gates.h>
#include <arch/x86/layout.h>
#include <arch/x86/traps.h>
#include <core/console.h>
#include <core/fatal.h>
#include <efi/quiet.h>
#include <efi/traps.h>

#include <string.h>

#define EXCEPTION_PAGE_FAULT 14
/*
 * Those that stay firmware's, since they are no mistake of lull's: NMI and #MC, and #VE, #HV and #VC, by which firmware emulates
 * instructions in a confidential virtual machine.
 */
#define EXCEPTIONS_KEPT (1u << 2 | 1u << 18 | 1u << 20 | 1u << 28 | 1u << 29)

/* Made by traps_entry.S. */
extern const char efi_event[], efi_spurious[], efi_exceptions[];

static struct gate gates[VECTOR_COUNT] __attribute__((aligned(16)));
static struct table_pointer firmwares_gates;
static void (*event_handler)(void);

void traps_on_event(void (*handler)(void)) { event_handler = handler; }

/* Called by traps_entry.S, masked. */
void efi_event_handle(void);
QUIET_CODE void efi_event_handle(void)
{
	if (event_handler)
		event_handler();
}

/* Called by traps_entry.S.  Firmware stops the machine at an exception; lull says what it was and gives firmware its machine back. */
_Noreturn void efi_exception_handle(uint64_t vector, uint64_t code, uint64_t instruction);
_Noreturn void efi_exception_handle(uint64_t vector, uint64_t code, uint64_t instruction)
{
	char name[16];

	quiet_abandon();
	asm volatile("sti" : : : "memory");
	format_text(name, sizeof(name), "vector %u", (unsigned)vector);
	fatal(error_make(ERROR_EXCEPTION, name, instruction, vector == EXCEPTION_PAGE_FAULT ? read_cr2() : code));
}

static void set_gate(unsigned vector, const char *entry)
{
	uint16_t selector;

	asm("movw %%cs, %0" : "=r"(selector));
	gates[vector] = gate_make((uint64_t)entry, selector, 0);
}

void traps_start(void)
{
	struct table_pointer own = { sizeof(gates) - 1, (uint64_t)gates };
	uint64_t size;

	asm volatile("sidt %0" : "=m"(firmwares_gates));
	size = (uint64_t)firmwares_gates.limit + 1;
	memcpy(gates, (const void *)firmwares_gates.base, size < sizeof(gates) ? size : sizeof(gates));
	for (unsigned vector = 0; vector < EXCEPTION_COUNT; vector++)
		if (!(EXCEPTIONS_KEPT >> vector & 1))
			set_gate(vector, efi_exceptions + vector * TRAP_STUB_SIZE);
	set_gate(VECTOR_EVENT, efi_event);
	set_gate(VECTOR_SPURIOUS, efi_spurious);
	asm volatile("lidt %0" : : "m"(own) : "memory");
}

void efi_traps_end(void)
{
	if (firmwares_gates.base != 0)
		asm volatile("lidt %0" : : "m"(firmwares_gates) : "memory");
}
