/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FIPS 180-4; the numbers in comments are its sections. */
#include <string.h>

#include <tools/sha256.h>

#define BLOCK  64
#define ROUNDS 64
/* Of the message's length in bits, which ends the last block (5.1.1). */
#define LENGTH 8

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (4.2.2). */
static const uint32_t constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t value, unsigned bits)
{
	return value >> bits | value << (32 - bits);
}

static uint32_t big_endian(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* 6.2.2, step 1. */
static void schedule(const uint8_t block[BLOCK], uint32_t word[ROUNDS])
{
	for (unsigned i = 0; i < 16; i++)
		word[i] = big_endian(block + 4 * i);
	for (unsigned i = 16; i < ROUNDS; i++) {
		const uint32_t a = word[i - 15], b = word[i - 2];

		word[i] = (turn(b, 17) ^ turn(b, 19) ^ b >> 10) + word[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
			  word[i - 16];
	}
}

/* 6.2.2, steps 2 to 4. */
static void compress(uint32_t hash[8], const uint8_t block[BLOCK])
{
	uint32_t word[ROUNDS], state[8];

	schedule(block, word);
	memcpy(state, hash, sizeof(state));
	for (unsigned i = 0; i < ROUNDS; i++) {
		const uint32_t a = state[0], e = state[4];
		const uint32_t first = state[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
				       ((e & state[5]) ^ (~e & state[6])) + constants[i] + word[i];
		const uint32_t second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +
					((a & state[1]) ^ (a & state[2]) ^ (state[1] & state[2]));

		memmove(state + 1, state, 7 * sizeof(state[0]));
		state[0] = first + second;
		state[4] += first;
	}
	for (unsigned i = 0; i < 8; i++)
		hash[i] += state[i];
}

/* What is left behind the whole blocks, a one, zeros, and the length (5.1.1): one block, or two. */
static void finish(uint32_t hash[8], struct span rest, uint64_t size)
{
	uint8_t last[2 * BLOCK] = { 0 };
	const uint64_t end = rest.size + 1 + LENGTH <= BLOCK ? BLOCK : 2 * BLOCK;

	if (rest.size != 0)
		memcpy(last, rest.at, rest.size);
	last[rest.size] = 0x80;
	for (unsigned i = 0; i < LENGTH; i++)
		last[end - 1 - i] = (uint8_t)(size * 8 >> 8 * i);
	for (uint64_t at = 0; at < end; at += BLOCK)
		compress(hash, last + at);
}

void sha256(struct span bytes, uint8_t out[SHA256_SIZE])
{
	/* Of the square roots of the first 8 primes (5.3.3). */
	uint32_t hash[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	struct span rest;
	uint64_t at = 0;

	for (; bytes.size - at >= BLOCK; at += BLOCK)
		compress(hash, bytes.at + at);
	span_cut(bytes, at, bytes.size - at, &rest);
	finish(hash, rest, bytes.size);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		out[i] = (uint8_t)(hash[i / 4] >> (24 - 8 * (i % 4)));
}
