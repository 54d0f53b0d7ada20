/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a Linux that is entered in 64-bit mode is told: its zero page, its line, and what a loader told it. */
#include "unit.h"

#include <core/boot_params.h>
#include <shim/handover/handover.h>

static _Alignas(4096) uint8_t block[8 * 4096];
static uint8_t header[0x7b], node[2 * 4096 + 16];
static struct boot_info info;
static struct payload payload;
static struct layout layout;

static int begin(void **state)
{
	(void)state;
	memset(block, 0, sizeof(block));
	for (unsigned i = 0; i < sizeof(header); i++)
		header[i] = (uint8_t)(i + 1);
	info = (struct boot_info){ .rsdp = { 0xe0010 }, .memory = { .count = 2, .region = {
		{ 0, 0x9fc00, REGION_RAM }, { 0x100000, 0x7ff00000, REGION_RAM } } } };
	payload = (struct payload){ .kind = PAYLOAD_LINUX_BZIMAGE, .bzimage = { .setup_header = span(header, sizeof(header)) } };
	layout = (struct layout){ .initrd = { UINT64_C(0x123456000), UINT64_C(0x223456010) } };
	return 0;
}

static uint64_t number(uint64_t offset, unsigned bytes) { return span_number(span(block, sizeof(block)), offset, bytes); }

static void fill(const char *line)
{
	assert_int_equal(linux64_fill((uintptr_t)block, &info, &payload, &layout, line), (uintptr_t)block);
}

static void told(void **state)
{
	(void)state;
	fill("quiet");
	assert_string_equal((char *)(uintptr_t)(number(0x228, 4) | number(0xc8, 4) << 32), "quiet");
	assert_int_equal(number(0x218, 4) | number(0xc0, 4) << 32, layout.initrd.start);
	assert_int_equal(number(0x21c, 4) | number(0xc4, 4) << 32, range_size(layout.initrd));
	assert_int_equal(number(0x70, 8), 0xe0010);
	assert_int_equal(number(0x1e8, 1), 2);
	assert_int_equal(number(0x2d0 + 20, 8), 0x100000);
	assert_int_equal(number(0x2d0 + 28, 8), 0x7ff00000);
	assert_int_equal(number(0x2d0 + 36, 4), REGION_RAM);
	/* The header is the kernel's own, but for what a loader writes. */
	assert_memory_equal(block + 0x1f1, header, 0x210 - 0x1f1);
	assert_int_equal(number(0x210, 1), 0xff);
	assert_int_equal(number(0x211, 1), 0x211 - 0x1f1 + 1);
	assert_memory_equal(block + 0x22c, header + (0x22c - 0x1f1), 0x1f1 + sizeof(header) - 0x22c);
}

/* A vmlinux has no header: it gets one, and the flag for KASLR where it was moved. */
static void of_its_own(void **state)
{
	(void)state;
	payload.kind = PAYLOAD_LINUX_ELF64;
	payload.bzimage.setup_header = span("", 0);
	fill("");
	assert_int_equal(number(0x202, 4), BOOT_PARAMS_HDRS);
	assert_int_equal(number(0x1fe, 2), 0xaa55);
	assert_int_equal(number(0x206, 2), 0x20f);
	assert_int_equal(number(0x1f2, 2), 1);
	assert_int_equal(number(0x211, 1), 1);
	payload.moved.chosen = true;
	fill("");
	assert_int_equal(number(0x211, 1), 3);
	/* One that came out of a bzImage has that one's, whose decompressor may have set it. */
	payload.bzimage.setup_header = span(header, sizeof(header));
	payload.moved.chosen = false;
	header[0x211 - 0x1f1] = 0x83;
	fill("");
	assert_int_equal(number(0x211, 1), 0x81);
}

/* Behind the line, whose end is aligned, there is room for what a loader told Linux, to the byte. */
static void room_for_the_loaders(void **state)
{
	(void)state;
	assert_int_equal(linux64_size(&info, &payload, "1234567"), 2 * 4096);
	info.linux_boot.params = span(block, 0);
	info.linux_boot.data_count = 1;
	info.linux_boot.data[0] = span(node, 4096 - 8);
	assert_int_equal(linux64_size(&info, &payload, "1234567"), 2 * 4096);
	assert_int_equal(linux64_size(&info, &payload, "12345678"), 3 * 4096);
	info.linux_boot.data[0] = span(node, sizeof(node));
	assert_int_equal(linux64_size(&info, &payload, ""), 4 * 4096);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, NULL, "linux64", told, of_its_own, room_for_the_loaders);
}
