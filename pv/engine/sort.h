/* SPDX-License-Identifier: MIT */
/*
 * Sorts keys in linear time: addresses in the upper half, the place in a table in the lower.
 */
#ifndef LULL_PV_ENGINE_SORT_H
#define LULL_PV_ENGINE_SORT_H

#include <stdbool.h>
#include <stdint.h>

/* Where a key's address ends and its place in the table begins. */
#define KEY_SHIFT 32

/*
 * Sorts keys by address, which is at most `limit`, and those with the same one by place.  Places must ascend as the keys come.
 * `scratch` is as large as `key`; the sorted keys are in one of the two, which is returned.
 */
const uint64_t *sort_keys(uint64_t *key, uint64_t *scratch, uint32_t count, uint64_t limit);

#endif
