/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel is told, read out of memory by readers of their own, and compared with the scene: boot.rst and zero-page.rst of
 * Linux, arch-x86/hvm/start_info.h of Xen, the Multiboot Specifications 0.6.96 and 2.0.
 */
#ifndef LULL_TESTS_HANDOVER_TOLD_H
#define LULL_TESTS_HANDOVER_TOLD_H

#include <shim/handover/handover.h>

#include "handover_scene.h"

/* What handover_prepare() made of the scene. */
static struct handover handover;

static bool is_zero(uint64_t address, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		if (real(address)[i] != 0)
			return false;
	return true;
}

/* What is told lies in the block that nothing else is in. */
static void in_block(uint64_t address, uint64_t size)
{
	PROMISE(address >= handover.layout.handover.start && address + size <= handover.leave.workspace.start);
}

static void check_line(uint64_t address)
{
	in_block(address, strlen(line) + 1);
	PROMISE(strcmp((const char *)real(address), line) == 0);
}

static void check_initrd(uint64_t address, uint64_t size)
{
	uint64_t at = address;

	for (uint32_t i = 0; i < payload.module_count; i++) {
		for (; at % 4 != 0; at++)
			PROMISE(*real(at) == 0);
		PROMISE(same(at, module_bytes[i], payload.module[i].image.bytes.size));
		at += payload.module[i].image.bytes.size;
	}
	PROMISE(at == address + size && (address % PAGE_SIZE == 0 || size == 0));
}

static void check_zero_page(uint64_t page)
{
	uint64_t header = 0x1f1, count = number(page + 0x1e8, 1);

	in_block(page, PAGE_SIZE);
	PROMISE(page % PAGE_SIZE == 0 && number(page + 0x1ef, 1) == 0 && number(page + 0x210, 1) == 0xff);
	check_line(number(page + 0x228, 4) | number(page + 0xc8, 4) << 32);
	check_initrd(number(page + 0x218, 4) | number(page + 0xc0, 4) << 32,
		     number(page + 0x21c, 4) | number(page + 0xc4, 4) << 32);
	PROMISE(number(page + 0x70, 8) == info.rsdp.v && count == info.memory.count);
	for (uint64_t i = 0; i < count; i++) {
		const struct region *region = &info.memory.region[i];
		uint64_t entry = page + 0x2d0 + 20 * i;

		PROMISE(number(entry, 8) == region->start && number(entry + 8, 8) == region->size &&
			number(entry + 16, 4) == region->type);
	}
	if (payload.kind == PAYLOAD_LINUX_ELF64)
		PROMISE((number(page + 0x211, 1) >> 1 & 1) == payload.moved.chosen);
	if (payload.bzimage.setup_header.size == 0) {
		PROMISE(number(page + 0x1f2, 2) == 1 && number(page + 0x1fe, 2) == 0xaa55 && number(page + 0x206, 2) == 0x20f);
		PROMISE(number(page + 0x202, 4) == 0x53726448);
		return;
	}
	/* The header is the kernel's own, but for what a loader writes; nothing of the file is behind it. */
	for (; header < 0x1f1 + payload.bzimage.setup_header.size; header++)
		if (header != 0x210 && (header != 0x211 || payload.kind == PAYLOAD_LINUX_BZIMAGE) && (header < 0x218 || header >= 0x220) && (header < 0x228 || header >= 0x22c))
			PROMISE(number(page + header, 1) == kernel[header]);
	for (; header < 0x2d0; header++)
		PROMISE((header >= 0x210 && header < 0x22c) || number(page + header, 1) == 0);
}

static void check_map_entry(uint64_t at, uint64_t index, unsigned type_size)
{
	const struct region *region = &info.memory.region[index];

	PROMISE(number(at, 8) == region->start && number(at + 8, 8) == region->size && number(at + 16, type_size) == region->type);
}

/* A module that the kernel gets by itself, with its own line. */
static void check_module(uint64_t index, uint64_t start, uint64_t end, uint64_t words)
{
	const struct payload_module *module = &payload.module[index];

	PROMISE(start % PAGE_SIZE == 0 && end - start == module->image.bytes.size);
	PROMISE(same(start, module_bytes[index], module->image.bytes.size));
	in_block(words, module->line.size + 1);
	PROMISE(same(words, module->line.at, module->line.size) && real(words)[module->line.size] == 0);
}

/* What the memory map has from an address to the next hole, in KiB. */
static uint64_t kib_from(uint64_t start)
{
	uint64_t end = start;

	for (uint64_t i = 0; i < info.memory.count; i++)
		for (uint64_t j = 0; j < info.memory.count; j++) {
			const struct region *region = &info.memory.region[j];

			if (region->type == REGION_RAM && region->start <= end && end < region->start + region->size)
				end = region->start + region->size;
		}
	return (end - start) / KIB;
}

static void check_memory_sizes(uint64_t at)
{
	uint64_t lower = kib_from(0), upper = kib_from(MIB);

	PROMISE(number(at, 4) == (lower < 640 ? lower : 640) && number(at + 4, 4) == upper);
}

static void check_multiboot1(uint64_t at)
{
	uint64_t map = number(at + 48, 4), modules = number(at + 20, 4), list = number(at + 24, 4);

	in_block(at, 116);
	PROMISE(handover.leave.magic == 0x2badb002 && number(at, 4) == 0x24d);
	check_memory_sizes(at + 4);
	check_line(number(at + 16, 4));
	PROMISE(modules == payload.module_count && number(at + 44, 4) == 24 * info.memory.count);
	in_block(list, 16 * modules);
	for (uint64_t i = 0; i < modules; i++)
		check_module(i, number(list + 16 * i, 4), number(list + 16 * i + 4, 4), number(list + 16 * i + 8, 4));
	in_block(map, 24 * info.memory.count);
	for (uint64_t i = 0; i < info.memory.count; i++) {
		PROMISE(number(map + 24 * i, 4) == 20);
		check_map_entry(map + 24 * i + 4, i, 4);
	}
	in_block(number(at + 64, 4), 8);
	PROMISE(strstr((const char *)real(number(at + 64, 4)), "lull") != NULL);
}

/* A copy of the root pointer, all of it or what ACPI 1 has. */
static void check_rsdp(uint64_t at, uint64_t size)
{
	PROMISE(!machine_stub_unreachable && (size == 20 || size == 36));
	PROMISE(memcmp(real(at), "RSD PTR ", 8) == 0 && (size == 20 || number(at + 20, 4) == 36));
	PROMISE(memcmp(real(at) + 16, noise(16), 4) == 0);
}

static void check_multiboot2(uint64_t at)
{
	uint64_t size = number(at, 4), seen = 0, tag = at + 8, type, module = 0;

	in_block(at, size);
	PROMISE(handover.leave.magic == 0x36d76289 && number(at + 4, 4) == 0);
	for (; (type = number(tag, 4)) != 0; tag = (tag + number(tag + 4, 4) + 7) & ~UINT64_C(7)) {
		PROMISE(number(tag + 4, 4) >= 8 && tag + number(tag + 4, 4) <= at + size && type < 22);
		seen |= UINT64_C(1) << type;
		if (type == 1)
			check_line(tag + 8);
		if (type == 3)
			check_module(module++, number(tag + 8, 4), number(tag + 12, 4), tag + 16);
		if (type == 4)
			check_memory_sizes(tag + 8);
		if (type == 14 || type == 15)
			check_rsdp(tag + 8, number(tag + 4, 4) - 8);
		if (type == 21)
			PROMISE(payload.multiboot.relocatable && number(tag + 8, 4) == handover.layout.load);
		if (type != 6)
			continue;
		PROMISE(number(tag + 8, 8) == 24 && number(tag + 4, 4) == 16 + 24 * info.memory.count);
		for (uint64_t i = 0; i < info.memory.count; i++)
			check_map_entry(tag + 16 + 24 * i, i, 8);
	}
	PROMISE(tag + 8 == at + size && number(tag + 4, 4) == 8 && module == payload.module_count);
	PROMISE((seen & 0x56) == 0x56 && (seen >> 21 & 1) == payload.multiboot.relocatable);
}

static void check_start_info(uint64_t start)
{
	uint64_t modules = number(start + 12, 4), list = number(start + 16, 8), words = number(start + 24, 8);
	uint64_t map = number(start + 40, 8), count = number(start + 48, 4);

	in_block(start, 56);
	PROMISE(number(start, 4) == 0x336ec578 && number(start + 4, 4) == 1 && number(start + 8, 4) == info.start_flags);
	PROMISE(number(start + 32, 8) == info.rsdp.v && count == info.memory.count && count <= PVH_MAX_REGIONS);
	check_line(words);
	/* NetBSD reads a line in steps of 8 bytes. */
	PROMISE(is_zero(words + strlen(line), 8));
	in_block(map, 24 * count);
	for (uint64_t i = 0; i < count; i++) {
		const struct region *region = &info.memory.region[i];

		PROMISE(number(map + 24 * i, 8) == region->start && number(map + 24 * i + 8, 8) == region->size &&
			number(map + 24 * i + 16, 8) == region->type);
	}
	if (payload.bzimage.setup_header.size != 0) {
		PROMISE(modules == (payload.module_count != 0));
		if (modules == 0)
			return;
		in_block(list, 32);
		check_initrd(number(list, 8), number(list + 8, 8));
		in_block(number(list + 16, 8), 8);
		PROMISE(number(number(list + 16, 8), 8) == 0);
		return;
	}
	PROMISE(modules == payload.module_count);
	in_block(modules != 0 ? list : start, 32 * modules);
	for (uint64_t i = 0; i < modules; i++)
		check_module(i, number(list + 32 * i, 8), number(list + 32 * i, 8) + number(list + 32 * i + 8, 8),
			     number(list + 32 * i + 16, 8));
}

#endif
