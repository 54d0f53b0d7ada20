/* SPDX-License-Identifier: MIT */
/*
 * Addresses, one type for each kind, so that the compiler refuses to mix them.
 *
 * A Xen PV guest counts its memory in pfns and writes mfns into page tables; a PVH guest has guest-physical addresses
 * only; the kernel linked into either has virtual addresses.  Taking one for another is the classic PV bug.
 */
#ifndef LULL_CORE_ADDR_H
#define LULL_CORE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)
#define GIB        (UINT64_C(1) << 30)
#define MIB        (UINT64_C(1) << 20)
#define KIB        (UINT64_C(1) << 10)

/* A page number of the guest's own, contiguous, physical memory (Xen: "pseudo-physical"). */
typedef struct { uint64_t v; } pfn_t;
/* A page number of the machine, as Xen hands it to a PV guest. */
typedef struct { uint64_t v; } mfn_t;
/* A byte address in the guest's physical memory. */
typedef struct { uint64_t v; } gpa_t;
/* A virtual address: of the payload, or of the shim when it is only a number. */
typedef struct { uint64_t v; } va_t;

static inline gpa_t gpa(uint64_t value) { return (gpa_t){ value }; }
static inline va_t va(uint64_t value) { return (va_t){ value }; }

/* A half-open range of guest-physical memory.  A range made by range_make() never wraps. */
struct range {
	uint64_t start;
	uint64_t end;
};

/* Makes [start, start + size); false, and an empty range, when the sum does not fit in 64 bits. */
static inline bool range_make(uint64_t start, uint64_t size, struct range *out)
{
	uint64_t end;

	*out = (struct range){ start, start };
	if (__builtin_add_overflow(start, size, &end))
		return false;
	out->end = end;
	return true;
}

static inline uint64_t range_size(struct range r) { return r.end - r.start; }
static inline bool range_empty(struct range r) { return r.end <= r.start; }

/* True when the two share a byte; an empty range shares none. */
static inline bool range_overlaps(struct range a, struct range b)
{
	return !range_empty(a) && !range_empty(b) && a.start < b.end && b.start < a.end;
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return outer.start <= inner.start && inner.end <= outer.end;
}

/* Rounds down to a power of two. */
static inline uint64_t round_down(uint64_t value, uint64_t power) { return value & ~(power - 1); }

/* Rounds up to a power of two; false when the result does not fit. */
static inline bool round_up(uint64_t value, uint64_t power, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(value, power - 1, &sum))
		return false;
	*out = sum & ~(power - 1);
	return true;
}

#endif
