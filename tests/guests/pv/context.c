/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that Xen keeps of a virtual CPU and that the CPU itself cannot read: a dom0 may ask for it (XEN_DOMCTL_getvcpucontext),
 * though not for that of the CPU which asks.  So the second CPU asks, once, before the first one has registered anything.
 */
#include "pv.h"

#include <xen/callback.h>
#include <xen/vcpu.h>

#define FLAG_KERNEL (1u << 2)		/* VGCF_in_kernel */
#define PATIENCE 1000000u
/* Xen's builder sets it for a kernel whose note PAE_MODE says yes; it means something for 32-bit guests only. */
#define ASSIST_PAE (UINT64_C(1) << VMASST_TYPE_pae_extended_cr3)
#define EACCES 13
#define VERSIONS 0x40u

/* struct xen_domctl of public/domctl.h, as far as it is used; that header is the toolstack's, and of one version. */
struct domctl {
	uint32_t command, version;
	uint64_t domain;
	union {
		struct {
			uint32_t vcpu;
			uint64_t context;
		} get;
		uint8_t pad[128];
	} u;
};
#define DOMCTL_GET_CONTEXT 13u

/* The state of x87 and SSE as FXSAVE writes it (SDM volume 1, table 10-2). */
struct fxsave {
	uint16_t control, status;
	uint32_t rest[5];
	uint32_t mxcsr, mxcsr_mask;
	uint64_t x87[16], xmm[32];
};

extern uint8_t second_stack_end[];
void second_cpu(void);

static union {
	struct vcpu_guest_context context;
	uint8_t page[2 * PAGE];
} found, second;
static volatile bool answered;
static volatile long result = -1;

/* The second CPU.  The interface has a version that only Xen knows, and refuses every other. */
void second_cpu(void)
{
	struct domctl get = { .command = DOMCTL_GET_CONTEXT };

	for (get.version = 1; get.version < VERSIONS; get.version++) {
		get.u.get.vcpu = 0;
		get.u.get.context = (uintptr_t)&found;
		result = hypercall2(__HYPERVISOR_domctl, (uintptr_t)&get, 0);
		if (result != -EACCES)
			break;
	}
	answered = true;
	for (;;)
		hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0);
}

static uint64_t read_cr3(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr3, %0" : "=r"(value));
	return value;
}

static void make_faults(void)
{
	struct callback_register callback = { .type = CALLBACKTYPE_event, .address = (uintptr_t)image_start };
	struct mmuext_op table = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (uintptr_t)image_start, .arg2.nr_ents = 1 };

	if (fault("event-callback"))
		hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, (uintptr_t)&callback);
	if (fault("trap-table"))
		exceptions_start();
	if (fault("kernel-stack"))
		hypercall2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, (uintptr_t)second_stack_end);
	if (fault("descriptors"))
		hypercall4(__HYPERVISOR_mmuext_op, (uintptr_t)&table, 1, 0, DOMID_SELF);
	if (fault("debug-register"))
		hypercall2(__HYPERVISOR_set_debugreg, 0, (uintptr_t)image_start);
	if (fault("assist"))
		hypercall2(__HYPERVISOR_vm_assist, VMASST_CMD_enable, VMASST_TYPE_4gb_segments);
	if (fault("sse"))
		__asm__ volatile("pcmpeqd %xmm5, %xmm5");
}

void look_at_context(void)
{
	struct vcpu_guest_context *context = &second.context;

	make_faults();
	if (!(info.flags & SIF_INITDOMAIN) || hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) != 0)
		return;
	context->flags = FLAG_KERNEL;
	context->user_regs.rip = (uintptr_t)second_cpu;
	/* As a call would leave it. */
	context->user_regs.rsp = (uintptr_t)second_stack_end - 8;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->ctrlreg[3] = read_cr3();
	result = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, (uintptr_t)context);
	if (result == 0)
		result = hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0);
	for (unsigned i = 0; i < PATIENCE && result == 0 && !answered; i++)
		hypercall2(__HYPERVISOR_sched_op, 0, 0);
	for (unsigned i = 0; i < PATIENCE && hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) == 1; i++)
		hypercall2(__HYPERVISOR_sched_op, 0, 0);
}

static void check_handlers(const struct vcpu_guest_context *c)
{
	unsigned traps = 0;

	for (unsigned i = 0; i < 256; i++)
		traps += c->trap_ctxt[i].address != 0;
	fact("context: %u traps, callbacks %llx %llx %llx, kernel stack %llx:%llx, flags %llx, assist %llx", traps,
	     c->event_callback_eip, c->failsafe_callback_eip, c->syscall_callback_eip, c->kernel_ss, c->kernel_sp, c->flags,
	     c->vm_assist);
	if (traps)
		wrong("a trap handler was left registered");
	if (c->event_callback_eip || c->failsafe_callback_eip || c->syscall_callback_eip)
		wrong("a callback was left registered: event %llx", c->event_callback_eip);
	/* Xen's own builder sets none; xl's does, but a domU may not ask. */
	if (c->kernel_sp)
		wrong("a stack was left for the kernel: %llx", c->kernel_sp);
}

static void check_registers(const struct vcpu_guest_context *c)
{
	const struct fxsave *fpu = (const struct fxsave *)&c->fpu_ctxt;
	uint64_t used = 0;

	for (unsigned i = 0; i < 32; i++)
		used |= fpu->xmm[i];
	for (unsigned i = 0; i < 16; i++)
		used |= fpu->x87[i];
	fact("context: cr0 %llx cr4 %llx, debug %llx %llx, x87 %x %x mxcsr %x, bases %llx %llx %llx", c->ctrlreg[0], c->ctrlreg[4],
	     c->debugreg[6], c->debugreg[7], (uint32_t)fpu->control, (uint32_t)fpu->status, fpu->mxcsr, c->fs_base,
	     c->gs_base_kernel, c->gs_base_user);
	if (c->ldt_ents || c->gdt_ents)
		wrong("a descriptor table was left: %llx entries of a GDT, %llx of an LDT", c->gdt_ents, c->ldt_ents);
	if (c->debugreg[0] || c->debugreg[1] || c->debugreg[2] || c->debugreg[3])
		wrong("a debug register was left set: %llx", c->debugreg[0]);
	if (c->vm_assist & ~ASSIST_PAE)
		wrong("Xen was left assisting: %llx", c->vm_assist);
	if (used || fpu->mxcsr != 0x1f80 || fpu->control != 0x37f || fpu->status)
		wrong("x87 and SSE are not as a domain begins: %llx", used);
}

void check_context(void)
{
	if (!answered) {
		fact("context: not looked at, %llx", (uint64_t)result);
		return;
	}
	if (result) {
		fact("context: refused, %llx", (uint64_t)result);
		return;
	}
	check_handlers(&found.context);
	check_registers(&found.context);
}
