/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a Linux kernel may be put: counted by hand as arch/x86/boot/compressed/kaslr.c would. */
#include "unit.h"

#include <shim/handover/kaslr.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/cmdline_memory.h>

static struct memory_map memory;
static struct kaslr_slots slots;

/* Debian's 6.1 in round numbers. */
static struct kaslr_request request_of(const char *cmdline)
{
	return (struct kaslr_request){ .memory = &memory, .cmdline = cmdline_of(cmdline), .linked = 16 * MIB, .size = 64 * MIB,
				       .alignment = 2 * MIB, .limit = 512 * GIB };
}

static void set_memory(uint64_t start, uint64_t end)
{
	memory = (struct memory_map){ .count = 2, .region = { { 0, 0x9fc00, REGION_RAM }, { start, end - start, REGION_RAM } } };
}

static void slots_are(const char *cmdline, uint64_t wanted)
{
	struct kaslr_request request = request_of(cmdline);

	kaslr_physical_slots(&request, &slots);
	assert_int_equal(slots.total, wanted);
	/* Each is RAM, aligned, and no lower than the kernel is linked; the numbers ascend. */
	for (uint64_t i = 0, last = 0; i < slots.total; i++) {
		uint64_t at = kaslr_slot(&slots, request.alignment, i);

		assert_true(at % (2 * MIB) == 0 && at >= 16 * MIB && at > last);
		assert_true(kaslr_is_slot(&slots, request.alignment, at) && !kaslr_is_slot(&slots, request.alignment, at + MIB));
		assert_true(memory.region[1].start <= at && at + request.size <= memory.region[1].start + memory.region[1].size);
		last = at;
	}
	for (uint64_t at = 0; at <= request.limit; at += 2 * MIB)
		wanted -= kaslr_is_slot(&slots, request.alignment, at);
	assert_int_equal(wanted, 0);
}

static void one_block(void **state)
{
	(void)state;
	set_memory(MIB, 512 * MIB);
	slots_are("", (512 - 16 - 64) / 2 + 1);
	assert_int_equal(kaslr_slot(&slots, 2 * MIB, 0), 16 * MIB);
	assert_int_equal(kaslr_slot(&slots, 2 * MIB, slots.total - 1), 448 * MIB);
	set_memory(MIB, 80 * MIB);
	slots_are("", 1);
	set_memory(MIB, 80 * MIB - 1);
	slots_are("", 0);
	/* Above the first aligned address there is not enough left; or there is none. */
	set_memory(17 * MIB, 81 * MIB);
	slots_are("", 0);
	set_memory(17 * MIB, 82 * MIB);
	slots_are("", 1);
	set_memory(16 * MIB + 1, 17 * MIB);
	slots_are("", 0);
	/* Above 4 GiB as well, up to the limit. */
	set_memory(4 * GIB, 8 * GIB);
	slots_are("", 4096 / 2 - 32 + 1);
	set_memory(511 * GIB, 513 * GIB);
	slots_are("", 1024 / 2 - 32 + 1);
	set_memory(UINT64_MAX - MIB, UINT64_MAX);
	slots_are("", 0);
	kaslr_physical_slots(&(struct kaslr_request){ .memory = &memory, .cmdline = cmdline_of(""), .linked = 16 * MIB, .size = 1,
						      .alignment = 2 * MIB, .limit = UINT64_MAX }, &slots);
	assert_int_equal(slots.total, 0);
}

/* The initrd stays where it is, each part of it. */
static void initrd(void **state)
{
	struct kaslr_request request = request_of("");

	(void)state;
	set_memory(MIB, 512 * MIB);
	request.initrd_count = 2;
	request.initrd[0] = (struct range){ 110 * MIB, 120 * MIB + 5 };
	request.initrd[1] = (struct range){ 100 * MIB + 5, 110 * MIB };
	kaslr_physical_slots(&request, &slots);
	assert_int_equal(slots.area_count, 2);
	assert_int_equal(slots.area[0].slots, (100 - 16 - 64) / 2 + 1);
	assert_int_equal(slots.area[1].start, 122 * MIB);
	assert_int_equal(slots.area[1].slots, (512 - 122 - 64) / 2 + 1);
	assert_int_equal(kaslr_slot(&slots, 2 * MIB, 11), 122 * MIB);
}

/* mem=, memmap= with and without a place, and what is none of these. */
static void command_lines(void **state)
{
	(void)state;
	set_memory(MIB, 512 * MIB);
	slots_are("quiet mem=256M", (256 - 16 - 64) / 2 + 1);
	slots_are("mem=0x10000000", (256 - 16 - 64) / 2 + 1);
	slots_are("mem=256M mem=384M", (256 - 16 - 64) / 2 + 1);
	slots_are("mem=nopentium", 217);
	slots_are("mem", 217);
	slots_are("-- mem=256M", 217);
	slots_are("mxm=1M amem=256M mem-=1M memmapp=1M me=1M crashkernel=256M", 217);
	slots_are("memmap=256M", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=256M$256M", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=256M#0x10000000", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=0x10000000!0X10000000", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=020000000000$256M", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=256M$0", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=256M@256M", 217);
	slots_are("memmap=exactmap memmap=100k@0", 217);
	slots_are("memmap=99999999999999999999E$256M", (256 - 16 - 64) / 2 + 1);
	slots_are("memmap=2M$80M,2M$82M,2M$84M,2M$86M", (512 - 88 - 64) / 2 + 2);
	slots_are("memmap=2M$80M,x,2M$82M", (512 - 82 - 64) / 2 + 2);
	slots_are("memmap=2M$80M,", (512 - 82 - 64) / 2 + 2);
	slots_are("memmap=", 217);
	slots_are("memmap=2M$80M,2M$82M,2M$84M,2M$86M,2M$88M", 0);
	slots_are("memmap=2M$80M memmap=2M$82M memmap=2M$84M memmap=2M$86M memmap=1M$200M", 0);
}

/* Sizes with each suffix, and numbers that do not fit. */
static void sizes(void **state)
{
	static const struct { const char *line; uint64_t limit; } cases[] = {
		{ "mem=1000", 1000 }, { "mem=3k", 3 << 10 }, { "mem=3M", 3 << 20 }, { "mem=3g", 3 * GIB }, { "mem=3T", 3072 * GIB },
		{ "mem=3P", 3 * GIB * MIB }, { "mem=3e", 3 * GIB * GIB }, { "mem=0xAbG", 0xab * GIB }, { "mem=010", 8 }, { "mem=019", 1 },
		{ "mem=0xg", UINT64_MAX }, { "mem=16e", UINT64_MAX }, { "mem=18446744073709551617", UINT64_MAX },
		{ "mem=99999999999999999999999", UINT64_MAX }, { "mem=18446744073709551615", UINT64_MAX }, { "mem=", UINT64_MAX },
	};
	struct linux_memory_words words;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		linux_memory_words_read(cmdline_of(cases[i].line), &words);
		if (words.limit != cases[i].limit)
			fail_msg("%s: %#llx", cases[i].line, (unsigned long long)words.limit);
	}
}

/* Pages of 1 GiB are left where they can be, from below; the rest is used. */
static void huge_pages(void **state)
{
	const uint64_t all = (5 * 1024 - 16 - 64) / 2 + 1;

	(void)state;
	set_memory(MIB, 5 * GIB);
	slots_are("hugepagesz=1G hugepages=0", all);
	slots_are("hugepages=2", all);
	slots_are("hugepagesz=2M hugepages=2", all);
	slots_are("hugepagesz=1G hugepagesz=2M hugepages=2", all);
	/* Two from 1 GiB on; what is below and above is used. */
	slots_are("hugepagesz=1G hugepages=2", (1024 - 16 - 64) / 2 + 1 + (2048 - 64) / 2 + 1);
	assert_int_equal(kaslr_slot(&slots, 2 * MIB, (1024 - 16 - 64) / 2 + 1), 3 * GIB);
	/* More than there are: the last GiB of a block is not one of them. */
	slots_are("default_hugepagesz=1G hugepagesz=1G hugepages=9", (1024 - 16 - 64) / 2 + 1 + (1024 - 64) / 2 + 1);
	set_memory(MIB, 2 * GIB);
	slots_are("hugepagesz=1G hugepages=1", (2048 - 16 - 64) / 2 + 1);
	set_memory(MIB, 512 * MIB);
	slots_are("hugepagesz=1G hugepages=1", 217);
	/* None is left for the second block. */
	memory = (struct memory_map){ .count = 2, .region = { { 1 * GIB, 2 * GIB, REGION_RAM }, { 4 * GIB, 2 * GIB, REGION_RAM } } };
	kaslr_physical_slots(&(struct kaslr_request){ .memory = &memory, .cmdline = cmdline_of("hugepagesz=1G hugepages=1"),
						      .linked = 16 * MIB, .size = 64 * MIB, .alignment = 2 * MIB,
						      .limit = 512 * GIB }, &slots);
	assert_int_equal(slots.total, (1024 - 64) / 2 + 1 + (2048 - 64) / 2 + 1);
	assert_int_equal(slots.area[0].start, 2 * GIB);
	/* A block that ends where addresses do. */
	memory = (struct memory_map){ .count = 1, .region = { { UINT64_MAX - GIB / 2, GIB / 2, REGION_RAM } } };
	kaslr_physical_slots(&(struct kaslr_request){ .memory = &memory, .cmdline = cmdline_of("hugepagesz=1G hugepages=1"),
						      .linked = 16 * MIB, .size = 64 * MIB, .alignment = 2 * MIB,
						      .limit = UINT64_MAX }, &slots);
	assert_int_equal(slots.total, (512 - 2 - 64) / 2 + 1);
}

/* No more than a hundred areas. */
static void many_areas(void **state)
{
	struct kaslr_request request = request_of("");

	(void)state;
	memory.count = 128;
	for (uint64_t i = 0; i < 128; i++)
		memory.region[i] = (struct region){ (i + 1) * 128 * MIB, 66 * MIB, REGION_RAM };
	kaslr_physical_slots(&request, &slots);
	assert_int_equal(slots.area_count, 100);
	assert_int_equal(slots.total, 200);
	assert_int_equal(kaslr_slot(&slots, 2 * MIB, 199), 100 * 128 * MIB + 2 * MIB);
}

/* However high it is linked, memory from 512 MiB on is used; and one that is not linked at its alignment stays. */
static void odd_links(void **state)
{
	struct kaslr_request request = request_of("");

	(void)state;
	set_memory(MIB, GIB);
	request.linked = 640 * MIB;
	kaslr_physical_slots(&request, &slots);
	assert_int_equal(slots.total, (512 - 64) / 2 + 1);
	request.linked = 17 * MIB;
	kaslr_physical_slots(&request, &slots);
	assert_int_equal(slots.total, 0);
	assert_int_equal(kaslr_virtual_slots(&request), 0);
}

static void virtual_addresses(void **state)
{
	struct kaslr_request request = request_of("");

	(void)state;
	assert_int_equal(kaslr_virtual_slots(&request), 1 + (1024 - 16 - 64) / 2);
	request.size = 64 * MIB + 1;
	assert_int_equal(kaslr_virtual_slots(&request), 1 + (1024 - 16 - 66) / 2);
	request.size = 1008 * MIB;
	assert_int_equal(kaslr_virtual_slots(&request), 1);
	request.size = 1008 * MIB + 1;
	assert_int_equal(kaslr_virtual_slots(&request), 0);
	request.size = UINT64_MAX;
	assert_int_equal(kaslr_virtual_slots(&request), 0);
	request.linked = 2 * GIB;
	request.size = MIB;
	assert_int_equal(kaslr_virtual_slots(&request), 0);
}

static void forbidden(void **state)
{
	(void)state;
	assert_true(kaslr_is_forbidden(cmdline_of("nokaslr")));
	assert_true(kaslr_is_forbidden(cmdline_of("nokaslr kaslr")));
	assert_true(kaslr_is_forbidden(cmdline_of("a\tnokaslr")));
	assert_true(kaslr_is_forbidden(cmdline_of("-- nokaslr")));
	assert_false(kaslr_is_forbidden(cmdline_of("kaslr")));
	assert_false(kaslr_is_forbidden(cmdline_of("nokaslr=1")));
	assert_false(kaslr_is_forbidden(cmdline_of("anokaslr")));
	assert_false(kaslr_is_forbidden(cmdline_of("xokaslr")));
	assert_false(kaslr_is_forbidden(cmdline_of("")));
}

int main(void)
{
	return RUN_TESTS("kaslr", one_block, initrd, command_lines, sizes, huge_pages, many_areas, odd_links,
			 virtual_addresses, forbidden);
}
