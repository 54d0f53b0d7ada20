/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/cache.h>

/* The line that begins at an offset; else the one that was not used for longest. */
static unsigned choose_line(const struct disk_cache *cache, uint64_t offset)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < CACHE_LINES; i++) {
		if (cache->used[i] != 0 && cache->offset[i] == offset)
			return i;
		if (cache->used[i] < cache->used[oldest])
			oldest = i;
	}
	return oldest;
}

/* The bytes of a line, as far as the disk goes. */
static struct error fill_line(struct disk_cache *cache, uint64_t offset, const uint8_t **out)
{
	const unsigned line = choose_line(cache, offset);
	const uint64_t left = cache->disk.size - offset;
	uint8_t *at = cache->memory + line * CACHE_LINE;

	*out = at;
	if (cache->used[line] == 0 || cache->offset[line] != offset) {
		cache->used[line] = 0;
		TRY(disk_read(cache->below, offset, at, left < CACHE_LINE ? (size_t)left : CACHE_LINE));
		cache->offset[line] = offset;
	}
	cache->used[line] = ++cache->clock;
	return error_none();
}

static struct error cache_read(struct disk *disk, uint64_t offset, void *to, size_t size)
{
	struct disk_cache *cache = disk->context;
	uint8_t *at = to;

	if (size > CACHE_SMALL)
		return disk_read(cache->below, offset, to, size);
	while (size != 0) {
		const size_t skip = offset % CACHE_LINE;
		const size_t part = size < CACHE_LINE - skip ? size : CACHE_LINE - skip;
		const uint8_t *line;

		TRY(fill_line(cache, offset - skip, &line));
		__builtin_memcpy(at, line + skip, part);
		offset += part;
		at += part;
		size -= part;
	}
	return error_none();
}

struct disk *disk_cache_open(struct disk_cache *cache, struct disk *below, void *memory)
{
	*cache = (struct disk_cache){
		.disk = { below->size, below->sector_size, below->name, cache_read, cache },
		.below = below,
		.memory = memory,
	};
	return &cache->disk;
}
