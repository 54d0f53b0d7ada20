/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_move.c: an unpacked Linux that is to run elsewhere than it is linked.
 */
#ifndef LULL_SHIM_PAYLOAD_PAYLOAD_MOVE_H
#define LULL_SHIM_PAYLOAD_PAYLOAD_MOVE_H

#include <shim/payload/linux_relocs.h>
#include <shim/payload/payload.h>

/* True for a 64-bit Linux that lull has unpacked, or that came so, and that names no patch sites of its own. */
bool payload_can_move(const struct payload *payload);

/*
 * True when lull.kaslr= asks for another place, or says nothing of a kernel with two offsets: such a one is entered by
 * startup_64, and its own decompressor would have moved it.
 */
bool payload_wants_move(const struct payload *payload, bool one_offset);

/*
 * Moves what is known of such a payload: its segments, by both distances, and the ways in.  Its bytes are not looked at.
 * Behind the Xen PV door the two distances must be one: pfn 0 stays at VIRT_BASE.
 */
void payload_move(struct payload *payload, uint64_t virtual, uint64_t physical);

/*
 * Writes the PVH entry's new address into the note of a moved kernel, whose bytes must be writable.  The PVH entry of Linux 6.13
 * and later reads its own note, and takes the difference from its address for the distance by which it was moved.  Older
 * kernels do without: `relocs` show that their entry's first instructions are relocated, and their notes stay as they are.
 */
void payload_move_note(struct payload *payload, const struct linux_relocs *relocs);

#endif
