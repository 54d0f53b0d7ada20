/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initrds one behind the other, which Linux takes as one. */
#ifndef LULL_SHIM_PAYLOAD_INITRDS_H
#define LULL_SHIM_PAYLOAD_INITRDS_H

#include <core/addr.h>

/* Linux takes an archive that is not compressed at a multiple of this (init/initramfs.c, unpack_to_rootfs()). */
#define INITRD_ALIGNMENT 4

/* Where an initrd begins behind others that end at `end`.  What is between them has to be zeros. */
static inline uint64_t initrd_start(uint64_t end) { return round_down(end + INITRD_ALIGNMENT - 1, INITRD_ALIGNMENT); }

/* Where initrds end that ended at `end`, with another one of `size` bytes behind them.  One without bytes takes no room. */
static inline uint64_t initrd_end(uint64_t end, uint64_t size) { return size == 0 ? end : initrd_start(end) + size; }

#endif
