/* SPDX-License-Identifier: MIT */
#include "plan.h"

void *arena_take(struct arena *arena, uint64_t size)
{
	uint64_t left = (arena->size - arena->used) & ~UINT64_C(7);
	/* An arena of no bytes may be nowhere. */
	void *taken = arena->used != 0 ? arena->at + arena->used : arena->at;

	if (size > left)
		return 0;
	arena->used += (size + 7) & ~UINT64_C(7);
	return taken;
}
