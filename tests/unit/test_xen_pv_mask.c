/* SPDX-License-Identifier: MIT */
/*
 * The mask byte of a Xen PV guest, in a process, which runs at privilege level 3 as a PV kernel does.  Xen's part is
 * played by a tracer: whatever system call the process makes while it is watched, is read and counted.
 */
#include "unit.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pv/engine/x86/evtchn.h>
#include <xen/xen.h>

static struct vcpu_info vcpu;

static void suits_at_level_3(void **state)
{
	(void)state;
	assert_fine(xen_pv_suits());
}

static void reads_back_the_byte(void **state)
{
	(void)state;
	vcpu = (struct vcpu_info){ 0 };
	xen_pv_mask_start(&vcpu);
	assert_false(xen_pv_is_masked());
	xen_pv_mask();
	assert_int_equal(vcpu.evtchn_upcall_mask, 1);
	assert_true(xen_pv_is_masked());
	/* What the byte says, and not what was last asked for. */
	vcpu.evtchn_upcall_mask = 0;
	assert_false(xen_pv_is_masked());
}

/* The system calls between two stops of a child that unmasks; the last one's number and first argument. */
static unsigned calls_of_unmask(bool pending, uint64_t *number, uint64_t *argument)
{
	unsigned stops = 0;
	int status;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		vcpu = (struct vcpu_info){ .evtchn_upcall_mask = 1, .evtchn_upcall_pending = pending };
		xen_pv_mask_start(&vcpu);
		asm volatile("int3");
		xen_pv_unmask();
		asm volatile("int3");
		_exit(vcpu.evtchn_upcall_mask == 0 && vcpu.evtchn_upcall_pending == pending ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD);
	for (;;) {
		struct user_regs_struct registers;

		assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSTOPPED(status));
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			break;
		ptrace(PTRACE_GETREGS, child, NULL, &registers);
		*number = registers.orig_rax;
		*argument = registers.rdi;
		stops++;
	}
	ptrace(PTRACE_CONT, child, NULL, NULL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* Each call stops twice, going in and coming out. */
	return stops / 2;
}

static void unmask_with_nothing_pending(void **state)
{
	uint64_t number, argument;

	(void)state;
	assert_int_equal(calls_of_unmask(false, &number, &argument), 0);
}

static void unmask_enters_xen_when_pending(void **state)
{
	uint64_t number = 0, argument = 1;

	(void)state;
	assert_int_equal(calls_of_unmask(true, &number, &argument), 1);
	assert_int_equal(number, __HYPERVISOR_xen_version);
	assert_int_equal(argument, 0);
}

int main(void)
{
	return RUN_TESTS("Xen PV mask", suits_at_level_3, reads_back_the_byte, unmask_with_nothing_pending,
			 unmask_enters_xen_when_pending);
}
