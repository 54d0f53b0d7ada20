/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log, of which only this is asked: whether the file system was unmounted.  Its newest record says so then.
 *
 * Each of its blocks of 512 bytes begins with a count of how often the log was written around, or has it behind the mark of
 * a record.  The newest record is before the first block that has another count than the log begins with.
 */
#include <shim/disk/xfs.h>

enum {
	LOG_BLOCK = 512,
	RECORD_OPERATIONS = 40,
	RECORD_SIZE = 320,
	/* A header has a block for each of so many bytes of its buffer. */
	RECORD_PART = 32768,
	/* The largest record, in blocks: 256 KiB and its header. */
	RECORD_MOST = 512 + 8,

	OPERATION_FLAGS = 9,
	FLAG_UNMOUNT = 0x20,
};

static const uint8_t magic[4] = { 0xfe, 0xed, 0xba, 0xbe };

struct log {
	uint64_t at;
	uint64_t blocks;
	uint8_t bytes[LOG_BLOCK];
};

static struct error read_block(struct fs *fs, struct log *log, uint64_t block)
{
	return disk_read(fs->disk, log->at + block % log->blocks * LOG_BLOCK, log->bytes, LOG_BLOCK);
}

static struct error read_count(struct fs *fs, struct log *log, uint64_t block, uint32_t *out)
{
	const struct span bytes = span(log->bytes, LOG_BLOCK);

	TRY(read_block(fs, log, block));
	*out = span_u32(bytes, span_is(bytes, 0, magic, 4) ? 4 : 0);
	return error_none();
}

/* The block behind the newest record. */
static struct error find_head(struct fs *fs, struct log *log, uint32_t count, uint64_t *out)
{
	uint64_t low = 1, high = log->blocks;

	while (low < high) {
		const uint64_t middle = (low + high) / 2;
		uint32_t found;

		TRY(read_count(fs, log, middle, &found));
		if (found == count)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return error_none();
}

/* Whether a block begins the record of an unmount: a header, and one operation, which says so. */
static struct error is_unmount(struct fs *fs, struct log *log, uint64_t block, bool *out)
{
	const struct span bytes = span(log->bytes, LOG_BLOCK);
	const uint64_t operations = xfs_number(bytes, RECORD_OPERATIONS, 4), size = xfs_number(bytes, RECORD_SIZE, 4);

	TRY(read_block(fs, log, block + (size > RECORD_PART ? (size + RECORD_PART - 1) / RECORD_PART : 1)));
	*out = operations == 1 && (span_u8(bytes, OPERATION_FLAGS) & FLAG_UNMOUNT) != 0;
	return error_none();
}

struct error xfs_read_log(struct fs *fs, struct span super)
{
	const uint64_t blocks = xfs_number(super, XFS_SUPER_LOG_BLOCKS, 4), start = xfs_number(super, XFS_SUPER_LOG_START, 8);
	struct log log = { .blocks = blocks * (fs->xfs.block_size / LOG_BLOCK) };
	bool is_clean = false;
	uint64_t head;
	uint32_t count;

	/* A log on another disk. */
	if (start == 0 || blocks == 0)
		return error_none();
	TRY(xfs_block_at(fs, start, blocks, &log.at));
	TRY(read_count(fs, &log, 0, &count));
	/* Nothing was ever written to it. */
	if (count == 0)
		return error_none();
	TRY(find_head(fs, &log, count, &head));
	for (unsigned i = 0; i < RECORD_MOST; i++) {
		TRY(read_block(fs, &log, head + log.blocks - 1 - i % log.blocks));
		if (span_is(span(log.bytes, LOG_BLOCK), 0, magic, 4)) {
			TRY(is_unmount(fs, &log, head + log.blocks - 1 - i % log.blocks, &is_clean));
			break;
		}
	}
	fs->needs_recovery |= !is_clean;
	return error_none();
}
