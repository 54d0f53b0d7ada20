/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pv/xen/blk_ring.h>

struct blk_piece blk_piece_at(uint64_t address, uint64_t size, uint32_t most)
{
	uint64_t before = address & PAGE_MASK, room = most * PAGE_SIZE - before;
	uint64_t bytes = size < room ? size : room;

	return (struct blk_piece){ (uint32_t)((before + bytes + PAGE_MASK) >> PAGE_SHIFT), bytes };
}

struct blkif_request_segment blk_segment(uint64_t address, const struct blk_piece *piece, uint32_t index)
{
	uint64_t last = ((address & PAGE_MASK) + piece->bytes) / BLK_SECTOR - 1;
	bool is_last = index == piece->segments - 1;

	return (struct blkif_request_segment){
		.first_sect = index == 0 ? (uint8_t)((address & PAGE_MASK) / BLK_SECTOR) : 0,
		.last_sect = is_last ? (uint8_t)(last % BLK_SECTORS_OF_PAGE) : BLK_SECTORS_OF_PAGE - 1,
	};
}

struct error blk_answers(uint32_t produced, uint32_t taken, uint32_t asked, const char *disk, uint32_t *out)
{
	*out = produced - taken;
	if (*out > asked)
		return error_make(ERROR_BLK_ANSWERS, disk, asked, *out);
	return error_none();
}

struct error blk_answer(const struct blkif_response *answer, const struct blk_slot *slots, uint32_t count, const char *disk,
			uint32_t *slot)
{
	for (*slot = 0; *slot < count; ++*slot)
		if (slots[*slot].busy && slots[*slot].id == answer->id)
			break;
	if (*slot == count)
		return error_make(ERROR_BLK_ANSWER_ID, disk, 0, answer->id);
	if (answer->status != BLKIF_RSP_OKAY)
		return error_make(ERROR_DISK_READ, disk, slots[*slot].offset, (uint64_t)-(int64_t)answer->status);
	return error_none();
}
