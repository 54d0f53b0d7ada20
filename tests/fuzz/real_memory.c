/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/mman.h>

#include <core/leave.h>
#include <core/machine.h>

#include "choices.h"
#include "fuzz.h"
#include "real_memory.h"

bool real_control_domain;

void real_memory_clear(void)
{
	static bool mapped;

	if (!mapped)
		mapped = mmap(real(REAL_START), REAL_END - REAL_START, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
			      MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) == real(REAL_START);
	PROMISE(mapped);
	PROMISE(madvise(real(REAL_START), REAL_END - REAL_START, MADV_DONTNEED) == 0);
}

const uint8_t *noise(uint64_t offset)
{
	static uint8_t bytes[NOISE];
	static bool filled;
	struct choices choices = { .state = 1 };

	if (!filled)
		fill(&choices, bytes, NOISE);
	filled = true;
	return bytes + offset;
}

bool machine_is_control_domain(const struct boot_info *info)
{
	(void)info;
	return real_control_domain;
}

/* As large as a machine with little memory needs it; where it lies is what matters here. */
uint64_t leave_workspace_size(uint64_t top)
{
	return (5 + top / GIB) * PAGE_SIZE;
}

_Noreturn void machine_leave(const struct leave *leave)
{
	(void)leave;
	abort();
}

_Noreturn void machine_leave_xen_pv(const struct xen_pv_leave *leave)
{
	(void)leave;
	abort();
}
