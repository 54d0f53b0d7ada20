/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.c: SHA-256 (FIPS 180-4, section 6.2), by which a user recognises his file.
 */
#ifndef LULL_TOOLS_SHA256_H
#define LULL_TOOLS_SHA256_H

#include <core/span.h>

#define SHA256_SIZE 32

/* The digest of FIPS 180-4, section 6.2. */
void sha256(struct span bytes, uint8_t out[SHA256_SIZE]);

#endif
