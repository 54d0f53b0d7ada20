/* SPDX-License-Identifier: MIT */
/*
 * COMMIT: the only stores to text that there are.  It runs masked and returns no error: PLAN has found what could be wrong.
 * What is wrong all the same is a bug of ours, and a CHECK ends the machine.
 */
#ifndef LULL_PV_ENGINE_COMMIT_H
#define LULL_PV_ENGINE_COMMIT_H

#include "mask.h"
#include "plan.h"

/*
 * Stores the bytes of `count` edits through the writable alias, serialises once, and reads all of it back where it runs;
 * CHECKs that they are the same.  `bytes` are those of the first edit and all after it, one behind the other.
 */
void commit(struct mask_token *token, const struct patched_text *text, const struct edit *edit, uint32_t count,
	    const uint8_t *bytes);

/* Reads `count` edits back where they run: the number of the first that holds other bytes, `count` when none does. */
uint32_t commit_read_back(const struct patched_text *text, const struct edit *edit, uint32_t count, const uint8_t *bytes);

#endif
