/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads through a ring of requests.  The backend writes to the destination itself, whose pages are lent to it for one request each;
 * only what is no whole sector there goes by way of a buffer.
 */
#include <pv/deadline.h>
#include <pv/xen/blkfront.h>
#include <pv/xen/guest.h>

#include <string.h>

/* A disk may have to start up, or be at the end of a network. */
#define PATIENCE_SECONDS 60
#define BUFFER_PAGES 4
/* Behind those of the rings: each slot has its own entries, and one more for its page of segments. */
#define FIRST_ENTRY (GRANT_FIRST + MACHINE_MAX_DISKS)

_Static_assert(FIRST_ENTRY + BLK_INDIRECT_SLOTS * (BLK_INDIRECT_SEGMENTS + 1) <= GRANT_ENTRIES, "entries for all slots");
_Static_assert(FIRST_ENTRY + BLK_MOST_SLOTS * (BLK_DIRECT_SEGMENTS + 1) <= GRANT_ENTRIES, "entries for all slots");

static uint8_t buffer[BUFFER_PAGES * PAGE_SIZE] __attribute__((aligned(4096)));
static struct blkif_request_segment segments[BLK_INDIRECT_SLOTS][PAGE_SIZE / sizeof(struct blkif_request_segment)]
	__attribute__((aligned(4096)));

/* What a backend did not give back.  Its entries are those of the other disks too, so nothing is read any more. */
static struct error lent;

/* What is left of one read. */
struct transfer {
	uint64_t offset;
	uint64_t address;
	uint64_t size;
	/* The first answer that was none; no more is asked then, but what is asked is waited for. */
	struct error error;
};

static uint32_t first_entry(const struct blkfront *front, uint32_t slot)
{
	return FIRST_ENTRY + slot * (front->most_segments + 1);
}

/* Ends the grants of a slot's pages; false as long as the backend has one of them mapped. */
static bool end_grants(const struct blkfront *front, uint32_t index)
{
	const struct blk_slot *slot = &front->slot[index];
	uint32_t entry = first_entry(front, index);
	bool ended = true;

	for (uint32_t i = 0; i < slot->segments; i++)
		if (!grant_end(entry + i))
			ended = false;
	if (front->indirect && !grant_end(entry + front->most_segments))
		ended = false;
	return ended;
}

/* A backend unmaps before it answers, or while we look. */
static struct error free_slot(struct blkfront *front, uint32_t index)
{
	struct deadline deadline = deadline_in(PATIENCE_SECONDS);

	while (!end_grants(front, index)) {
		if (deadline_passed(&deadline))
			return error_make(ERROR_BLK_LENT, front->name, 0, front->slot[index].segments);
		xen_yield();
	}
	front->slot[index].busy = false;
	front->busy--;
	return error_none();
}

/* Takes back the pages of requests that are not answered.  Errors: BLK_LENT, when the backend still has some. */
static struct error take_back(struct blkfront *front)
{
	struct error error = error_none();

	for (uint32_t i = 0; i < front->slot_count; i++) {
		struct error one = front->slot[i].busy ? free_slot(front, i) : error_none();

		if (failed(one))
			error = one;
	}
	return error;
}

static void lend_segments(struct blkfront *front, uint32_t index, uint64_t address, const struct blk_piece *piece,
			  struct blkif_request_segment *list)
{
	uint64_t page = round_down(address, PAGE_SIZE);
	uint32_t entry = first_entry(front, index);

	for (uint32_t i = 0; i < piece->segments; i++) {
		list[i] = blk_segment(address, piece, i);
		list[i].gref = entry + i;
		grant_page(entry + i, front->domain, page + i * PAGE_SIZE);
	}
}

/* Puts a request for the next piece into the ring, for a slot that is free. */
static void submit(struct blkfront *front, uint32_t index, struct transfer *transfer)
{
	struct blk_piece piece = blk_piece_at(transfer->address, transfer->size, front->most_segments);
	struct blk_slot *slot = &front->slot[index];
	void *place = RING_GET_REQUEST(&front->ring, front->ring.req_prod_pvt);
	uint64_t sector = transfer->offset / BLK_SECTOR;

	*slot = (struct blk_slot){ true, ++front->serial * BLK_MOST_SLOTS + index, transfer->offset, piece.segments };
	if (front->indirect) {
		struct blkif_request_indirect request = {
			.operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_READ, .nr_segments = (uint16_t)piece.segments,
			.id = slot->id, .sector_number = sector, .handle = front->handle,
			.indirect_grefs = { first_entry(front, index) + front->most_segments },
		};

		lend_segments(front, index, transfer->address, &piece, segments[index]);
		grant_page(request.indirect_grefs[0], front->domain, (uint64_t)segments[index]);
		memcpy(place, &request, sizeof(request));
	} else {
		struct blkif_request request = {
			.operation = BLKIF_OP_READ, .nr_segments = (uint8_t)piece.segments, .handle = front->handle,
			.id = slot->id, .sector_number = sector,
		};

		lend_segments(front, index, transfer->address, &piece, request.seg);
		memcpy(place, &request, sizeof(request));
	}
	front->ring.req_prod_pvt++;
	front->busy++;
	transfer->offset += piece.bytes;
	transfer->address += piece.bytes;
	transfer->size -= piece.bytes;
}

/* The backend is told when it asked to be, as ring.h has it. */
static void submit_all(struct blkfront *front, struct transfer *transfer)
{
	uint32_t before = front->ring.req_prod_pvt, now;

	for (uint32_t i = 0; i < front->slot_count && transfer->size != 0; i++)
		if (!front->slot[i].busy)
			submit(front, i, transfer);
	now = front->ring.req_prod_pvt;
	if (now == before)
		return;
	__atomic_store_n(&front->ring.sring->req_prod, now, __ATOMIC_SEQ_CST);
	if (now - __atomic_load_n(&front->ring.sring->req_event, __ATOMIC_SEQ_CST) < now - before)
		channel_notify(front->port);
}

static struct error wait_for_answers(struct blkfront *front, uint32_t *count)
{
	struct deadline deadline = deadline_in(PATIENCE_SECONDS);

	for (;;) {
		uint32_t produced = __atomic_load_n(&front->ring.sring->rsp_prod, __ATOMIC_ACQUIRE);

		TRY(blk_answers(produced, front->ring.rsp_cons, front->busy, front->name, count));
		if (*count != 0)
			return error_none();
		if (deadline_passed(&deadline))
			return error_make(ERROR_BLK_SILENT, front->name, PATIENCE_SECONDS, front->busy);
		xen_yield();
	}
}

/* Takes what answers there are.  An error of one read is the transfer's; what is returned breaks the connection. */
static struct error take_answers(struct blkfront *front, struct transfer *transfer)
{
	uint32_t count, slot;

	TRY(wait_for_answers(front, &count));
	for (; count > 0; count--) {
		struct blkif_response answer;

		/* A copy: the backend can write to the ring while we look. */
		RING_COPY_RESPONSE(&front->ring, front->ring.rsp_cons, &answer);
		front->ring.rsp_cons++;
		struct error error = blk_answer(&answer, front->slot, front->slot_count, front->name, &slot);
		if (error.code == ERROR_BLK_ANSWER_ID)
			return error;
		if (failed(error)) {
			transfer->error = error;
			transfer->size = 0;
		}
		TRY(free_slot(front, slot));
	}
	return error_none();
}

struct error blk_lent(void) { return lent; }

/* Reads whole sectors to an address that is a multiple of a sector, all of it before it returns. */
static struct error read_sectors(struct blkfront *front, uint64_t offset, void *to, uint64_t size)
{
	struct transfer transfer = { .offset = offset, .address = (uint64_t)to, .size = size };

	TRY(grants_reach(transfer.address, size));
	TRY(grants_reach((uint64_t)segments, sizeof(segments)));
	while (transfer.size != 0 || front->busy != 0) {
		submit_all(front, &transfer);
		front->broken = take_answers(front, &transfer);
		if (failed(front->broken)) {
			lent = take_back(front);
			return front->broken;
		}
	}
	return transfer.error;
}

/* Reads some bytes at the beginning of a range by way of the buffer, and says how many. */
static struct error read_buffered(struct blkfront *front, const struct disk *disk, uint64_t offset, void *to, uint64_t *size)
{
	uint64_t start = round_down(offset, disk->sector_size), before = offset - start, end = before + *size;

	if (end > sizeof(buffer))
		end = sizeof(buffer);
	*size = end - before;
	end = round_down(end + disk->sector_size - 1, disk->sector_size);
	TRY(read_sectors(front, start, buffer, end));
	memcpy(to, buffer + before, *size);
	return error_none();
}

struct error blk_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	struct blkfront *front = disk->context;

	TRY(lent);
	TRY(front->broken);
	while (size != 0) {
		uint64_t bytes = round_down(size, disk->sector_size);

		if (bytes != 0 && ((offset | (uint64_t)to) & (disk->sector_size - 1)) == 0) {
			TRY(read_sectors(front, offset, to, bytes));
		} else {
			/* Only up to where whole sectors begin, if the destination is one for them. */
			uint64_t head = -offset & (disk->sector_size - 1);

			bytes = size;
			if (head != 0 && head < size && (head + (uint64_t)to) % disk->sector_size == 0)
				bytes = head;
			TRY(read_buffered(front, disk, offset, to, &bytes));
		}
		offset += bytes;
		to = (uint8_t *)to + bytes;
		size -= bytes;
	}
	return error_none();
}
