/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block is sequences: a token, literals, and a copy of bytes that are already there; the last one has no copy.  Nearly all
 * of them are short.  Where there is slack behind them, in the block and in the room, those are moved by whole words without
 * a loop, whatever their length; what that wrote too much is written over by the next.
 */
#include <shim/unpack/lz4_block.h>

#include <stdbool.h>
#include <string.h>

/* Of both halves of a token: the length goes on in bytes behind it, up to the first that is not 255. */
#define MORE       15u
#define MORE_BYTES 255u
#define OFFSET     2
#define LEAST_COPY 4u

#define WORD 8u
/* Literals of a short sequence are moved by two words, 14 at most; the longest copy without more bytes by three. */
#define SHORT_LITERALS (2 * WORD)
#define SHORT_COPY     (3 * WORD)
_Static_assert(MORE - 1 + OFFSET <= SHORT_LITERALS, "the offset of a short sequence is in the block");
_Static_assert(MORE - 1 + LEAST_COPY <= SHORT_COPY, "a short copy fits its words");
/* A long copy goes on by so many words at a time, where there is slack for as many. */
#define STRIDE (4 * WORD)

/* What reads a block.  Its functions are put into the loop that calls them, so that all of it is in registers. */
#define IN_LOOP static inline __attribute__((always_inline))
struct lz4 {
	const uint8_t *in, *in_end;
	uint8_t *start, *out, *out_end;
	/* Before both of these a short sequence has its slack. */
	const uint8_t *in_slack, *out_slack;
};

static inline uint64_t in_left(const struct lz4 *lz4) { return (uint64_t)(lz4->in_end - lz4->in); }
static inline uint64_t room_left(const struct lz4 *lz4) { return (uint64_t)(lz4->out_end - lz4->out); }

static inline void move_word(uint8_t *to, const uint8_t *from)
{
	uint64_t word;

	__builtin_memcpy(&word, from, WORD);
	__builtin_memcpy(to, &word, WORD);
}

/* Adds the bytes behind a token's half to a length.  False when the block ends in them. */
IN_LOOP bool add_more(struct lz4 *lz4, uint64_t *length)
{
	uint8_t byte;

	do {
		if (lz4->in == lz4->in_end)
			return false;
		byte = *lz4->in++;
		*length += byte;
	} while (byte == MORE_BYTES);
	return true;
}

/* Copies from bytes that the copy itself may still have to write: what is less than a word back is repeated. */
IN_LOOP void copy_back(struct lz4 *lz4, uint64_t offset, uint64_t length)
{
	const uint8_t *from = lz4->out - offset;
	uint8_t *to = lz4->out;

	lz4->out += length;
	if (offset < WORD && length >= WORD) {
		/* Once a word of them is there, they are as well read from a multiple of the offset that is no less than a word. */
		for (unsigned i = 0; i < WORD; i++)
			to[i] = from[i];
		to += WORD;
		length -= WORD;
		offset = (WORD + offset - 1) / offset * offset;
		from = to - offset;
	}
	if (offset >= WORD && room_left(lz4) >= STRIDE - 1) {
		for (; to < lz4->out; to += STRIDE, from += STRIDE) {
			move_word(to, from);
			move_word(to + WORD, from + WORD);
			move_word(to + 2 * WORD, from + 2 * WORD);
			move_word(to + 3 * WORD, from + 3 * WORD);
		}
		return;
	}
	for (; offset >= WORD && length >= WORD; to += WORD, from += WORD, length -= WORD)
		move_word(to, from);
	while (to < lz4->out)
		*to++ = *from++;
}

/* Literals of any length.  Behind them the block ends, or has an offset. */
IN_LOOP enum lz4_end take_literals(struct lz4 *lz4, uint64_t length)
{
	if (length == MORE && !add_more(lz4, &length))
		return LZ4_BROKEN;
	if (length > in_left(lz4))
		return LZ4_BROKEN;
	if (length > room_left(lz4))
		return LZ4_LONG;
	memcpy(lz4->out, lz4->in, length);
	lz4->in += length;
	lz4->out += length;
	return in_left(lz4) != 1 ? LZ4_WHOLE : LZ4_BROKEN;
}

/* The offset of a copy, which the block has.  False when the byte that it names is not there yet. */
IN_LOOP bool take_offset(struct lz4 *lz4, uint16_t *offset)
{
	__builtin_memcpy(offset, lz4->in, OFFSET);
	lz4->in += OFFSET;
	/* 0 is none, and becomes the largest of all. */
	if (*offset - UINT64_C(1) >= (uint64_t)(lz4->out - lz4->start))
		return false;
	return true;
}

/* A copy of any length, `more` being its half of the token, whose offset was taken. */
IN_LOOP enum lz4_end take_length(struct lz4 *lz4, unsigned more, uint16_t offset)
{
	uint64_t length = more + LEAST_COPY;

	if (more == MORE && !add_more(lz4, &length))
		return LZ4_BROKEN;
	if (length > room_left(lz4))
		return LZ4_LONG;
	copy_back(lz4, offset, length);
	return LZ4_WHOLE;
}

/* The copy of a sequence. */
IN_LOOP enum lz4_end take_copy(struct lz4 *lz4, unsigned more)
{
	uint16_t offset;

	return take_offset(lz4, &offset) ? take_length(lz4, more, offset) : LZ4_BROKEN;
}

/* The same with slack behind it. */
IN_LOOP enum lz4_end take_copy_in_slack(struct lz4 *lz4, unsigned more)
{
	const uint64_t length = more + LEAST_COPY;
	uint16_t offset;

	if (!take_offset(lz4, &offset))
		return LZ4_BROKEN;
	if (more != MORE && offset >= WORD) {
		move_word(lz4->out, lz4->out - offset);
		move_word(lz4->out + WORD, lz4->out + WORD - offset);
		move_word(lz4->out + 2 * WORD, lz4->out + 2 * WORD - offset);
		lz4->out += length;
		return LZ4_WHOLE;
	}
	return take_length(lz4, more, offset);
}

enum lz4_end lz4_block_unpack(struct span block, uint8_t *out, uint64_t room, uint64_t *made)
{
	struct lz4 lz4 = {
		.in = block.at, .in_end = block.at + block.size,
		.start = out, .out = out, .out_end = out + room,
		.in_slack = block.at + (block.size < SHORT_LITERALS ? 0 : block.size - SHORT_LITERALS),
		.out_slack = out + (room < SHORT_LITERALS + SHORT_COPY ? 0 : room - (SHORT_LITERALS + SHORT_COPY) + 1),
	};
	enum lz4_end end;

	*made = 0;
	while (lz4.in < lz4.in_end) {
		const bool slack = lz4.in < lz4.in_slack && lz4.out < lz4.out_slack;
		const unsigned token = *lz4.in++, literals = token >> 4;

		if (slack && literals != MORE) {
			move_word(lz4.out, lz4.in);
			move_word(lz4.out + WORD, lz4.in + WORD);
			lz4.in += literals;
			lz4.out += literals;
			end = take_copy_in_slack(&lz4, token & MORE);
		} else {
			end = take_literals(&lz4, literals);
			if (end == LZ4_WHOLE && lz4.in == lz4.in_end) {
				*made = (uint64_t)(lz4.out - lz4.start);
				return LZ4_WHOLE;
			}
			if (end == LZ4_WHOLE)
				end = take_copy(&lz4, token & MORE);
		}
		if (end != LZ4_WHOLE)
			return end;
	}
	return LZ4_BROKEN;
}
