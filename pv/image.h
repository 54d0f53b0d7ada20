/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a replacement: moved to where they will run, and filled up with NOPs.
 */
#ifndef LULL_PV_IMAGE_H
#define LULL_PV_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Writes the 32-bit displacement of a branch that ends at `end`; false when it cannot reach the target. */
bool image_displacement(uint8_t *out, uint64_t end, uint64_t target);

/*
 * Makes code that was linked at `from` right for `to`, when it begins with a branch out of itself (call, jmp and jcc
 * rel32).  False when that branch cannot reach its target, which goes to `target`; a short branch never can.
 */
bool image_relocate(uint8_t *code, unsigned length, uint64_t from, uint64_t to, uint64_t *target);

/* Fills with long NOPs, the longest first. */
void image_fill_nops(uint8_t *at, unsigned length);

#endif
