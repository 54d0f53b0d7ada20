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

struct lz4 {
	const uint8_t *in, *in_end;
	uint8_t *start, *out, *out_end;
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
static bool add_more(struct lz4 *lz4, uint64_t *length)
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
static void copy_back(struct lz4 *lz4, uint64_t offset, uint64_t length)
{
	uint8_t *const end = lz4->out + length;
	const uint8_t *from = lz4->out - offset;
	uint8_t *to = lz4->out;

	if (room_left(lz4) - length < WORD - 1) {
		while (to < end)
			*to++ = *from++;
	} else if (offset < WORD) {
		/* Once a word of them is there, they are as well read from a multiple of the offset that is no less than a word. */
		for (unsigned i = 0; i < WORD; i++)
			to[i] = from[i];
		to += WORD;
		from = to - (WORD + offset - 1) / offset * offset;
	}
	for (; to < end; to += WORD, from += WORD)
		move_word(to, from);
	lz4->out = end;
}

/* Literals of any length, and whether that was all of the block (LZ4_WHOLE, and *ended). */
static enum lz4_end take_literals(struct lz4 *lz4, uint64_t length, bool *ended)
{
	*ended = false;
	if (length == MORE && !add_more(lz4, &length))
		return LZ4_BROKEN;
	if (length > in_left(lz4))
		return LZ4_BROKEN;
	if (length > room_left(lz4))
		return LZ4_LONG;
	memcpy(lz4->out, lz4->in, length);
	lz4->in += length;
	lz4->out += length;
	*ended = lz4->in == lz4->in_end;
	return *ended || in_left(lz4) >= OFFSET ? LZ4_WHOLE : LZ4_BROKEN;
}

/* The copy of a sequence, `more` being its half of the token. */
static inline enum lz4_end take_copy(struct lz4 *lz4, unsigned more)
{
	const uint64_t offset = (uint64_t)lz4->in[0] | (uint64_t)lz4->in[1] << 8;
	uint64_t length = more + LEAST_COPY;

	lz4->in += OFFSET;
	if (offset == 0 || offset > (uint64_t)(lz4->out - lz4->start))
		return LZ4_BROKEN;
	if (more != MORE && offset >= WORD && room_left(lz4) >= SHORT_COPY) {
		for (unsigned i = 0; i < SHORT_COPY; i += WORD)
			move_word(lz4->out + i, lz4->out + i - offset);
		lz4->out += length;
		return LZ4_WHOLE;
	}
	if (more == MORE && !add_more(lz4, &length))
		return LZ4_BROKEN;
	if (length > room_left(lz4))
		return LZ4_LONG;
	copy_back(lz4, offset, length);
	return LZ4_WHOLE;
}

enum lz4_end lz4_block_unpack(struct span block, uint8_t *out, uint64_t room, uint64_t *made)
{
	struct lz4 lz4 = { block.at, block.at + block.size, out, out, out + room };
	enum lz4_end end = LZ4_WHOLE;
	bool ended = false;

	*made = 0;
	while (end == LZ4_WHOLE) {
		unsigned token, literals;

		if (lz4.in == lz4.in_end)
			return LZ4_BROKEN;
		token = *lz4.in++;
		literals = token >> 4;
		if (literals != MORE && in_left(&lz4) >= SHORT_LITERALS && room_left(&lz4) >= SHORT_LITERALS) {
			move_word(lz4.out, lz4.in);
			move_word(lz4.out + WORD, lz4.in + WORD);
			lz4.in += literals;
			lz4.out += literals;
		} else {
			end = take_literals(&lz4, literals, &ended);
		}
		if (ended)
			break;
		if (end == LZ4_WHOLE)
			end = take_copy(&lz4, token & MORE);
	}
	if (end == LZ4_WHOLE)
		*made = (uint64_t)(lz4.out - lz4.start);
	return end;
}
