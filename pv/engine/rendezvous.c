/* SPDX-License-Identifier: MIT */
#include <core/check.h>
#include <stddef.h>

#include "rendezvous.h"

#define ROUND UINT64_C(0x100000000)
/*
 * The word holds the number of the round and how many CPUs are parked in it.  Both change in one access, so that no CPU is
 * counted in a round that it does not wait for.
 */
#define NUMBER(word) ((uint32_t)((word) >> 32))
#define PARKED(word) ((uint32_t)(word))
#define IS_CLOSED(word) (NUMBER(word) & 1)

WINDOW_CODE static uint64_t look(const struct rendezvous *rendezvous)
{
	return __atomic_load_n(&rendezvous->round_, __ATOMIC_ACQUIRE);
}

/* Begins the next round, in which no CPU is parked yet.  A CPU that was parked sees that its round is over, and leaves. */
WINDOW_CODE static void turn(struct rendezvous *rendezvous)
{
	__atomic_store_n(&rendezvous->round_, (look(rendezvous) & ~(ROUND - 1)) + ROUND, __ATOMIC_SEQ_CST);
}

struct error rendezvous_gather(struct rendezvous *rendezvous)
{
	uint32_t parked = 0;

	CHECK(!IS_CLOSED(look(rendezvous)));
	turn(rendezvous);
	if (rendezvous->others == 0)
		return error_none();
	rendezvous->interrupt();
	for (uint64_t turns = 0; turns < rendezvous->patience; turns++) {
		parked = PARKED(look(rendezvous));
		if (parked == rendezvous->others)
			return error_none();
		rendezvous->pause();
	}
	turn(rendezvous);
	return error_make(ERROR_RENDEZVOUS, NULL, rendezvous->others, parked);
}

WINDOW_CODE void rendezvous_release(struct rendezvous *rendezvous)
{
	CHECK(IS_CLOSED(look(rendezvous)));
	turn(rendezvous);
}

WINDOW_CODE void rendezvous_park(struct rendezvous *rendezvous)
{
	const uint64_t arrived = __atomic_fetch_add(&rendezvous->round_, 1, __ATOMIC_SEQ_CST);

	if (!IS_CLOSED(arrived))
		return;
	while (NUMBER(look(rendezvous)) == NUMBER(arrived))
		rendezvous->pause();
	rendezvous->backend->serialise();
}
