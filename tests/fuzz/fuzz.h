/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzz target: one function in libFuzzer's form.  `make fuzz-guided` builds it with that, `make fuzz` with gcc and
 * mutate_main.c, which runs the inputs of corpus/ and then mutates small valid files for as many seconds as it is told.
 */
#ifndef LULL_TESTS_FUZZ_H
#define LULL_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <core/span.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a parser promises of its result; it ends the program where that is broken. */
#define PROMISE(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* True when a part lies inside the whole, or has no bytes. */
static inline bool lies_in(struct span whole, struct span part)
{
	return part.size == 0 || (part.at >= whole.at && part.size <= whole.size &&
				  (uint64_t)(part.at - whole.at) <= whole.size - part.size);
}

#endif
