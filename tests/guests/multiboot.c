/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a multiboot loader must have told: multiboot1 (Multiboot Specification 0.6.96, section 3.3) or multiboot2 (Multiboot2
 * Specification 2.0, section 3.6), in place of start_info.c.
 */
#include "pvh.h"

#include <xen/xen.h>

#define MAGIC1 0x2badb002u
#define MAGIC2 0x36d76289u

#if MULTIBOOT == 1
#define MAGIC MAGIC1
#else
#define MAGIC MAGIC2
#endif

static uint32_t memory_lower, memory_upper, tags;
static const char *loader_name;

static uint32_t word(uint64_t address)
{
	const uint32_t *at = reach(address);

	return at ? *at : 0;
}

static uint64_t words(uint64_t address) { return word(address) | (uint64_t)word(address + 4) << 32; }

static void read_area(uint64_t at)
{
	if (found.area_count < MAX_AREAS)
		found.area[found.area_count++] = (struct area){ words(at), words(at) + words(at + 8), word(at + 16) == 1 };
}

static void read_module(uint64_t start, uint64_t end, uint64_t line)
{
	if (found.modules < MAX_MODULES)
		found.module[found.modules] = (struct module){ start, end - start, line };
	found.modules++;
	keep(start, end - start);
	keep_text(line);
}

/* Fields that must be there: memory, command line, modules, memory map, loader's name. */
#define FLAGS 0x24du

__attribute__((unused)) static void read_first(uint64_t at)
{
	uint64_t map = word(at + 48), end = map + word(at + 44);

	tags = word(at) & FLAGS;
	keep(at, 116);
	memory_lower = word(at + 4);
	memory_upper = word(at + 8);
	command_line = keep_text(word(at + 16));
	loader_name = keep_text(word(at + 64));
	keep(word(at + 24), 16 * word(at + 20));
	for (uint32_t i = 0; i < word(at + 20); i++) {
		uint64_t module = word(at + 24) + 16 * i;

		read_module(word(module), word(module + 4), word(module + 8));
	}
	keep(map, end - map);
	for (; map < end; map += 4 + word(map))
		read_area(map + 4);
}

__attribute__((unused)) static void read_second(uint64_t at)
{
	uint64_t end = at + word(at);

	keep(at, end - at);
	for (uint64_t tag = at + 8; tag < end && word(tag) != 0; tag = (tag + word(tag + 4) + 7) & ~UINT64_C(7)) {
		tags |= 1u << word(tag);
		switch (word(tag)) {
		case 1: command_line = reach(tag + 8); break;
		case 2: loader_name = reach(tag + 8); break;
		case 3: read_module(word(tag + 8), word(tag + 12), tag + 16); break;
		case 4:
			memory_lower = word(tag + 8);
			memory_upper = word(tag + 12);
			break;
		case 6:
			for (uint64_t area = tag + 16; area < tag + word(tag + 4); area += word(tag + 8))
				read_area(area);
			break;
		}
	}
}

bool read_start_info(void)
{
	if (entry_state.magic != MAGIC)
		return false;
	if (MAGIC == MAGIC1)
		read_first(entry_state.start_info);
	else
		read_second(entry_state.start_info);
	/* A multiboot kernel is not told by whom it is started; the test says so. */
	found.flags = asked("dom0") ? SIF_PRIVILEGED | SIF_INITDOMAIN : 0;
	return true;
}

/* KiB of RAM from an address to the first hole. */
static uint64_t ram_from(uint64_t start)
{
	uint64_t end = start;

	for (uint32_t again = 0; again < found.area_count; again++)
		for (uint32_t i = 0; i < found.area_count; i++)
			if (found.area[i].ram && found.area[i].start <= end && end < found.area[i].end)
				end = found.area[i].end;
	return (end - start) / 1024;
}

void check_start_info(void)
{
	uint64_t lower = ram_from(0), upper = ram_from(0x100000);

	if (fault("magic"))
		entry_state.magic++;
	if (fault("sizes"))
		memory_upper++;
	if (fault("tags"))
		tags &= ~0x40u;
	if (entry_state.magic != MAGIC) {
		wrong("eax is not the magic of multiboot: %x", entry_state.magic);
		return;
	}
	fact("multiboot%u at %x by \"%s\" lower %x upper %x tags %x", (uint32_t)MULTIBOOT, entry_state.start_info,
	     loader_name ? loader_name : "", memory_lower, memory_upper, tags);
	if ((tags & (MULTIBOOT == 1 ? FLAGS : 0x56u)) != (MULTIBOOT == 1 ? FLAGS : 0x56u))
		wrong("not all that must be told is there: %x", tags);
	if (memory_lower != (lower < 640 ? lower : 640) || memory_upper != upper)
		wrong("the sizes of memory are not those of the map: %x %x", memory_lower, memory_upper);
	if (!inside_ram(entry_state.start_info, entry_state.start_info + 8))
		wrong("what is told is not in RAM: %x", entry_state.start_info);
}
