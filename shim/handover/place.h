/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.c: where everything goes.  A pure function from the memory map and the payload to a layout.
 *
 * Until machine_leave() nothing is moved, so the shim may write only to the hand-over block; then the moves run, from
 * a trampoline inside that block, and may cover the shim, the modules and whatever else the loader left.
 */
#ifndef LULL_SHIM_HANDOVER_PLACE_H
#define LULL_SHIM_HANDOVER_PLACE_H

#include <core/boot_info.h>
#include <core/leave.h>
#include <shim/payload/payload.h>

#define PLACE_MAX_KEEP 32

struct place_request {
	/* Must have passed memory_map_check(). */
	const struct memory_map *memory;
	/* The kernel and the modules are where payload->kernel and payload->module[] say. */
	const struct payload *payload;
	/* The shim in memory, bss included. */
	struct range shim;
	/* What the shim still reads while it writes the hand-over block: whole modules (command lines lie in them), the embedded
	 * image, the loader's tables.  The hand-over block covers none of it; the moves may, for they come last. */
	uint32_t keep_count;
	struct range keep[PLACE_MAX_KEEP];
	/* Bytes of the hand-over block: what the payload is told, and the workspace of machine_leave(). */
	uint64_t handover_size;
};

struct layout {
	/* Where the payload begins: a bzImage's protected-mode code, or the lowest ELF segment. */
	uint64_t load;
	/* The address to enter, in the way that `mode` says. */
	uint64_t entry;
	enum leave_mode mode;
	/* All that the payload claims until it has read the memory map: a bzImage's init_size from `load`, or from the
	 * lowest ELF segment to the end of the highest. */
	struct range image;
	/* Where the payload will find its modules; joined, one begins behind the other as initrd_start() says. */
	struct range module[BOOT_MAX_MODULES];
	/* All parts of an initrd, or the one module; else empty. */
	struct range initrd;
	/* The ends of the memory in which the payload can use modules, and read what it is told. */
	uint64_t modules_end, told_end;
	/* Modules that are moved go as low as they can, above the image: a multiboot kernel may have mapped no more. */
	bool modules_low;
	/* The payload's file in parts: `from` is an offset in it. */
	uint32_t part_count;
	struct move part[ELF_MAX_SEGMENTS];
	/* Page aligned RAM, rounded up to whole pages, that no move reads or writes; free to write now. */
	struct range handover;
	uint32_t move_count;
	struct move move[LEAVE_MAX_MOVES];
};

/*
 * Computes the layout.  ELF segments go where they are linked; those of a Linux that is entered by startup_64, and of a
 * relocatable multiboot kernel, go together to another place if they cannot lie there.  A bzImage goes to pref_address if that
 * is RAM.  What place() chooses itself lies in RAM above the first MiB: the hand-over block clear of all that is there now, a
 * moved initrd as high as it goes.  The kernel is copied once, twice only if its segments cannot be ordered otherwise.  A module
 * is moved only if it is not page aligned, not in RAM, too high, in the payload's way, or one of several parts of an initrd,
 * which go to one place.
 *
 * Errors: PLACE_SEGMENT_RAM (a segment outside RAM), PLACE_KERNEL, PLACE_INITRD, PLACE_HANDOVER and PLACE_ASIDE (no
 * room: expected is the KiB needed, found the KiB of the largest free block where it could go).
 */
struct error place(const struct place_request *request, struct layout *out);

#endif
