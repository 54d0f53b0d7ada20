/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio_ring.c: the parts of a ring, what a device puts into it, and where a loader says that devices are.  Pure: all of it
 * comes from outside.
 */
#ifndef LULL_PV_VIRTIO_VIRTIO_RING_H
#define LULL_PV_VIRTIO_VIRTIO_RING_H

#include <core/addr.h>
#include <core/error.h>
#include <core/span.h>

/* Of a request: its header, its data, its status. */
#define VIRTIO_CHAIN 3
#define VIRTIO_SLOTS 4
#define VIRTIO_ENTRIES 16
/* What a legacy device may ask for, and its ring then takes. */
#define VIRTIO_LEGACY_MOST 1024
#define VIRTIO_RING_MEMORY (8 * PAGE_SIZE)

struct virtio_ring {
	uint32_t entries;
	/* Descriptors, what is for the device, what it has used: their offsets in the ring's memory, then addresses. */
	uint64_t descriptors, available, used;
};

/*
 * Where the parts of a ring lie in the memory at an address.  Errors: VIRTIO_SETUP, when the device has no queue, or one
 * that is too small or, of a legacy one, too large.
 */
struct error virtio_ring_place(uint64_t address, uint32_t most, bool is_legacy, struct virtio_ring *out);

/* How many of `asked` requests are answered; indexes are free-running.  Errors: VIRTIO_ANSWER (more than that). */
struct error virtio_answers(uint16_t used, uint16_t taken, uint32_t asked, const char *disk, uint32_t *out);

/* Which slot an answer is for, by the number of its first descriptor.  Errors: VIRTIO_ANSWER (one that is not busy). */
struct error virtio_answer(uint32_t id, const bool busy[VIRTIO_SLOTS], const char *disk, uint32_t *slot);

/* The address in a word "virtio_mmio.device=SIZE@ADDRESS:IRQ" (Linux, drivers/virtio/virtio_mmio.c); false for another. */
bool virtio_mmio_word(struct span word, uint64_t *address);

/* One of a PCI device's vendor capabilities (virtio 1.2, 4.1.4): which BAR, and where in it. */
struct virtio_capability {
	uint8_t type;
	uint8_t bar;
	uint32_t offset;
	uint32_t length;
	/* Of type 2: what a queue's notify offset is multiplied by. */
	uint32_t multiplier;
};

/*
 * The next capability of a configuration space of 256 bytes; begin with `*at` 0.  False at the end, and for a list that is
 * broken or goes round.
 */
bool virtio_next_capability(struct span space, uint8_t *at, uint32_t *seen, struct virtio_capability *out);

/* Whether MSI-X is turned on, which moves what is behind the ports of a legacy device (virtio 1.2, 4.1.4.10). */
bool virtio_has_msix(struct span space);

/*
 * Where a part of `least` bytes or more lies in memory, by the two words of its BAR.  False for a BAR of ports, or one that was
 * not given an address.
 */
bool virtio_part_range(const struct virtio_capability *part, uint32_t low, uint32_t high, uint32_t least, struct range *out);

#endif
