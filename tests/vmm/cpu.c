/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a CPU begins with: regs.rs, msr.rs, interrupts.rs and the CPUID of either monitor.
 */
#include "vmm.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#define MAX_LEAVES 256

/* The table of the PVH entry: code, data, and a TSS of 0x67. */
static const uint64_t gdt[] = { 0, UINT64_C(0x00cf9b000000ffff), UINT64_C(0x00cf93000000ffff), UINT64_C(0x00008b0000000067) };

/* What hides in KVM's own leaves and differs from CPU to CPU, or from machine to machine. */
static void set_cpuid(const struct vmm *vmm, int cpu, unsigned number)
{
	static union {
		struct kvm_cpuid2 list;
		uint8_t room[sizeof(struct kvm_cpuid2) + MAX_LEAVES * sizeof(struct kvm_cpuid_entry2)];
	} leaves;

	leaves.list.nent = MAX_LEAVES;
	must(vmm->kvm, KVM_GET_SUPPORTED_CPUID, &leaves, "KVM_GET_SUPPORTED_CPUID");
	for (unsigned i = 0; i < leaves.list.nent; i++) {
		struct kvm_cpuid_entry2 *leaf = &leaves.list.entries[i];

		switch (leaf->function) {
		case 1:
			leaf->ebx = (leaf->ebx & 0xffff) | number << 24 | vmm->cpus << 16;
			/* The deadline timer, which the in-kernel APIC has, and a hypervisor. */
			leaf->ecx |= 1u << 24 | 1u << 31;
			leaf->edx |= vmm->cpus > 1 ? 1u << 28 : 0;
			break;
		case 0xb:
		case 0x1f:
			leaf->edx = number;
			break;
		case 0x80000008:
			leaf->ecx = vmm->cpus - 1;
			break;
		case 0x8000001e:
			leaf->eax = number;
			leaf->ebx = number;
			break;
		}
	}
	must(cpu, KVM_SET_CPUID2, &leaves, "KVM_SET_CPUID2");
}

/* LINT0 takes the 8259s' interrupts, LINT1 NMIs. */
static void set_apic(int cpu)
{
	enum { LINT0 = 0x350, LINT1 = 0x360, MODE_NMI = 4, MODE_EXTERNAL = 7 };
	struct kvm_lapic_state state = { 0 };
	const unsigned where[] = { LINT0, LINT1 }, mode[] = { MODE_EXTERNAL, MODE_NMI };

	must(cpu, KVM_GET_LAPIC, &state, "KVM_GET_LAPIC");
	for (unsigned i = 0; i < 2; i++) {
		uint32_t value;

		memcpy(&value, state.regs + where[i], sizeof(value));
		value = (value & ~UINT32_C(0x700)) | mode[i] << 8;
		memcpy(state.regs + where[i], &value, sizeof(value));
	}
	must(cpu, KVM_SET_LAPIC, &state, "KVM_SET_LAPIC");
}

/* Fast strings, and memory that is cached where no range says otherwise. */
static void set_msrs(int cpu)
{
	enum { MISC_ENABLE = 0x1a0, MTRR_DEFAULT = 0x2ff };
	union {
		struct kvm_msrs list;
		uint8_t room[sizeof(struct kvm_msrs) + 2 * sizeof(struct kvm_msr_entry)];
	} msrs = { .list = { .nmsrs = 2 } };

	msrs.list.entries[0] = (struct kvm_msr_entry){ .index = MISC_ENABLE, .data = 1 };
	msrs.list.entries[1] = (struct kvm_msr_entry){ .index = MTRR_DEFAULT, .data = 0x806 };
	must(cpu, KVM_SET_MSRS, &msrs, "KVM_SET_MSRS");
}

static struct kvm_segment segment(unsigned index)
{
	const uint64_t entry = gdt[index];
	const bool granular = entry >> 55 & 1;
	const uint32_t limit = (uint32_t)(entry & 0xffff) | (uint32_t)(entry >> 32 & 0xf0000);

	return (struct kvm_segment){
		.limit = granular ? limit << 12 | 0xfff : limit,
		.selector = (uint16_t)(index * 8),
		.type = entry >> 40 & 0xf,
		.s = entry >> 44 & 1,
		.present = entry >> 47 & 1,
		.db = entry >> 54 & 1,
		.g = granular,
	};
}

static void set_registers(const struct vmm *vmm, int cpu)
{
	struct kvm_sregs system = { 0 };
	const struct kvm_regs registers = { .rip = vmm->entry, .rbx = START_INFO, .rflags = 2 };

	must(cpu, KVM_GET_SREGS, &system, "KVM_GET_SREGS");
	memcpy(guest(vmm, GDT_START, sizeof(gdt)), gdt, sizeof(gdt));
	memset(guest(vmm, IDT_START, 8), 0, 8);
	system.gdt.base = GDT_START;
	system.gdt.limit = sizeof(gdt) - 1;
	system.idt.base = IDT_START;
	system.idt.limit = 7;
	system.cs = segment(1);
	system.ds = system.es = system.fs = system.gs = system.ss = segment(2);
	system.tr = segment(3);
	/* PE and ET. */
	system.cr0 = 0x11;
	system.cr4 = 0;
	must(cpu, KVM_SET_SREGS, &system, "KVM_SET_SREGS");
	must(cpu, KVM_SET_REGS, &registers, "KVM_SET_REGS");
}

void prepare_cpu(const struct vmm *vmm, int cpu, unsigned number)
{
	set_cpuid(vmm, cpu, number);
	set_msrs(cpu);
	set_apic(cpu);
	/* The others wait for the first one to start them. */
	if (number == 0)
		set_registers(vmm, cpu);
}
