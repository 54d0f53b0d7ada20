/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine made up by chance, on real memory, with a payload of noise where a loader might have put it: a UKI, modules, a
 * kernel that was unpacked; and RAM so small and torn that things are in each other's way.
 */
#ifndef LULL_TESTS_HANDOVER_SCENE_H
#define LULL_TESTS_HANDOVER_SCENE_H

#include <string.h>

#include <core/boot_info.h>
#include <shim/memory/memory_map.h>
#include <shim/payload/payload.h>
#include <tests/unit/machine_stub.h>

#include "choices.h"
#include "fuzz.h"
#include "real_memory.h"

static struct choices c;
static struct boot_info info;
static struct payload payload;
static char line[BOOT_CMDLINE_SIZE];
/* What the kernel and the modules are. */
static const uint8_t *kernel, *module_bytes[BOOT_MAX_MODULES];

/* What lies in memory, so that nothing is put upon it. */
static struct range taken[BOOT_MAX_MODULES + 8];
static unsigned taken_count;

static void add_region(uint64_t *at, uint64_t size, uint32_t type)
{
	info.memory.region[info.memory.count++] = (struct region){ *at, size, type };
	*at += size;
}

/*
 * RAM in pieces with small and large holes, so little of it that things are in each other's way; sometimes as many regions
 * as there may be.
 */
static void make_memory(void)
{
	uint64_t at = 0, pieces = 1 + below(&c, 8);

	info.memory.count = 0;
	if (once_in(&c, 2)) {
		add_region(&at, 0x9fc00, REGION_RAM);
		add_region(&at, 0x60400, REGION_RESERVED);
	}
	for (uint64_t i = 0; i < pieces; i++) {
		add_region(&at, MIB / 4 + some_size(&c, 6 * MIB), REGION_RAM);
		if (once_in(&c, 2))
			at += some_size(&c, MIB);
		if (once_in(&c, 3))
			add_region(&at, some_size(&c, MIB), 2 + (uint32_t)below(&c, 4));
		if (once_in(&c, 8) && at < REAL_END - 600 * MIB)
			at += 500 * MIB;
		/* RAM need not begin and end with pages. */
		if (!once_in(&c, 4))
			at = (at + PAGE_MASK) & ~PAGE_MASK;
	}
	if (once_in(&c, 8)) {
		at = 4 * GIB;
		add_region(&at, some_size(&c, 4 * GIB), REGION_RAM);
	}
	while (once_in(&c, 10) && info.memory.count < BOOT_MAX_REGIONS)
		for (uint64_t i = below(&c, BOOT_MAX_REGIONS - info.memory.count + 1); i > 0; i--)
			add_region(&at, 0, REGION_RESERVED);
}

/* A place in RAM, clear of what is there, for something that a loader put there. */
static bool take_place(uint64_t size, struct range *out)
{
	for (unsigned tries = 0; tries < 20; tries++) {
		const struct region *region = &info.memory.region[below(&c, info.memory.count)];
		uint64_t room = region->size > size ? region->size - size : 0;
		bool clear = room != 0;

		out->start = region->start + below(&c, once_in(&c, 2) ? room : room >> 4);
		if (!once_in(&c, 3))
			out->start &= ~PAGE_MASK;
		out->end = out->start + size;
		for (unsigned i = 0; i < taken_count; i++)
			clear = clear && !range_overlaps(*out, taken[i]);
		if (clear && out->start >= region->start && out->start >= MIB && out->end <= REAL_END &&
		    memory_is_ram(&info.memory, *out)) {
			taken[taken_count++] = *out;
			return true;
		}
	}
	return false;
}

/* One container for both, at any offset in it; `where` has room for them. */
static void put_both(struct range where, uint64_t kernel_size, uint64_t initrd_size)
{
	uint64_t spare = range_size(where) - kernel_size - initrd_size, first = below(&c, spare + 1);
	bool kernel_first = once_in(&c, 2);
	uint64_t one = where.start + first, other = one + (kernel_first ? kernel_size : initrd_size) + below(&c, spare - first + 1);

	payload.kernel = put_at(kernel_first ? one : other, kernel, kernel_size);
	payload.module[0].image = put_at(kernel_first ? other : one, module_bytes[0], initrd_size);
	payload.module_count = initrd_size != 0;
}

static bool add_module(uint64_t size)
{
	struct range where;

	if (!take_place(size, &where))
		return false;
	memcpy(real(where.start), noise(0), size);
	info.module[info.module_count++].where = where;
	return true;
}

/* A UKI as module, a UKI behind the shim, two modules, or a kernel that was unpacked beside the module that it came in. */
static bool make_payload(uint64_t kernel_size, uint64_t initrd_size)
{
	uint64_t both = kernel_size + initrd_size + some_size(&c, 64 * KIB);
	struct range where = { 0, 0 };

	switch (below(&c, 4)) {
	case 0:
		if (!add_module(both))
			return false;
		put_both(info.module[0].where, kernel_size, initrd_size);
		return true;
	case 1:
		where = (struct range){ info.shim.end, info.shim.end + both };
		for (unsigned i = 1; i < taken_count; i++)
			if (range_overlaps(where, taken[i]))
				return false;
		if (!memory_is_ram(&info.memory, where) || where.end > REAL_END)
			return false;
		taken[taken_count++] = where;
		info.embedded = span(real(where.start), both);
		put_both(where, kernel_size, initrd_size);
		return true;
	case 2:
		if (!add_module(kernel_size))
			return false;
		payload.kernel = put_at(info.module[0].where.start, kernel, kernel_size);
		break;
	default:
		if (!add_module(some_size(&c, 128 * KIB)) || !take_place(kernel_size, &where))
			return false;
		payload.kernel = put_at(where.start, kernel, kernel_size);
	}
	if (initrd_size == 0)
		return true;
	for (uint64_t more = once_in(&c, 2) ? 1 : 1 + below(&c, BOOT_MAX_MODULES - 1); more > 0; more--) {
		if (!add_module(initrd_size))
			break;
		payload.module[payload.module_count].image =
			put_at(info.module[info.module_count - 1].where.start, module_bytes[payload.module_count], initrd_size);
		payload.module_count++;
		initrd_size = 1 + some_size(&c, 64 * KIB);
	}
	return payload.module_count != 0;
}

static void describe_bzimage(uint64_t file_size)
{
	uint64_t alignment = UINT64_C(1) << (12 + below(&c, 10));
	uint64_t offset = 1024 + below(&c, file_size - 1024);

	payload.kind = PAYLOAD_LINUX_BZIMAGE;
	payload.bzimage = (struct linux_kernel){
		.setup_header = span(payload.kernel.bytes.at + 0x1f1, 0x11 + below(&c, 0x290 - 0x202 + 1)), .code_offset = offset,
		.code_size = 1 + below(&c, file_size - offset), .relocatable = !once_in(&c, 4), .kernel_alignment = alignment,
		.pref_address = MIB + (once_in(&c, 4) ? below(&c, 8 * MIB) : alignment * below(&c, 8 * MIB / alignment)),
		.initrd_addr_max = once_in(&c, 3) ? 8 * MIB + below(&c, 64 * MIB) : once_in(&c, 2) ? 0x7fffffff : 0xffffffff,
	};
	payload.bzimage.init_size = payload.bzimage.code_size + some_size(&c, 2 * MIB);
}

static bool is_multiboot(void) { return payload.kind == PAYLOAD_MULTIBOOT1 || payload.kind == PAYLOAD_MULTIBOOT2; }

/* Within bounds that may be too narrow. */
static void describe_multiboot(void)
{
	payload.multiboot = (struct multiboot_kernel){ .entry = payload.elf.memory.start, .alignment = 1 };
	if (payload.kind == PAYLOAD_MULTIBOOT1 || once_in(&c, 2))
		return;
	payload.multiboot = (struct multiboot_kernel){
		.entry = payload.elf.memory.start, .relocatable = true,
		.lowest = once_in(&c, 2) ? 0 : below(&c, 16 * MIB), .alignment = UINT64_C(1) << below(&c, 22),
		.end = once_in(&c, 2) ? UINT32_MAX : payload.elf.memory.end + below(&c, 32 * MIB),
		.preference = (enum multiboot_preference)below(&c, 3),
	};
}

/* Segments in any order, whose bytes may be shared. */
static void describe_elf(uint64_t file_size)
{
	uint64_t at = MIB * (1 + below(&c, 2)) + (once_in(&c, 3) ? 0 : below(&c, 8 * MIB));
	uint32_t count = 1 + (uint32_t)below(&c, once_in(&c, 8) ? ELF_MAX_SEGMENTS : 5);

	payload.kind = once_in(&c, 3) ? PAYLOAD_PVH_ELF64 : once_in(&c, 2) ? PAYLOAD_PVH_ELF32 : PAYLOAD_LINUX_ELF64;
	if (once_in(&c, 2))
		payload.kind = once_in(&c, 2) ? PAYLOAD_MULTIBOOT1 : PAYLOAD_MULTIBOOT2;
	payload.elf = (struct elf_image){ .segment_count = count, .memory = { at, at } };
	payload.pvh_entry = at;
	payload.elf.entry = va(at + below(&c, MIB));
	payload.moved.chosen = once_in(&c, 2);
	if (once_in(&c, 2) && !is_multiboot())
		payload.bzimage.setup_header = span(payload.kernel.bytes.at + 0x1f1, 0x11 + below(&c, 0x290 - 0x202 + 1));
	for (uint32_t i = 0; i < count; i++) {
		struct elf_segment *segment = &payload.elf.segment[i];

		segment->file_size = below(&c, file_size / (1 + below(&c, count)) + 1);
		segment->offset = below(&c, file_size - segment->file_size + 1);
		segment->memory.start = at;
		segment->memory.end = at + segment->file_size + (once_in(&c, 2) ? some_size(&c, MIB) : segment->file_size == 0);
		at = segment->memory.end + (once_in(&c, 2) ? 0 : some_size(&c, MIB / 4));
		payload.elf.memory.end = segment->memory.end;
	}
	if (is_multiboot())
		describe_multiboot();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t other = (uint32_t)below(&c, count);
		struct elf_segment segment = payload.elf.segment[i];

		payload.elf.segment[i] = payload.elf.segment[other];
		payload.elf.segment[other] = segment;
	}
}

/* ACPI's root pointer: out of reach, or one whose bytes are there. */
static void make_rsdp(void)
{
	struct range where;

	machine_stub_unreachable = once_in(&c, 2) || !take_place(36, &where);
	info.rsdp = gpa(machine_stub_unreachable ? any(&c) : where.start);
	if (machine_stub_unreachable)
		return;
	memcpy(real(where.start), noise(0), 36);
	if (!once_in(&c, 4))
		memcpy(real(where.start), "RSD PTR ", 8);
	real(where.start)[15] = (uint8_t)below(&c, 4);
	memcpy(real(where.start + 20), &(uint32_t){ once_in(&c, 3) ? (uint32_t)any(&c) : 36 }, 4);
}

static bool make_scene(void)
{
	uint64_t kernel_size = 1025 + some_size(&c, 512 * KIB), initrd_size = once_in(&c, 5) ? 0 : some_size(&c, MIB);

	memset(&info, 0, sizeof(info));
	memset(&payload, 0, sizeof(payload));
	taken_count = 0;
	real_memory_clear();
	make_memory();
	kernel = noise(below(&c, NOISE / 4));
	for (unsigned i = 0; i < BOOT_MAX_MODULES; i++) {
		module_bytes[i] = noise(NOISE / 2 + below(&c, NOISE / 4));
		payload.module[i].line = span(noise(below(&c, NOISE / 4)), once_in(&c, 2) ? 0 : below(&c, 100));
	}
	make_rsdp();
	info.start_flags = (uint32_t)any(&c);
	fill_line(&c, line, sizeof(line) - 1);
	if (!take_place(some_size(&c, 256 * KIB), &info.shim))
		return false;
	memcpy(real(info.shim.start), noise(0), range_size(info.shim));
	if (!make_payload(kernel_size, initrd_size))
		return false;
	if (once_in(&c, 2))
		describe_bzimage(kernel_size);
	else
		describe_elf(kernel_size);
	/* A module that nobody asks for, above all RAM: it is kept, and nothing else. */
	if (once_in(&c, 8) && info.module_count < BOOT_MAX_MODULES)
		info.module[info.module_count++].where = (struct range){ 8 * GIB, 8 * GIB + PAGE_SIZE };
	return true;
}

/* Whether these bytes are there. */
static bool same(uint64_t address, const uint8_t *bytes, uint64_t size)
{
	return size == 0 || memcmp(real(address), bytes, size) == 0;
}

/* A number of so many bytes in that memory. */
static uint64_t number(uint64_t address, unsigned bytes)
{
	return span_number(span(real(address), bytes), 0, bytes);
}

#endif
