/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xenstored, block backends and virtio devices say: the input is their bytes, and how a read is cut into requests.
 */
#include "fuzz.h"

#include <string.h>
#include <pv/virtio/virtio_ring.h>
#include <pv/xen/blk_ring.h>
#include <pv/xen/store_reply.h>

static void store(struct span input)
{
	struct xsd_sockmsg header = { span_u32(input, 0), span_u32(input, 4), 0, span_u32(input, 8) };
	struct span rest = input, name;
	enum store_reply reply;
	uint64_t number, count = 0;
	uint32_t bytes;
	char text[DISK_NAME_SIZE];

	if (!failed(store_reply_read(&header, XS_READ, span_u32(input, 4), &reply)))
		PROMISE(header.len <= XENSTORE_PAYLOAD_MAX);
	if (!failed(store_ring_bytes(span_u32(input, 0), span_u32(input, 4), &bytes)))
		PROMISE(bytes <= XENSTORE_RING_SIZE);
	store_error_number(input);
	while (store_next_name(&rest, &name)) {
		PROMISE(lies_in(input, name) && lies_in(input, rest));
		count += name.size + 1;
		if (store_number(name, &number))
			PROMISE(name.size != 0);
		store_is_empty_drive(name);
	}
	PROMISE(count + rest.size == input.size);
	store_disk_name(span_u64(input, 0), text);
	PROMISE(memchr(text, '\0', sizeof(text)) && strlen(text) >= 3);
}

/* The pieces of a read follow one another to its end, and each segment lies in its page. */
static void pieces(struct span input)
{
	uint64_t address = span_u32(input, 0) * BLK_SECTOR, size = (1 + span_u16(input, 4) % 4096) * BLK_SECTOR;
	uint32_t most = 1 + span_u8(input, 6);

	while (size != 0) {
		struct blk_piece piece = blk_piece_at(address, size, most);
		uint64_t bytes = 0;

		PROMISE(piece.segments >= 1 && piece.segments <= most && piece.bytes != 0 && piece.bytes <= size);
		for (uint32_t i = 0; i < piece.segments; i++) {
			struct blkif_request_segment segment = blk_segment(address, &piece, i);

			PROMISE(segment.first_sect <= segment.last_sect && segment.last_sect < BLK_SECTORS_OF_PAGE);
			PROMISE(((address + bytes) & PAGE_MASK) == segment.first_sect * BLK_SECTOR);
			bytes += (segment.last_sect - segment.first_sect + 1u) * BLK_SECTOR;
		}
		PROMISE(bytes == piece.bytes);
		address += piece.bytes;
		size -= piece.bytes;
	}
}

static void answers(struct span input)
{
	struct blkif_response response = { .id = span_u8(input, 0), .status = (int16_t)span_u16(input, 1) };
	struct blk_slot slots[4] = { { true, 3, 0, 1 }, { false, 4, 0, 1 }, { true, 5, 0, 1 }, { true, 200, 0, 1 } };
	const bool busy[VIRTIO_SLOTS] = { true, false, true, true };
	uint32_t slot, count;
	struct error error = blk_answer(&response, slots, 4, "xvda", &slot);

	if (error.code != ERROR_BLK_ANSWER_ID)
		PROMISE(slot < 4 && slots[slot].busy && slots[slot].id == response.id);
	if (!failed(blk_answers(span_u32(input, 0), span_u32(input, 4), 3, "xvda", &count)))
		PROMISE(count <= 3);
	if (!failed(virtio_answers(span_u16(input, 0), span_u16(input, 2), 3, "vda", &count)))
		PROMISE(count <= 3);
	if (!failed(virtio_answer(span_u32(input, 0), busy, "vda", &slot)))
		PROMISE(slot < VIRTIO_SLOTS && busy[slot]);
}

static void devices(struct span input)
{
	struct virtio_capability capability;
	struct virtio_ring ring;
	uint8_t space[256] = { 0 }, at = 0;
	uint32_t seen = 0, count = 0;
	uint64_t address;
	bool is_legacy = span_u8(input, 4) & 1;

	memcpy(space, input.at, input.size < sizeof(space) ? input.size : sizeof(space));
	while (virtio_next_capability(span(space, sizeof(space)), &at, &seen, &capability))
		PROMISE(++count <= 48 && at >= 0x40);
	virtio_mmio_word(input, &address);
	if (failed(virtio_ring_place(0, span_u32(input, 0), is_legacy, &ring)))
		return;
	PROMISE(ring.used + 6 + 8 * ring.entries <= VIRTIO_RING_MEMORY && ring.available + 6 + 2 * ring.entries <= ring.used);
	PROMISE(ring.entries >= VIRTIO_CHAIN * VIRTIO_SLOTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span(data, size);

	store(input);
	pieces(input);
	answers(input);
	devices(input);
	return 0;
}
