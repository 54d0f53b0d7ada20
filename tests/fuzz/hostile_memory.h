/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory in pieces, through which the readers of doors and firmware reach: laid out whole, then damaged.
 */
#ifndef LULL_TESTS_HOSTILE_MEMORY_H
#define LULL_TESTS_HOSTILE_MEMORY_H

#include <string.h>

#include <core/boot_info.h>

#include "choices.h"
#include "fuzz.h"

#define AREAS 24

/* Each a block of the heap of exactly its size, for the address sanitiser. */
static struct area {
	uint64_t address;
	uint64_t size;
	uint8_t *bytes;
} area[AREAS];
static unsigned areas;

static struct choices c;

static inline uint8_t *lay(uint64_t address, uint64_t size)
{
	PROMISE(areas < AREAS);
	area[areas] = (struct area){ address, size, calloc(1, size ? size : 1) };
	return area[areas++].bytes;
}

static inline void lay_bytes(uint64_t address, const void *bytes, uint64_t size)
{
	memcpy(lay(address, size), bytes, size);
}

static inline struct span reach(uint64_t address, uint64_t size)
{
	for (unsigned i = 0; i < areas; i++)
		if (address >= area[i].address && size != 0 &&
		    span_has(span(area[i].bytes, area[i].size), address - area[i].address, size))
			return span(area[i].bytes + (address - area[i].address), size);
	return span(NULL, 0);
}

/* An address of its own for each piece; the low bits are free, as loaders align little. */
static inline uint64_t somewhere(void)
{
	return (UINT64_C(1) + areas) * 64 * MIB + below(&c, 64 * KIB);
}

static inline void put_number(uint8_t *at, uint64_t value, unsigned bytes)
{
	memcpy(at, &value, bytes);
}

static inline uint64_t odd_number(void)
{
	/* The last makes products with the size of a page wrap. */
	const uint64_t base[] = { 0, 1, BOOT_MAX_REGIONS, BOOT_MAX_MODULES, UINT32_MAX, UINT64_MAX, below(&c, 4096),
				  UINT64_C(1) << below(&c, 64), UINT64_C(1) << (52 + below(&c, 12)) };

	return base[below(&c, sizeof(base) / sizeof(base[0]))] + below(&c, 5) - 2;
}

/* Bits, numbers, an end that is missing, a piece that is. */
static inline void damage(void)
{
	for (uint64_t i = below(&c, 4) + 1; i > 0 && areas > 0; i--) {
		struct area *hit = &area[below(&c, areas)];
		unsigned width = once_in(&c, 2) ? 8 : 1u << below(&c, 3);
		uint64_t at = below(&c, hit->size < 128 || once_in(&c, 2) ? hit->size : 128) & ~(uint64_t)(width - 1);

		if (hit->size < width || at > hit->size - width)
			continue;
		if (once_in(&c, 12))
			hit->bytes = realloc(hit->bytes, hit->size = at + (at == 0));
		else if (once_in(&c, 2))
			hit->bytes[at] ^= (uint8_t)(1u << below(&c, 8));
		else
			put_number(hit->bytes + at, odd_number(), width);
	}
}

static inline void forget_memory(void)
{
	while (areas > 0)
		free(area[--areas].bytes);
}

#endif
