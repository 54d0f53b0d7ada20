/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86_filter.c: the decoder of xz's x86 filter (.xz file format, section 5.3.2, "Branch/Call/Jump Filters", ID 0x04).
 * Before packing, the filter makes absolute addresses of the relative ones of calls and jumps, so that calls of one
 * function look the same.  Pure, and no state: for data that is all there.
 */
#ifndef LULL_SHIM_UNPACK_X86_FILTER_H
#define LULL_SHIM_UNPACK_X86_FILTER_H

#include <stdint.h>

/*
 * Makes relative addresses again of the absolute ones in all the `size` bytes of one block, in place, as liblzma does
 * for LZMA_FILTER_X86 with a start offset of zero.  There is no wrong input.
 */
void x86_filter_undo(uint8_t *code, uint64_t size);

#endif
