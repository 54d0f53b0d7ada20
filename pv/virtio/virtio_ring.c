/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/virtio/virtio_ring.h>

#define DESCRIPTOR_SIZE 16
#define USED_SIZE 8
/* Flags, index, and the event index behind the entries. */
#define RING_HEAD 6

struct error virtio_ring_place(uint64_t address, uint32_t most, bool is_legacy, struct virtio_ring *out)
{
	uint32_t entries = most;

	if (!is_legacy && most > VIRTIO_ENTRIES)
		entries = VIRTIO_ENTRIES;
	if (entries < VIRTIO_CHAIN * VIRTIO_SLOTS || entries > VIRTIO_LEGACY_MOST || (entries & (entries - 1)) != 0)
		return error_make(ERROR_VIRTIO_SETUP, "a queue of 16 entries or more", VIRTIO_ENTRIES, most);
	out->entries = entries;
	out->descriptors = address;
	out->available = address + entries * DESCRIPTOR_SIZE;
	/* Legacy: on the next page (virtio 1.2, 2.7.2). */
	out->used = round_down(out->available + RING_HEAD + 2 * entries + PAGE_MASK, PAGE_SIZE);
	return error_none();
}

struct error virtio_answers(uint16_t used, uint16_t taken, uint32_t asked, const char *disk, uint32_t *out)
{
	*out = (uint16_t)(used - taken);
	if (*out > asked)
		return error_make(ERROR_VIRTIO_ANSWER, disk, asked, *out);
	return error_none();
}

struct error virtio_answer(uint32_t id, const bool busy[VIRTIO_SLOTS], const char *disk, uint32_t *slot)
{
	*slot = id / VIRTIO_CHAIN;
	if (id % VIRTIO_CHAIN != 0 || *slot >= VIRTIO_SLOTS || !busy[*slot])
		return error_make(ERROR_VIRTIO_ANSWER, disk, 0, id);
	return error_none();
}

#define WORD "virtio_mmio.device="

static bool hex_digit(uint8_t c, uint64_t *value)
{
	uint8_t digit;

	if (c >= '0' && c <= '9')
		digit = (uint8_t)(c - '0');
	else if ((c | 32) >= 'a' && (c | 32) <= 'f')
		digit = (uint8_t)((c | 32) - 'a' + 10);
	else
		return false;
	*value = *value << 4 | digit;
	return true;
}

bool virtio_mmio_word(struct span word, uint64_t *address)
{
	uint64_t at = sizeof(WORD) - 1, start;

	*address = 0;
	if (!span_is(word, 0, WORD, at))
		return false;
	while (at < word.size && word.at[at] != '@')
		at++;
	if (!span_is(word, at, "@0x", 3))
		return false;
	for (at += 3, start = at; at < word.size && at < start + 16 && hex_digit(word.at[at], address);)
		at++;
	return at != start && span_is(word, at, ":", 1);
}

#define STATUS_HAS_LIST 0x10
#define CAPABILITY_VENDOR 9
#define CAPABILITY_MSIX 0x11
#define MSIX_ENABLE 0x8000
#define BAR_PORTS 1
#define BAR_KIND 6
#define BAR_64_BITS 4
#define BAR_FLAGS 15u
#define FIRST_POINTER 0x34
#define LIST_START 0x40

/* The next capability of any kind. */
static bool next(struct span space, uint8_t *at, uint32_t *seen)
{
	if (*at == 0 && !(span_u8(space, 6) & STATUS_HAS_LIST))
		return false;
	*at = span_u8(space, *at == 0 ? FIRST_POINTER : *at + 1u) & ~3u;
	/* As many as there can be. */
	return *at >= LIST_START && ++*seen <= (256 - LIST_START) / 4;
}

bool virtio_has_msix(struct span space)
{
	uint32_t seen = 0;
	uint8_t at = 0;

	while (next(space, &at, &seen))
		if (span_u8(space, at) == CAPABILITY_MSIX)
			return span_u16(space, at + 2u) & MSIX_ENABLE;
	return false;
}

bool virtio_part_range(const struct virtio_capability *part, uint32_t low, uint32_t high, uint32_t least, struct range *out)
{
	uint64_t bar = low & ~BAR_FLAGS, start;

	if (low & BAR_PORTS || part->length < least)
		return false;
	if ((low & BAR_KIND) == BAR_64_BITS)
		bar |= (uint64_t)high << 32;
	return bar != 0 && !__builtin_add_overflow(bar, part->offset, &start) && range_make(start, part->length, out);
}

bool virtio_next_capability(struct span space, uint8_t *at, uint32_t *seen, struct virtio_capability *out)
{
	do {
		if (!next(space, at, seen))
			return false;
	} while (span_u8(space, *at) != CAPABILITY_VENDOR || span_u8(space, *at + 2u) < 16);
	*out = (struct virtio_capability){
		.type = span_u8(space, *at + 3u),
		.bar = span_u8(space, *at + 4u),
		.offset = span_u32(space, *at + 8u),
		.length = span_u32(space, *at + 12u),
		.multiplier = span_u32(space, *at + 16u),
	};
	return true;
}
