/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * real_memory.c: physical memory of a guest at its own addresses, for code that writes to such an address; and of the
 * machine as much as that code calls.
 */
#ifndef LULL_TESTS_REAL_MEMORY_H
#define LULL_TESTS_REAL_MEMORY_H

#include <string.h>

#include <core/addr.h>
#include <core/span.h>
#include <shim/payload/payload.h>

/* What can be mapped: above the addresses that Linux keeps from programs, below the address sanitiser's own. */
#define REAL_START (64 * KIB)
#define REAL_END   UINT64_C(0x7ff00000)

/* Makes all of it zero. */
void real_memory_clear(void);

static inline uint8_t *real(uint64_t address) { return (uint8_t *)address; }

/* Bytes that look like nothing else: [offset, offset + size) of the same NOISE bytes in each run. */
#define NOISE (4 * MIB)
const uint8_t *noise(uint64_t offset);

/* What machine_is_control_domain() says. */
extern bool real_control_domain;

/* A file where a loader might have put it. */
static inline struct image put_at(uint64_t address, const uint8_t *bytes, uint64_t size)
{
	memcpy(real(address), bytes, size);
	return (struct image){ span(real(address), size), address };
}

#endif
