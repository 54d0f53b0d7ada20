/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/machine.h>
#include <shim/handover/told.h>
#include <shim/memory/memory_map.h>

#include <string.h>

#define LOWER_MOST 640

/* The root pointer's fields. */
#define RSDP_REVISION 15
#define RSDP_LENGTH   20
#define RSDP_NEW_SIZE 36

void told_put(struct told *told, struct span bytes)
{
	if (told->at != 0 && bytes.size != 0)
		memcpy((void *)(told->at + told->size), bytes.at, bytes.size);
	told->size += bytes.size;
}

void told_number(struct told *told, uint64_t value, unsigned bytes)
{
	told_put(told, span(&value, bytes));
}

void told_string(struct told *told, struct span text)
{
	told_put(told, text);
	told_number(told, 0, 1);
}

void told_align(struct told *told, uint64_t alignment)
{
	while (told->size & (alignment - 1))
		told_number(told, 0, 1);
}

/* KiB of RAM from an address to the first hole. */
static uint64_t ram_from(const struct memory_map *memory, uint64_t start)
{
	struct range ram;

	return memory_next_ram(memory, start, &ram) && ram.start == start ? range_size(ram) / KIB : 0;
}

uint32_t told_lower(const struct memory_map *memory)
{
	uint64_t size = ram_from(memory, 0);

	return size < LOWER_MOST ? (uint32_t)size : LOWER_MOST;
}

uint32_t told_upper(const struct memory_map *memory)
{
	uint64_t size = ram_from(memory, MIB);

	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

struct span told_rsdp(const struct boot_info *info)
{
	struct span none = span("", 0), rsdp;
	struct range where;
	uint64_t size;

	if (info->rsdp.v == 0 || !range_make(info->rsdp.v, RSDP_NEW_SIZE, &where) || !machine_reach(where))
		return none;
	rsdp = span((const void *)info->rsdp.v, RSDP_NEW_SIZE);
	if (!span_is(rsdp, 0, "RSD PTR ", 8))
		return none;
	size = span_u8(rsdp, RSDP_REVISION) < 2 ? TOLD_RSDP_OLD_SIZE : span_u32(rsdp, RSDP_LENGTH);
	return size == TOLD_RSDP_OLD_SIZE || size == RSDP_NEW_SIZE ? span(rsdp.at, size) : none;
}
