/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts multiboot2 information together, tag by tag. */
#include "fake_memory.h"

#include <arch/x86/doors.h>

#define INFORMATION 0x10000
#define TAG_END     0

static struct boot_info info;
static struct door_strings strings;
static uint8_t buffer[65536];
static uint32_t used;

static inline void put32(uint32_t value)
{
	memcpy(buffer + used, &value, 4);
	used += 4;
}

static inline void put64(uint64_t value)
{
	put32((uint32_t)value);
	put32((uint32_t)(value >> 32));
}

static inline void put_bytes(const void *bytes, uint32_t size)
{
	memcpy(buffer + used, bytes, size);
	used += size;
}

static inline void begin(void)
{
	memset(buffer, 0, sizeof(buffer));
	used = 8;
}

/* The size of a tag does not count the bytes that align the next one. */
static inline uint32_t open_tag(uint32_t type)
{
	used = (used + 7) & ~7u;
	put32(type);
	put32(0);
	return used - 8;
}

static inline void close_tag(uint32_t tag)
{
	uint32_t size = used - tag;

	memcpy(buffer + tag + 4, &size, 4);
}

static inline void end_tag(void) { close_tag(open_tag(TAG_END)); }
