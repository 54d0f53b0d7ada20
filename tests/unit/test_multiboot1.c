/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The multiboot1 door: each field whole, missing, and pointing nowhere. */
#include "fake_memory.h"

#include <arch/x86/doors.h>

#define INFORMATION 0x10000
#define LIST        0x20000
#define MAP         0x30000
#define LINE        0x40000
#define MODULE_LINE 0x50000
#define NAME        0x60000

static struct boot_info info;
static struct door_strings strings;
static uint8_t information[72];

static void put(unsigned offset, uint32_t value) { memcpy(information + offset, &value, 4); }

static struct error read_all(void)
{
	memset(&info, 0, sizeof(info));
	memset(&strings, 0x5a, sizeof(strings));
	info.cmdline = "";
	fake_put(INFORMATION, information, sizeof(information));
	return multiboot1_read(INFORMATION, fake_reach, &strings, &info);
}

static void begin(void)
{
	fake_clear();
	memset(information, 0, sizeof(information));
}

static void put_line(const char *line)
{
	put(0, 1u << 2);
	put(16, LINE);
	fake_put(LINE, line, strlen(line) + 1);
}

static void put_name(const char *name)
{
	put(0, 1u << 2 | 1u << 9);
	put(64, NAME);
	fake_put(NAME, name, strlen(name) + 1);
}

static void put_modules(uint32_t count, const uint32_t *words)
{
	put(0, 1u << 3);
	put(20, count);
	put(24, LIST);
	fake_put(LIST, words, (uint64_t)count * 16);
}

static void nothing_at_all(void **state)
{
	(void)state;
	begin();
	assert_fine(read_all());
	assert_string_equal(info.cmdline, "");
	assert_int_equal(info.module_count, 0);
	assert_int_equal(info.memory.count, 0);
	fake_clear();
	assert_error(multiboot1_read(INFORMATION, fake_reach, &strings, &info), ERROR_MULTIBOOT_REACH);
	fake_put(INFORMATION, information, sizeof(information) - 1);
	assert_error(multiboot1_read(INFORMATION, fake_reach, &strings, &info), ERROR_MULTIBOOT_REACH);
}

/* GRUB 2 gives the words alone, all others the file's name before them. */
static void lines(void **state)
{
	static const struct {
		const char *loader, *line, *wanted;
	} cases[] = {
		{ "GRUB 2.06-13+deb12u1", "a b", "a b" },
		{ "GRUB 0.97", "/boot/lull a b", "a b" },
		{ "qemu", "lull.elf a  b", "a  b" },
		/* One blank parts the two; what is behind it is the line's. */
		{ "qemu", "lull.elf  a", " a" },
		{ "qemu", "lull.elf", "" },
		{ "qemu", "lull.elf ", "" },
		{ "qemu", " a", "a" },
		{ "qemu", "", "" },
		{ NULL, "kernel a=b", "a=b" },
		{ "GRU", "kernel a", "a" },
		{ "GRUBx2", "kernel a", "a" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		put_line(cases[i].line);
		if (cases[i].loader)
			put_name(cases[i].loader);
		assert_fine(read_all());
		assert_string_equal(info.cmdline, cases[i].wanted);
	}
	begin();
	put_line("a b");
	put_name("GRUB 2.12");
	put(64, 0x70000);
	assert_fine(read_all());
	assert_string_equal(info.cmdline, "b");
	/* A field without its flag says nothing. */
	begin();
	put_name("GRUB 2.12");
	put_line("a b");
	assert_fine(read_all());
	assert_string_equal(info.cmdline, "b");
	begin();
	put_line("a b");
	put(16, 0x70000);
	assert_error(read_all(), ERROR_DOOR_CMDLINE);
}

static void modules(void **state)
{
	const uint32_t four[] = { 0x100000, 0x180000, MODULE_LINE, 0, 0x200000, 0x200000, 0, 0,
				  0x300000, 0x300001, MODULE_LINE + 8, 0, 1, 2, 0, 0 };
	const uint32_t wrong[] = { 0x2000, 0x1fff, 0, 0 };
	const uint32_t wild_line[] = { 0x2000, 0x3000, 0x70000, 0 };

	(void)state;
	begin();
	put_modules(4, four);
	fake_put(MODULE_LINE, "file a\0\0file ", 14);
	assert_fine(read_all());
	assert_int_equal(info.module_count, 4);
	assert_int_equal(info.module[0].where.start, 0x100000);
	assert_int_equal(info.module[0].where.end, 0x180000);
	assert_string_equal(info.module[0].cmdline, "a");
	assert_true(range_empty(info.module[1].where));
	assert_null(info.module[1].cmdline);
	/* Nothing behind the name is no line. */
	assert_null(info.module[2].cmdline);
	assert_int_equal(info.module[3].where.end, 2);

	begin();
	put_modules(0, NULL);
	assert_fine(read_all());
	assert_int_equal(info.module_count, 0);
	for (uint32_t count = BOOT_MAX_MODULES + 1; count != 0; count <<= 7) {
		begin();
		put_modules(0, NULL);
		put(20, count);
		struct error error = read_all();
		assert_error(error, ERROR_MODULE_COUNT);
		assert_int_equal(error.found, count);
	}
	begin();
	put_modules(2, four);
	put(24, 0x70000);
	assert_error(read_all(), ERROR_MULTIBOOT_REACH);
	begin();
	put_modules(1, wrong);
	assert_error(read_all(), ERROR_MULTIBOOT_REACH);
	begin();
	put_modules(1, wild_line);
	assert_error(read_all(), ERROR_DOOR_CMDLINE);
}

/* Puts a map of regions, each `size` bytes behind its first word. */
static uint32_t put_map(unsigned count, uint32_t size)
{
	uint8_t *map = fake_put(MAP, NULL, (uint64_t)count * (size + 4));

	for (unsigned i = 0; i < count; i++) {
		const uint64_t start = i * UINT64_C(0x100010000), length = 0x10000;
		const uint32_t type = 1 + i % 2;

		memcpy(map + (uint64_t)i * (size + 4), &size, 4);
		memcpy(map + (uint64_t)i * (size + 4) + 4, &start, 8);
		memcpy(map + (uint64_t)i * (size + 4) + 12, &length, 8);
		memcpy(map + (uint64_t)i * (size + 4) + 20, &type, 4);
	}
	put(0, 1u << 6 | 1u << 0);
	put(44, count * (size + 4));
	put(48, MAP);
	return count * (size + 4);
}

static void memory_maps(void **state)
{
	(void)state;
	for (uint32_t size = 20; size < 60; size += 4) {
		begin();
		put_map(5, size);
		assert_fine(read_all());
		assert_int_equal(info.memory.count, 5);
		assert_int_equal(info.memory.region[4].start, 4 * UINT64_C(0x100010000));
		assert_int_equal(info.memory.region[4].size, 0x10000);
		assert_int_equal(info.memory.region[1].type, REGION_RESERVED);
	}
	begin();
	put_map(200, 20);
	assert_fine(read_all());
	assert_int_equal(info.memory.count, 200);
	assert_int_equal(info.memory.region[BOOT_MAX_REGIONS - 1].start, (BOOT_MAX_REGIONS - 1) * UINT64_C(0x100010000));
	assert_int_equal(info.module_count, 0);

	/* Cut at every byte. */
	for (uint32_t cut = 1; cut < 48; cut++) {
		begin();
		uint32_t length = put_map(2, 20);
		put(44, length - cut);
		struct error error = read_all();
		if ((length - cut) % 24 == 0)
			assert_fine(error);
		else
			assert_error(error, ERROR_MULTIBOOT_REACH);
	}
	const uint32_t sizes[] = { 0, 19, 0x7fffffff, UINT32_MAX - 3, UINT32_MAX };
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin();
		put_map(2, 20);
		memcpy(fake_area[0].bytes, &sizes[i], 4);
		assert_error(read_all(), ERROR_MULTIBOOT_REACH);
	}
	begin();
	put_map(2, 20);
	put(48, 0x70000);
	assert_error(read_all(), ERROR_MULTIBOOT_REACH);
}

static void memory_sizes(void **state)
{
	(void)state;
	begin();
	put(0, 1);
	put(4, 639);
	put(8, UINT32_MAX);
	assert_fine(read_all());
	assert_int_equal(info.memory.count, 2);
	assert_int_equal(info.memory.region[0].size, 639 * KIB);
	assert_int_equal(info.memory.region[1].start, MIB);
	assert_int_equal(info.memory.region[1].size, UINT32_MAX * KIB);
	assert_int_equal(info.memory.region[1].type, REGION_RAM);
}

int main(void)
{
	return RUN_TESTS_WITH(NULL, fake_memory_end, "multiboot1", nothing_at_all, lines, modules, memory_maps,
			 memory_sizes);
}
