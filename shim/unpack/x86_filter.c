/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An instruction of five bytes, CALL or JMP with a 32-bit displacement, is looked for at every byte, without decoding
 * what is between: a byte of 0xe8 or 0xe9 is taken for an opcode where the address behind it has 0x00 or 0xff as its
 * last byte, as addresses of up to 16 MiB have.  Most such bytes are no opcodes; one that was left alone, in the three
 * bytes before, says that the next may be inside an instruction.  Which of those are still converted is the format, as
 * liblzma's decoder defines it; tests/unit/test_x86_filter.c compares the two.
 */
#include <shim/unpack/x86_filter.h>

#include <stdbool.h>

#define OPCODE      0xe8u
#define SIZE        5
/* 0xe8 and 0xe9 are one once this bit of them is ignored. */
#define OPCODE_BIT  0x01u
#define ALL_BYTES   UINT64_C(0x0101010101010101)

/* What may lie anywhere, and be part of anything. */
typedef uint64_t word __attribute__((may_alias, aligned(1)));
typedef uint32_t half __attribute__((may_alias, aligned(1)));

/*
 * Bytes that look like opcodes and were left alone, by their distance in bytes before the one that is looked at: bit 1
 * to bit 3.  Farther ones do not matter.
 */
struct left_alone {
	unsigned any;
	/* Those whose address ends as an address should. */
	unsigned likely;
};

static bool is_opcode(uint8_t byte) { return (byte & ~OPCODE_BIT) == OPCODE; }

/* True for 0x00 and 0xff. */
static bool is_sign(uint32_t byte) { return ((byte + 1) & 0xfe) == 0; }

/*
 * Has bit 7 of the first byte set that is an opcode, and none before it: only such a byte, which here is 0 or 1, is
 * less than 2.  It borrows from the byte behind it, so of those behind any may be set.
 */
static inline uint64_t opcodes_in(uint64_t bytes)
{
	const uint64_t differ = bytes ^ OPCODE * ALL_BYTES;

	return (differ - 2 * ALL_BYTES) & ~differ & 0x80 * ALL_BYTES;
}

/* The first opcode from `at` on and below `end`, or what is not below.  Few bytes are one: eight are tested at once. */
static inline uint64_t find_opcode(const uint8_t *code, uint64_t at, uint64_t end)
{
	for (; at + sizeof(word) <= end; at += sizeof(word)) {
		const uint64_t found = opcodes_in(*(const word *)(code + at));

		if (found != 0)
			return at + (unsigned)__builtin_ctzll(found) / 8;
	}
	while (at < end && !is_opcode(code[at]))
		at++;
	return at;
}

/* The relative address for an absolute one.  `distance` is that of the one opcode left alone before, or 0. */
static uint32_t relative(uint32_t absolute, uint32_t next, unsigned distance)
{
	uint32_t address = absolute - next;

	/*
	 * That opcode's address overlaps this one, and its last byte is no sign in the packed data.  If this address
	 * puts one there the filter had the same in hands, and went on from the complement of what the two share.
	 */
	if (distance != 0 && is_sign(address >> (24 - 8 * distance) & 0xff))
		address = (address ^ UINT32_MAX >> 8 * distance) - next;
	/* 24 bits are the address, and one more is the sign that the rest repeats. */
	return (address & 0xffffff) | -(address & 0x1000000);
}

void x86_filter_undo(uint8_t *code, uint64_t size)
{
	const uint64_t end = size < SIZE ? 0 : size - SIZE + 1;
	struct left_alone left = { 0, 0 };
	uint64_t at, next = 0, last = 0;

	while ((at = find_opcode(code, next, end)) < end) {
		half *address = (half *)(code + at + 1);
		const bool likely = is_sign(code[at + 4]);
		const unsigned distance = at - last < 4 ? (unsigned)(at - last) : 4;

		left.any = left.any << distance & 0xe;
		left.likely = left.likely << distance & 0xe;
		last = at;
		/* Where this one is converted, what was left alone is too far from the next to matter. */
		if (likely && left.likely == 0 && (left.any & (left.any - 1)) == 0) {
			next = at + SIZE;
			*address = relative(*address, (uint32_t)next, left.any ? (unsigned)__builtin_ctz(left.any) : 0);
		} else {
			next = at + 1;
			left.any |= 1;
			left.likely |= likely;
		}
	}
}
