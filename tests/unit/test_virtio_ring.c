/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <pv/virtio/virtio_ring.h>

static void places_of_rings(void **state)
{
	struct virtio_ring ring;

	(void)state;
	assert_fine(virtio_ring_place(0x10000, 256, true, &ring));
	assert_int_equal(ring.available, 0x11000);
	assert_int_equal(ring.used, 0x12000);
	assert_fine(virtio_ring_place(0, 16, false, &ring));
	assert_fine(virtio_ring_place(0, VIRTIO_LEGACY_MOST, true, &ring));
	assert_true(ring.used + 6 + 8 * ring.entries <= VIRTIO_RING_MEMORY);
	assert_error(virtio_ring_place(0, 2048, true, &ring), ERROR_VIRTIO_SETUP);
	assert_error(virtio_ring_place(0, 8, false, &ring), ERROR_VIRTIO_SETUP);
	assert_error(virtio_ring_place(0, 24, true, &ring), ERROR_VIRTIO_SETUP);
}

static void answers(void **state)
{
	const bool busy[VIRTIO_SLOTS] = { true, false, true, false };
	uint32_t count, slot;

	(void)state;
	assert_fine(virtio_answers(1, 0xffff, 2, "vda", &count));
	assert_int_equal(count, 2);
	assert_error(virtio_answers(2, 0xffff, 2, "vda", &count), ERROR_VIRTIO_ANSWER);
	assert_fine(virtio_answer(6, busy, "vda", &slot));
	assert_int_equal(slot, 2);
	assert_error(virtio_answer(3, busy, "vda", &slot), ERROR_VIRTIO_ANSWER);
	assert_error(virtio_answer(7, busy, "vda", &slot), ERROR_VIRTIO_ANSWER);
	assert_error(virtio_answer(12, busy, "vda", &slot), ERROR_VIRTIO_ANSWER);
}

static bool word(const char *text, uint64_t *address) { return virtio_mmio_word(span(text, strlen(text)), address); }

static void words_of_loaders(void **state)
{
	uint64_t address;

	(void)state;
	assert_true(word("virtio_mmio.device=512@0xfeb00e00:12", &address));
	assert_true(address == 0xfeb00e00);
	assert_true(word("virtio_mmio.device=4K@0xD0000000:5", &address));
	assert_true(address == 0xd0000000);
	assert_false(word("virtio_mmio.device=4K@0x:5", &address));
	assert_false(word("virtio_mmio.device=4K@0xg:5", &address));
	assert_false(word("virtio_mmio.device=4K@0x/:5", &address));
	assert_false(word("virtio_mmio.device=4K@0x11112222333344445:5", &address));
	assert_false(word("virtio_mmio.device=4K@0x1", &address));
	assert_false(word("virtio_mmio.device=4K", &address));
	assert_false(word("virtio_mmio.device=4K@12", &address));
	assert_false(word("virtio_mmio.devices=4K@0x12:3", &address));
}

static void capabilities(void **state)
{
	uint8_t space[256] = { [6] = 0x10, [0x34] = 0x41, [0x40] = 5, 0x50, [0x50] = 9, 0x60, 8, [0x60] = 9, 0x74, 20, 2, 4,
			       [0x68] = 0x34, 0x12, [0x6c] = 8, [0x70] = 4, [0x74] = 9, 0x60, 16, 1 };
	struct virtio_capability found;
	uint32_t seen = 0, count = 0;
	uint8_t at = 0;

	(void)state;
	assert_true(virtio_next_capability(span(space, 256), &at, &seen, &found));
	assert_int_equal(found.type, 2);
	assert_int_equal(found.bar, 4);
	assert_int_equal(found.offset, 0x1234);
	assert_int_equal(found.length, 8);
	assert_int_equal(found.multiplier, 4);
	/* It goes round, and comes to an end. */
	while (virtio_next_capability(span(space, 256), &at, &seen, &found))
		count++;
	assert_true(count > 10);
	space[0x34] = 0;
	at = 0;
	seen = 0;
	assert_false(virtio_next_capability(span(space, 256), &at, &seen, &found));
	space[6] = 0;
	at = 0;
	assert_false(virtio_next_capability(span(space, 256), &at, &seen, &found));
}

static void msix(void **state)
{
	uint8_t space[256] = { [6] = 0x10, [0x34] = 0x40, [0x40] = 9, 0x50, 16, [0x50] = 0x11, 0x40, 3, 0x80 };

	(void)state;
	assert_true(virtio_has_msix(span(space, 256)));
	/* Its functions are masked, which is another bit. */
	space[0x53] = 0x40;
	assert_false(virtio_has_msix(span(space, 256)));
	space[0x50] = 5;
	assert_false(virtio_has_msix(span(space, 256)));
}

static void parts_of_bars(void **state)
{
	struct virtio_capability part = { .offset = 0x1000, .length = 0x38 };
	struct range where;

	(void)state;
	assert_true(virtio_part_range(&part, 0x400c, 0x3800, 0x38, &where));
	assert_true(where.start == 0x380000005000 && where.end == 0x380000005038);
	/* The next word is another BAR's. */
	assert_true(virtio_part_range(&part, 0xfe004008, 0x3800, 0x38, &where));
	assert_true(where.start == 0xfe005000);
	assert_false(virtio_part_range(&part, 0xfe004008, 0, 0x39, &where));
	assert_false(virtio_part_range(&part, 0xc001, 0, 0x38, &where));
	assert_false(virtio_part_range(&part, 0xc, 0, 0x38, &where));
	/* It wraps, by its offset or by its length. */
	assert_false(virtio_part_range(&part, 0xfffff00c, 0xffffffff, 0x38, &where));
	assert_false(virtio_part_range(&part, 0xffffefec, 0xffffffff, 0x38, &where));
}

int main(void)
{
	return RUN_TESTS("virtio_ring", places_of_rings, answers, words_of_loaders, capabilities, msix, parts_of_bars);
}
