/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc/lz4_Block_format.md: a block is a list of sequences: a token, literals, an offset back, and a match.
 *
 * Each sequence costs the decoder some twenty instructions and a branch that no CPU foresees, whatever it makes.  Of a
 * kernel's, half make fewer than SHORTEST_MATCH bytes.  Their matches become literals of the sequence behind them: that takes
 * two fifths of the decoder's instructions away, for a seventh more bytes.
 */
#include <lz4hc.h>
#include <stdlib.h>
#include <string.h>

#include <tools/progress.h>
#include <tools/store_lz4.h>

#define MAGIC          0x184c2102u
#define BLOCK          (UINT64_C(8) << 20)
#define LEVEL          9
#define SHORTEST_MATCH 7
/* The format's own. */
#define LEAST_MATCH    4
/* A length of 15 in a token goes on in the bytes behind it, up to and with the first that is not 255. */
#define LONG_LENGTH    15

struct sequence {
	uint64_t literals;
	uint64_t match;
	uint16_t offset;
};

static uint64_t read_length(const uint8_t **from, uint64_t length)
{
	uint8_t byte = 255;

	for (; length >= LONG_LENGTH && byte == 255; length += byte)
		byte = *(*from)++;
	return length;
}

/* The sequence at *from, which ends up behind it; the last one of a block has no match. */
static struct sequence read_sequence(const uint8_t **from, const uint8_t *end)
{
	const uint8_t token = *(*from)++;
	struct sequence sequence = { .literals = read_length(from, token >> 4) };

	*from += sequence.literals;
	if (*from == end)
		return sequence;
	sequence.offset = (uint16_t)((*from)[0] | (*from)[1] << 8);
	*from += 2;
	sequence.match = read_length(from, token & LONG_LENGTH) + LEAST_MATCH;
	return sequence;
}

static uint8_t *write_length(uint8_t *to, uint64_t length)
{
	if (length < LONG_LENGTH)
		return to;
	for (length -= LONG_LENGTH; length >= 255; length -= 255)
		*to++ = 255;
	*to++ = (uint8_t)length;
	return to;
}

static uint8_t *write_sequence(uint8_t *to, const uint8_t *literals, const struct sequence *sequence)
{
	const uint64_t more = sequence->match != 0 ? sequence->match - LEAST_MATCH : 0;
	const uint64_t most = LONG_LENGTH;

	*to++ = (uint8_t)((sequence->literals < most ? sequence->literals : most) << 4 | (more < most ? more : most));
	to = write_length(to, sequence->literals);
	memcpy(to, literals, sequence->literals);
	to += sequence->literals;
	if (sequence->match == 0)
		return to;
	*to++ = (uint8_t)sequence->offset;
	*to++ = (uint8_t)(sequence->offset >> 8);
	return write_length(to, more);
}

/* Writes a block without its short matches.  It is no larger than one of literals alone would be. */
static uint64_t write_block(struct span plain, struct span packed, uint8_t *out)
{
	const uint8_t *from = packed.at, *const end = packed.at + packed.size;
	uint64_t at = 0, written = 0;
	uint8_t *to = out;

	while (from < end) {
		struct sequence sequence = read_sequence(&from, end);

		at += sequence.literals + sequence.match;
		if (sequence.match < SHORTEST_MATCH && from < end)
			continue;
		sequence.literals = at - sequence.match - written;
		to = write_sequence(to, plain.at + written, &sequence);
		written = at;
	}
	return (uint64_t)(to - out);
}

static void put_word(uint8_t *at, uint64_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

uint64_t store_lz4_bound(uint64_t size)
{
	return 4 + (size / BLOCK + 1) * (4 + (uint64_t)LZ4_COMPRESSBOUND(BLOCK));
}

bool store_lz4(struct span plain, uint8_t *out, uint64_t *size)
{
	uint8_t *packed = malloc(LZ4_COMPRESSBOUND(BLOCK));

	*size = 4;
	put_word(out, MAGIC);
	for (uint64_t at = 0; packed && at < plain.size; at += BLOCK) {
		const uint64_t left = plain.size - at;
		const struct span block = span(plain.at + at, left < BLOCK ? left : BLOCK);
		const int made = LZ4_compress_HC((const char *)block.at, (char *)packed, (int)block.size,
						 LZ4_COMPRESSBOUND(BLOCK), LEVEL);
		const uint64_t written = write_block(block, span(packed, (uint64_t)made), out + *size + 4);

		put_word(out + *size, written);
		*size += 4 + written;
		progress_advance(block.size);
	}
	free(packed);
	return packed != NULL;
}
