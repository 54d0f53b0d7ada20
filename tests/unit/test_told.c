/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What multiboot kernels are told: the structures are read as their specifications name the fields. */
#include "unit.h"
#include "machine_stub.h"

#include <shim/handover/handover.h>
#include <shim/handover/told.h>

static uint8_t block[4 * 4096] __attribute__((aligned(4096)));
static struct boot_info info;
static struct payload payload;
static struct layout layout;
static uint8_t rsdp[36];

static void set_scene(unsigned modules)
{
	info = (struct boot_info){ .memory = { .count = 3, .region = {
		{ 0, 0x9fc00, REGION_RAM }, { 0xf0000, 0x10000, REGION_RESERVED }, { MIB, 63 * MIB, REGION_RAM },
	} } };
	payload = (struct payload){ .kind = PAYLOAD_MULTIBOOT2, .module_count = modules };
	layout = (struct layout){ .load = 0x123000 };
	for (unsigned i = 0; i < modules; i++) {
		payload.module[i].line = i == 0 ? span("its line", 8) : span("", 0);
		layout.module[i] = (struct range){ (i + 2) * MIB, (i + 2) * MIB + 5 };
	}
	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = 0;
	memset(block, 0, sizeof(block));
	machine_stub_unreachable = false;
}

/* Offsets in the block; the structures hold the low halves of addresses. */
static uint64_t number(uint64_t at, unsigned bytes)
{
	return span_number(span(block, sizeof(block)), at, bytes);
}

static uint64_t offset_of(uint64_t at)
{
	return (uint32_t)(number(at, 4) - (uint32_t)(uintptr_t)block);
}

static void sizes_of_memory(void **state)
{
	(void)state;
	set_scene(0);
	assert_int_equal(told_lower(&info.memory), 639);
	assert_int_equal(told_upper(&info.memory), 63 * 1024);
	info.memory.region[0].start = 4096;
	info.memory.region[2].start = MIB + 4096;
	assert_int_equal(told_lower(&info.memory), 0);
	assert_int_equal(told_upper(&info.memory), 0);
	info.memory.count = 1;
	info.memory.region[0] = (struct region){ 0, 8 * GIB * 1024, REGION_RAM };
	assert_int_equal(told_lower(&info.memory), 640);
	assert_int_equal(told_upper(&info.memory), UINT32_MAX);
	info.memory.count = 0;
	assert_int_equal(told_lower(&info.memory), 0);
}

static void the_root_pointer(void **state)
{
	(void)state;
	set_scene(0);
	assert_int_equal(told_rsdp(&info).size, 0);
	info.rsdp = gpa((uintptr_t)rsdp);
	assert_int_equal(told_rsdp(&info).size, 20);
	assert_ptr_equal(told_rsdp(&info).at, rsdp);
	rsdp[15] = 2;
	memcpy(rsdp + 20, "\x24\0\0\0", 4);
	assert_int_equal(told_rsdp(&info).size, 36);
	rsdp[20] = 20;
	assert_int_equal(told_rsdp(&info).size, 20);
	rsdp[20] = 37;
	assert_int_equal(told_rsdp(&info).size, 0);
	rsdp[20] = 36;
	rsdp[0] = 'r';
	assert_int_equal(told_rsdp(&info).size, 0);
	rsdp[0] = 'R';
	machine_stub_unreachable = true;
	assert_int_equal(told_rsdp(&info).size, 0);
	machine_stub_unreachable = false;
	info.rsdp = gpa(UINT64_MAX - 34);
	assert_int_equal(told_rsdp(&info).size, 0);
}

static void multiboot1(void **state)
{
	uint64_t list, map;

	(void)state;
	set_scene(2);
	assert_int_equal(multiboot1_size(&info, &payload, "a line"), 4096);
	assert_int_equal(multiboot1_fill((uintptr_t)block, &info, &payload, &layout, "a line"), (uintptr_t)block);
	assert_int_equal(number(0, 4), 0x24d);
	assert_int_equal(number(4, 4), 639);
	assert_int_equal(number(8, 4), 63 * 1024);
	assert_string_equal(block + offset_of(16), "a line");
	assert_int_equal(number(20, 4), 2);
	list = offset_of(24);
	assert_int_equal(list % 4, 0);
	assert_int_equal(number(list, 4), 2 * MIB);
	assert_int_equal(number(list + 4, 4), 2 * MIB + 5);
	assert_string_equal(block + offset_of(list + 8), "its line");
	assert_int_equal(number(list + 16, 4), 3 * MIB);
	assert_string_equal(block + offset_of(list + 24), "");
	assert_int_equal(number(44, 4), 3 * 24);
	map = offset_of(48);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(number(map + 24 * i, 4), 20);
		assert_int_equal(number(map + 24 * i + 4, 8), info.memory.region[i].start);
		assert_int_equal(number(map + 24 * i + 12, 8), info.memory.region[i].size);
		assert_int_equal(number(map + 24 * i + 20, 4), info.memory.region[i].type);
	}
	/* Xen's loader_is_grub2(), and the name all the same. */
	assert_non_null(strstr((char *)block + offset_of(64), "GRUB 2"));
	assert_memory_equal(block + offset_of(64), "lull", 4);
}

/* The tags, as a string of letters in their order; `at` is where the last of a type was. */
static void tags(char *found, uint64_t at[22])
{
	uint64_t tag = 8;

	for (; number(tag, 4) != 0; tag += (number(tag + 4, 4) + 7) & ~UINT64_C(7)) {
		at[number(tag, 4)] = tag;
		*found++ = (char)('a' + number(tag, 4));
	}
	*found = 0;
	assert_int_equal(number(tag + 4, 4), 8);
	assert_int_equal(number(0, 4), tag + 8);
	assert_int_equal(number(4, 4), 0);
}

static void multiboot2(void **state)
{
	uint64_t at[22];
	char found[30];

	(void)state;
	set_scene(2);
	assert_int_equal(multiboot2_size(&info, &payload, "a line"), 4096);
	assert_int_equal(multiboot2_fill((uintptr_t)block, &info, &payload, &layout, "a line"), (uintptr_t)block);
	tags(found, at);
	assert_string_equal(found, "bcddeg");
	assert_string_equal(block + at[1] + 8, "a line");
	assert_int_equal(number(at[1] + 4, 4), 8 + 7);
	assert_memory_equal(block + at[2] + 8, "lull", 4);
	assert_int_equal(number(at[3] + 8, 4), 3 * MIB);
	assert_int_equal(number(at[3] + 12, 4), 3 * MIB + 5);
	assert_int_equal(number(at[3] + 4, 4), 17);
	assert_int_equal(number(at[4] + 8, 4), 639);
	assert_int_equal(number(at[4] + 12, 4), 63 * 1024);
	assert_int_equal(number(at[6] + 4, 4), 16 + 3 * 24);
	assert_int_equal(number(at[6] + 8, 4), 24);
	assert_int_equal(number(at[6] + 12, 4), 0);
	assert_int_equal(number(at[6] + 16 + 48, 8), MIB);
	assert_int_equal(number(at[6] + 16 + 56, 8), 63 * MIB);
	assert_int_equal(number(at[6] + 16 + 64, 8), REGION_RAM);
}

static void multiboot2_with_more(void **state)
{
	uint64_t at[22];
	char found[30];

	(void)state;
	set_scene(0);
	info.rsdp = gpa((uintptr_t)rsdp);
	payload.multiboot.relocatable = true;
	multiboot2_fill((uintptr_t)block, &info, &payload, &layout, "");
	tags(found, at);
	assert_string_equal(found, "bcegov");
	assert_int_equal(number(at[14] + 4, 4), 28);
	assert_memory_equal(block + at[14] + 8, rsdp, 20);
	assert_int_equal(number(at[21] + 8, 4), 0x123000);
	assert_int_equal(number(at[21] + 4, 4), 12);
	rsdp[15] = 2;
	memcpy(rsdp + 20, "\x24\0\0\0", 4);
	multiboot2_fill((uintptr_t)block, &info, &payload, &layout, "");
	tags(found, at);
	assert_string_equal(found, "bcegopv");
	assert_int_equal(number(at[15] + 4, 4), 8 + 36);
	assert_memory_equal(block + at[15] + 8, rsdp, 36);
}

/* Whole pages, as many as it takes. */
static void sizes(void **state)
{
	char line[4096];

	(void)state;
	set_scene(0);
	memset(line, 'x', 4095);
	line[4095] = 0;
	assert_int_equal(multiboot1_size(&info, &payload, line), 8192);
	assert_int_equal(multiboot2_size(&info, &payload, line), 8192);
	payload.module_count = 1;
	payload.module[0].line = span(line, 4095);
	assert_int_equal(multiboot1_size(&info, &payload, line), 3 * 4096);
	assert_int_equal(multiboot2_size(&info, &payload, line), 3 * 4096);
}

int main(void)
{
	return RUN_TESTS("told", sizes_of_memory, the_root_pointer, multiboot1, multiboot2, multiboot2_with_more,
			 sizes);
}
