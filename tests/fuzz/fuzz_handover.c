/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hand-over on real memory: a made-up machine, with a payload of noise where a loader might have put it.  What
 * handover_prepare() plans is done, move by move, and then every byte is looked for where the protocol says it is: what the
 * kernel is told is read by readers of their own (boot.rst and zero-page.rst of Linux; arch-x86/hvm/start_info.h of Xen).
 */
#include <string.h>

#include <shim/handover/handover.h>
#include <shim/memory/memory_map.h>
#include <tests/unit/layout_check.h>
#include <tests/unit/machine_stub.h>

#include "choices.h"
#include "fuzz.h"
#include "real_memory.h"

static struct choices c;
static struct boot_info info;
static struct payload payload;
static struct handover handover;
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

static struct image put_at(uint64_t address, const uint8_t *bytes, uint64_t size)
{
	memcpy(real(address), bytes, size);
	return (struct image){ span(real(address), size), address };
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
	return true;
}

static bool same(uint64_t address, const uint8_t *bytes, uint64_t size)
{
	return size == 0 || memcmp(real(address), bytes, size) == 0;
}

/* Until the shim leaves, all is where it was. */
static void check_untouched(void)
{
	PROMISE(same(info.shim.start, noise(0), range_size(info.shim)));
	PROMISE(same(payload.kernel.start, kernel, payload.kernel.bytes.size));
	for (uint32_t i = 0; i < payload.module_count; i++)
		PROMISE(same(payload.module[i].image.start, module_bytes[i], payload.module[i].image.bytes.size));
}

/* place() was asked this, and its answer stands up to the judge of the unit tests too. */
static void check_layout(void)
{
	struct place_request request = { .memory = &info.memory, .payload = &payload, .shim = info.shim };
	const char *fault;

	for (uint32_t i = 0; i < info.module_count; i++)
		request.keep[request.keep_count++] = info.module[i].where;
	request.handover_size = handover.leave.workspace.end - handover.layout.handover.start;
	fault = layout_fault(&request, &handover.layout);
	if (fault)
		fprintf(stderr, "%s\n", fault);
	PROMISE(fault == NULL);
}

static void run_moves(void)
{
	for (uint32_t i = 0; i < handover.leave.move_count; i++) {
		const struct move *move = &handover.leave.move[i];

		PROMISE(move->to >= REAL_START && move->to + move->size + move->zero <= REAL_END);
		memmove(real(move->to), real(move->from), move->size);
		memset(real(move->to + move->size), 0, move->zero);
	}
}

static bool is_zero(uint64_t address, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		if (real(address)[i] != 0)
			return false;
	return true;
}

static void check_kernel(void)
{
	const struct linux_kernel *linux_image = &payload.bzimage;
	uint64_t moved = 0;

	if (payload.kind == PAYLOAD_LINUX_BZIMAGE) {
		uint64_t load = handover.leave.entry - 0x200;

		PROMISE(handover.mode == LEAVE_LINUX64 && same(load, kernel + linux_image->code_offset, linux_image->code_size));
		PROMISE(linux_image->relocatable ? load % linux_image->kernel_alignment == 0 : load == linux_image->pref_address);
		return;
	}
	if (payload.kind == PAYLOAD_LINUX_ELF64) {
		moved = handover.layout.load - payload.elf.memory.start;
		PROMISE(handover.mode == LEAVE_LINUX64 && handover.leave.entry == payload.elf.entry.v + moved);
		PROMISE(moved == 0 || (handover.layout.load % (2 * MIB) == 0 && moved % (2 * MIB) == 0));
	} else if (is_multiboot()) {
		moved = handover.layout.load - payload.elf.memory.start;
		PROMISE(handover.mode == LEAVE_MULTIBOOT && handover.leave.entry == payload.multiboot.entry + moved);
		PROMISE(moved == 0 || payload.multiboot.relocatable);
	} else {
		PROMISE(handover.mode == LEAVE_PVH && handover.leave.entry == payload.pvh_entry && handover.leave.magic == 0);
	}
	for (uint32_t i = 0; i < payload.elf.segment_count; i++) {
		const struct elf_segment *segment = &payload.elf.segment[i];

		PROMISE(same(segment->memory.start + moved, kernel + segment->offset, segment->file_size));
		PROMISE(is_zero(segment->memory.start + moved + segment->file_size, range_size(segment->memory) - segment->file_size));
	}
}

static uint64_t number(uint64_t address, unsigned bytes)
{
	return span_number(span(real(address), bytes), 0, bytes);
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

/* Whether place() says no for a reason that it has. */
static void check_refusal(enum error_code code)
{
	if (code == ERROR_HANDOVER_REGIONS)
		PROMISE((payload.kind == PAYLOAD_PVH_ELF64 || payload.kind == PAYLOAD_PVH_ELF32) &&
			info.memory.count > PVH_MAX_REGIONS);
	else
		PROMISE(code == ERROR_PLACE_SEGMENT_RAM || code == ERROR_PLACE_KERNEL || code == ERROR_PLACE_INITRD ||
			code == ERROR_PLACE_HANDOVER || code == ERROR_PLACE_ASIDE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t told[MIB];
	struct range block;
	struct error error;

	c = choices_of(span(data, size));
	if (!make_scene())
		return 0;
	PROMISE(!failed(memory_map_check(&info.memory)));
	error = handover_prepare(&info, &payload, line, &handover);
	check_untouched();
	if (failed(error)) {
		check_refusal(error.code);
		return 0;
	}
	check_layout();
	block = handover.layout.handover;
	PROMISE(handover.leave.workspace.start % PAGE_SIZE == 0 && range_contains(block, handover.leave.workspace));
	PROMISE(range_size(block) <= sizeof(told));
	memcpy(real(handover.leave.workspace.start), noise(0), range_size(handover.leave.workspace));
	memcpy(told, real(block.start), range_size(block));
	run_moves();
	PROMISE(same(block.start, told, range_size(block)));
	check_kernel();
	if (payload.kind == PAYLOAD_LINUX_BZIMAGE || payload.kind == PAYLOAD_LINUX_ELF64)
		check_zero_page(handover.leave.argument);
	else if (payload.kind == PAYLOAD_MULTIBOOT1)
		check_multiboot1(handover.leave.argument);
	else if (payload.kind == PAYLOAD_MULTIBOOT2)
		check_multiboot2(handover.leave.argument);
	else
		check_start_info(handover.leave.argument);
	return 0;
}
