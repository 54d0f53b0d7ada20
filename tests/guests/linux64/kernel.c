/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that is entered as Linux is, by the 64-bit boot protocol, and looks at the state that it is entered in: boot.rst,
 * "64-bit Boot Protocol", and what lull promises beyond it (all registers but rsi are zero, CR4 is PAE alone).  On a
 * machine without Xen.  Its lines about the machine are those of the PVH guest, so that the two can be compared.
 */
#include "../guest.h"

#define COM1 0x3f8
#define EXIT_PORT 0xf4
#define EXIT_GOOD 0x10
#define EXIT_BAD  0x31

#define CR0 0x80010011u			/* PG, WP, ET, PE */
#define CR4 0x20u			/* PAE */
#define MSR_EFER 0xc0000080
#define EFER_LONG 0x500u		/* LME and LMA */
#define EFER_NXE  0x800u
/* RFLAGS but CF, PF, AF, ZF, SF and OF, which mean nothing; bit 1 is always set. */
#define FLAGS_THAT_MATTER (~UINT64_C(0x8d5))

#define MSR_APIC_BASE 0x1b
#define APIC_SPURIOUS 0x0f0
#define APIC_TIMER    0x320
#define APIC_LINT0    0x350

/* struct boot_params (zero-page.rst). */
#define PARAM_RSDP    0x070
#define PARAM_ENTRIES 0x1e8
#define PARAM_LOADER  0x210
#define PARAM_MAGIC   0x202
#define PARAM_INITRD  0x218
#define PARAM_INITRD_SIZE 0x21c
#define PARAM_CMDLINE 0x228
#define PARAM_AREAS   0x2d0
#define AREA_SIZE 20

/* As head.S fills it. */
extern struct {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, flags, cr0, cr3, cr4;
	uint16_t cs, ds, es, ss, padding[3], gdt_limit;
	uint64_t gdt;
	uint16_t padding2[3], idt_limit;
	uint64_t idt;
} state;
_Static_assert(offsetof(__typeof__(state), gdt_limit) == 102 && offsetof(__typeof__(state), idt_limit) == 118, "head.S");

void look(void);

static const uint8_t *params;

static uint8_t port_read(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %w1, %b0" : "=a"(value) : "Nd"(port));
	return value;
}

static void port_write(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %b0, %w1" : : "a"(value), "Nd"(port));
}

void console_write(const char *text, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		while (!(port_read(COM1 + 5) & 0x20))
			;
		port_write(COM1, (uint8_t)text[i]);
	}
}

_Noreturn void machine_end(bool good)
{
	while (!(port_read(COM1 + 5) & 0x40))
		;
	port_write(EXIT_PORT, good ? EXIT_GOOD : EXIT_BAD);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static uint64_t param(unsigned offset, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, params + offset, size);
	return value;
}

static void must_be(const char *name, uint64_t found, uint64_t expected)
{
	if (found != expected)
		wrong("%s is %llx, and not %llx", name, found, expected);
}

static void check_registers(void)
{
	uint64_t efer = read_msr(MSR_EFER);

	fact("entry cr0 %llx cr3 %llx cr4 %llx efer %llx rflags %llx", state.cr0, state.cr3, state.cr4, efer, state.flags);
	must_be("cr0", state.cr0, CR0);
	must_be("cr4", state.cr4, CR4);
	must_be("efer", efer & ~(uint64_t)EFER_NXE, EFER_LONG);
	must_be("rflags", state.flags & FLAGS_THAT_MATTER, 2);
	must_be("rax", state.rax, 0);
	must_be("rbx", state.rbx, 0);
	must_be("rcx", state.rcx, 0);
	must_be("rdx", state.rdx, 0);
	must_be("rdi", state.rdi, 0);
	must_be("rbp", state.rbp, 0);
}

/* A flat segment's descriptor, but for the bit that the CPU sets when it loads it. */
static void must_be_flat(const char *name, unsigned selector, uint64_t expected)
{
	if (state.gdt_limit < selector + 7)
		wrong("the descriptor table ends before %s", name);
	else
		must_be(name, ((const uint64_t *)state.gdt)[selector / 8] | UINT64_C(1) << 40, expected);
}

/* boot.rst: __BOOT_CS is 0x10 and __BOOT_DS 0x18, flat, in a table that is loaded; CS is the one, DS, ES and SS the other. */
static void check_segments(void)
{
	fact("entry cs %x ds %x es %x ss %x gdt %llx limit %x idt limit %x", state.cs, state.ds, state.es, state.ss, state.gdt,
	     state.gdt_limit, state.idt_limit);
	must_be("cs", state.cs, 0x10);
	must_be("ds", state.ds, 0x18);
	must_be("es", state.es, 0x18);
	must_be("ss", state.ss, 0x18);
	must_be_flat("__BOOT_CS", 0x10, 0x00af9b000000ffff);
	must_be_flat("__BOOT_DS", 0x18, 0x00cf93000000ffff);
}

static uint64_t area(unsigned index, unsigned offset, unsigned size)
{
	return param(PARAM_AREAS + index * AREA_SIZE + offset, size);
}

static uint8_t *initrd_page(uint64_t index) { return (uint8_t *)param(PARAM_INITRD, 4) + index * PAGE; }

static void check_params(void)
{
	fact("boot_params at %llx loader %x rsdp %llx", state.rsi, (uint32_t)param(PARAM_LOADER, 1), param(PARAM_RSDP, 8));
	must_be("the loader", param(PARAM_LOADER, 1), 0xff);
	must_be("the header's magic", param(PARAM_MAGIC, 4), 0x53726448);
	command_line = (const char *)param(PARAM_CMDLINE, 4);
	check_cmdline();
	for (unsigned i = 0; i < param(PARAM_ENTRIES, 1); i++)
		fact("area %llx-%llx %s", area(i, 0, 8), area(i, 0, 8) + area(i, 8, 8), area(i, 16, 4) == 1 ? "ram" : "other");
	if (asked("expect-initrd") && !check_test_initrd(initrd_page, param(PARAM_INITRD_SIZE, 4)))
		wrong("the initrd is not the test initrd");
}

static uint32_t apic_read(uint32_t offset)
{
	return *(volatile uint32_t *)((read_msr(MSR_APIC_BASE) & ~(uint64_t)(PAGE - 1)) + offset);
}

static void check_machine(void)
{
	fact("pic masks %x %x", (uint32_t)port_read(0x21), (uint32_t)port_read(0xa1));
	fact("apic base %llx", read_msr(MSR_APIC_BASE));
	fact("apic spurious %x timer %x lint0 %x", apic_read(APIC_SPURIOUS), apic_read(APIC_TIMER), apic_read(APIC_LINT0));
}

void look(void)
{
	params = (const uint8_t *)state.rsi;
	fact("this is linux64");
	check_registers();
	check_segments();
	check_params();
	check_machine();
	verdict();
}
