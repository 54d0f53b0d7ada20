/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cache.c: keeps what is read from a disk in small pieces, as parsers of file systems read; a disk itself.
 */
#ifndef LULL_SHIM_DISK_CACHE_H
#define LULL_SHIM_DISK_CACHE_H

#include <stdbool.h>

#include <core/disk.h>

/* A line is read whole; a read of more than a few lines goes by the cache. */
#define CACHE_LINE  4096
#define CACHE_LINES 64
#define CACHE_SMALL (4 * CACHE_LINE)

/* The memory that the caller gives. */
#define CACHE_MEMORY (CACHE_LINES * CACHE_LINE)

struct disk_cache {
	/* To read through; its context is this structure, which must stay where it is. */
	struct disk disk;
	struct disk *below;
	uint8_t *memory;
	/* When a line was used last, counted in uses; 0: never, so that it is empty. */
	uint64_t used[CACHE_LINES];
	uint64_t offset[CACHE_LINES];
	uint64_t clock;
};

/* Begins empty.  `memory` has CACHE_MEMORY bytes. */
struct disk *disk_cache_open(struct disk_cache *cache, struct disk *below, void *memory);

#endif
