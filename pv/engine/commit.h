/* SPDX-License-Identifier: MIT */
/*
 * COMMIT: the only stores to text that there are.  Runs masked and cannot fail: what could be wrong was found by PLAN,
 * and what is wrong nevertheless is a bug of ours, which ends the machine.
 */
#ifndef LULL_PV_ENGINE_COMMIT_H
#define LULL_PV_ENGINE_COMMIT_H

#include "mask.h"
#include "plan.h"

/*
 * Stores the bytes of `count` edits through the writable alias, serialises once, and reads all of it back where it runs;
 * CHECKs that they are the same.  `bytes` are those of the first edit and all after it, one behind the other.
 */
void commit(struct mask_token *token, const struct text_window *text, const struct edit *edit, uint32_t count,
	    const uint8_t *bytes);

#endif
