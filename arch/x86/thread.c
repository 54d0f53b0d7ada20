/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/cpu.h>
#include <arch/x86/thread.h>

#include <stddef.h>

#define MSR_FS_BASE 0xc0000100

extern uintptr_t __stack_chk_guard;

static struct {
	uint64_t unused[5];
	uint64_t canary;
} thread;
_Static_assert(offsetof(typeof(thread), canary) == 0x28, "where gcc looks for it");

uint64_t thread_block(void)
{
	thread.canary = __stack_chk_guard;
	return (uint64_t)&thread;
}

uint64_t thread_start(void)
{
	uint64_t before = read_msr(MSR_FS_BASE);

	write_msr(MSR_FS_BASE, thread_block());
	return before;
}

void thread_end(uint64_t before) { write_msr(MSR_FS_BASE, before); }
