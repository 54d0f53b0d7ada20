/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PVH door: start_info of every version, whole, cut short and wrong. */
#include "fake_memory.h"

#include <arch/x86/doors.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define START   0x1000
#define MODULES 0x2000
#define MAP     0x3000
#define CMDLINE 0x4000
#define WORDS   0x5000
#define V0_SIZE 40
#define V1_SIZE 56

static struct boot_info info;
static struct door_strings strings;
static struct hvm_start_info start;
static struct hvm_modlist_entry module[BOOT_MAX_MODULES + 2];
static struct hvm_memmap_table_entry region[200];

/* A guest with two modules, three regions and a command line. */
static int set_up(void **state)
{
	(void)state;
	memset(module, 0, sizeof(module));
	memset(region, 0, sizeof(region));
	start = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE, .version = 1, .flags = 3, .nr_modules = 2, .modlist_paddr = MODULES,
		.cmdline_paddr = CMDLINE, .rsdp_paddr = 0xfc0ffff0, .memmap_paddr = MAP, .memmap_entries = 3,
	};
	module[0] = (struct hvm_modlist_entry){ .paddr = 0x100000, .size = 0x5000 };
	module[1] = (struct hvm_modlist_entry){ .paddr = 0x200000, .size = 0x700, .cmdline_paddr = WORDS };
	region[0] = (struct hvm_memmap_table_entry){ .addr = 0, .size = 0x9f000, .type = XEN_HVM_MEMMAP_TYPE_RAM };
	region[1] = (struct hvm_memmap_table_entry){ .addr = 0x9f000, .size = 0x1000, .type = 2 };
	region[2] = (struct hvm_memmap_table_entry){ .addr = 0x100000, .size = 0x7f00000, .type = 1 };
	return 0;
}

/* Lays everything out; what a test wants elsewhere, or not at all, it has set to 0 bytes. */
static void lay_out(uint64_t start_size, unsigned modules, unsigned regions)
{
	fake_clear();
	fake_put(CMDLINE, "root=/dev/xvda1 ro", 19);
	fake_put(WORDS, "initrd of ours", 15);
	fake_put(MODULES, module, modules * sizeof(module[0]));
	fake_put(MAP, region, regions * sizeof(region[0]));
	fake_put(START, &start, start_size);
}

static struct error read_again(void)
{
	memset(&info, 0, sizeof(info));
	memset(&strings, 0x5a, sizeof(strings));
	info.cmdline = "";
	return start_info_read(START, fake_reach, &strings, &info);
}

static struct error read_all(void)
{
	lay_out(V1_SIZE, 2, 3);
	return read_again();
}

static void version_1(void **state)
{
	(void)state;
	assert_fine(read_all());
	assert_string_equal(info.cmdline, "root=/dev/xvda1 ro");
	assert_int_equal(info.start_flags, 3);
	assert_int_equal(info.rsdp.v, 0xfc0ffff0);
	assert_int_equal(info.memory.count, 3);
	assert_int_equal(info.memory.region[1].type, REGION_RESERVED);
	assert_int_equal(info.memory.region[2].start, 0x100000);
	assert_int_equal(info.memory.region[2].size, 0x7f00000);
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.module[0].where.end, 0x105000);
	assert_null(info.module[0].cmdline);
	assert_int_equal(info.module[1].where.start, 0x200000);
	assert_string_equal(info.module[1].cmdline, "initrd of ours");
}

/* Version 0 ends before the memory map; the memory behind it may not even exist. */
static void version_0(void **state)
{
	(void)state;
	start.version = 0;
	lay_out(V0_SIZE, 2, 3);
	fake_forbid(START + V0_SIZE);
	assert_fine(read_again());
	assert_int_equal(info.memory.count, 0);
	assert_int_equal(info.module_count, 2);
	/* No map says where RAM is, so the words are believed. */
	assert_string_equal(info.module[1].cmdline, "initrd of ours");
}

/* A later version is read as far as we know it. */
static void version_9(void **state)
{
	(void)state;
	start.version = 9;
	assert_fine(read_all());
	assert_int_equal(info.memory.count, 3);
}

static void nothing_optional(void **state)
{
	(void)state;
	start.cmdline_paddr = 0;
	start.nr_modules = 0;
	start.modlist_paddr = 0;
	start.memmap_entries = 0;
	start.memmap_paddr = 0;
	assert_fine(read_all());
	assert_string_equal(info.cmdline, "");
	assert_int_equal(info.module_count, 0);
	assert_int_equal(info.memory.count, 0);
}

static void wrong_magic(void **state)
{
	(void)state;
	start.magic ^= 1;
	struct error error = read_all();
	assert_error(error, ERROR_START_INFO_MAGIC);
	assert_int_equal(error.expected, 0x336ec578);
	assert_int_equal(error.found, 0x336ec579);
	start.magic = 0;
	assert_error(read_all(), ERROR_START_INFO_MAGIC);
}

/* Each structure cut short after every number of bytes. */
static void every_prefix(void **state)
{
	(void)state;
	for (uint64_t size = 0; size < V1_SIZE; size++) {
		lay_out(size, 2, 3);
		assert_error(read_again(), ERROR_START_INFO_REACH);
	}
	for (uint64_t cut = 1; cut <= 3 * sizeof(region[0]); cut++) {
		lay_out(V1_SIZE, 2, 0);
		fake_put(MAP, region, 3 * sizeof(region[0]) - cut);
		assert_error(read_again(), ERROR_START_INFO_REACH);
	}
	for (uint64_t cut = 1; cut <= 2 * sizeof(module[0]); cut++) {
		lay_out(V1_SIZE, 0, 3);
		fake_put(MODULES, module, 2 * sizeof(module[0]) - cut);
		assert_error(read_again(), ERROR_START_INFO_REACH);
	}
}

static void far_away(void **state)
{
	(void)state;
	lay_out(V1_SIZE, 2, 3);
	assert_error(start_info_read(0, fake_reach, &strings, &info), ERROR_START_INFO_REACH);
	assert_error(start_info_read(UINT64_MAX - 8, fake_reach, &strings, &info), ERROR_START_INFO_REACH);
	start.memmap_paddr = UINT64_MAX - 8;
	assert_error(read_all(), ERROR_START_INFO_REACH);
	set_up(NULL);
	start.modlist_paddr = UINT64_MAX - 8;
	assert_error(read_all(), ERROR_START_INFO_REACH);
	set_up(NULL);
	module[1].paddr = UINT64_MAX - 8;
	assert_error(read_all(), ERROR_START_INFO_REACH);
}

static void module_counts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BOOT_MAX_MODULES; i++)
		module[i] = (struct hvm_modlist_entry){ .paddr = 0x100000 * (i + 1), .size = i };
	start.nr_modules = BOOT_MAX_MODULES;
	lay_out(V1_SIZE, BOOT_MAX_MODULES, 3);
	assert_fine(read_again());
	assert_int_equal(info.module_count, BOOT_MAX_MODULES);
	assert_true(range_empty(info.module[0].where));
	for (uint64_t count = BOOT_MAX_MODULES + 1; count <= UINT32_MAX; count = count * 2 + 1) {
		start.nr_modules = (uint32_t)count;
		lay_out(V1_SIZE, BOOT_MAX_MODULES + 1, 3);
		struct error error = read_again();
		assert_error(error, ERROR_MODULE_COUNT);
		assert_int_equal(error.found, count);
	}
}

/* The true count is kept, for memory_map_check() to refuse; only what there is room for is copied. */
static void large_maps(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++)
		region[i] = (struct hvm_memmap_table_entry){ .addr = i * 0x1000, .size = 0x1000, .type = 1 };
	start.nr_modules = 0;
	for (unsigned count = BOOT_MAX_REGIONS; count <= 200; count += count == BOOT_MAX_REGIONS ? 1 : 36) {
		start.memmap_entries = count;
		lay_out(V1_SIZE, 0, count);
		assert_fine(read_again());
		assert_int_equal(info.memory.count, count);
		assert_int_equal(info.memory.region[BOOT_MAX_REGIONS - 1].start, (BOOT_MAX_REGIONS - 1) * 0x1000);
		/* What lies behind them. */
		assert_int_equal(info.module_count, 0);
		assert_true(range_empty(info.module[0].where));
	}
	/* What is not copied need not exist. */
	start.memmap_entries = UINT32_MAX;
	lay_out(V1_SIZE, 0, BOOT_MAX_REGIONS);
	assert_fine(read_again());
	assert_int_equal(info.memory.count, UINT32_MAX);
	/* And it is no RAM that words of a module could lie in. */
	start.nr_modules = 2;
	module[1].cmdline_paddr = 0x1000 * BOOT_MAX_REGIONS;
	lay_out(V1_SIZE, 2, BOOT_MAX_REGIONS);
	fake_forbid(0x1000 * BOOT_MAX_REGIONS);
	assert_fine(read_again());
	assert_null(info.module[1].cmdline);
}

/* Some loaders leave garbage in cmdline_paddr; outside RAM it is not followed. */
static void garbage_words(void **state)
{
	const uint64_t garbage[] = { 0x9f000, 0x9ffff, 0xb8000, 0x8000000, 0xfee00000, UINT64_C(1) << 52, UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		module[1].cmdline_paddr = garbage[i];
		lay_out(V1_SIZE, 2, 3);
		fake_forbid(garbage[i]);
		assert_fine(read_again());
		assert_null(info.module[1].cmdline);
	}
	/* Inside RAM it is, and there it must end. */
	module[1].cmdline_paddr = 0x9efff;
	lay_out(V1_SIZE, 2, 3);
	assert_error(read_again(), ERROR_DOOR_CMDLINE);
}

/* Each module has words of its own. */
static void words_of_both(void **state)
{
	(void)state;
	module[0].cmdline_paddr = WORDS + 10;
	assert_fine(read_all());
	assert_string_equal(info.module[0].cmdline, "ours");
	assert_string_equal(info.module[1].cmdline, "initrd of ours");
}

static void command_lines(void **state)
{
	char text[BOOT_CMDLINE_SIZE + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	start.cmdline_paddr = 0x9000;
	for (unsigned size = 0; size <= sizeof(text); size += size < 8 ? 1 : 511) {
		lay_out(V1_SIZE, 2, 3);
		fake_put(0x9000, text, size);
		assert_error(read_again(), ERROR_DOOR_CMDLINE);
		assert_string_equal(strings.cmdline, "");
	}
	text[BOOT_CMDLINE_SIZE - 1] = '\0';
	lay_out(V1_SIZE, 2, 3);
	fake_put(0x9000, text, BOOT_CMDLINE_SIZE);
	fake_forbid(0x9000 + BOOT_CMDLINE_SIZE);
	assert_fine(read_again());
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_SIZE - 1);
	start.cmdline_paddr = UINT64_MAX;
	assert_error(read_all(), ERROR_DOOR_CMDLINE);
}

/* A line that has an end is no fault of the loader's; only one without is. */
static void command_lines_that_are_too_long(void **state)
{
	static const unsigned lengths[] = { BOOT_CMDLINE_SIZE, BOOT_CMDLINE_SIZE + 1, 64 * KIB - 1 };
	char *text = malloc(64 * KIB + 1);
	struct error error;

	(void)state;
	memset(text, 'a', 64 * KIB);
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		start.cmdline_paddr = 0x9000;
		lay_out(V1_SIZE, 2, 3);
		text[lengths[i]] = '\0';
		fake_put(0x9000, text, lengths[i] + 1);
		error = read_again();
		text[lengths[i]] = 'a';
		assert_error(error, ERROR_CMDLINE_BUFFER);
		assert_int_equal(error.expected, BOOT_CMDLINE_SIZE - 1);
		assert_int_equal(error.found, lengths[i]);
		assert_string_equal(strings.cmdline, "");
	}
	text[64 * KIB] = '\0';
	lay_out(V1_SIZE, 2, 3);
	fake_put(0x9000, text, 64 * KIB + 1);
	free(text);
	assert_error(read_again(), ERROR_DOOR_CMDLINE);
}

/* One string may lie in two pieces of memory: each byte is asked for. */
static void split_words(void **state)
{
	(void)state;
	start.cmdline_paddr = 0x9ffe;
	lay_out(V1_SIZE, 2, 3);
	fake_put(0x9ffe, "ab", 2);
	fake_put(0xa000, "cd", 3);
	assert_fine(read_again());
	assert_string_equal(info.cmdline, "abcd");
}

int main(void)
{
	return RUN_TESTS_WITH(set_up, fake_memory_end, "doors", version_1, version_0, version_9, nothing_optional,
			 wrong_magic, every_prefix, far_away, module_counts, large_maps, garbage_words,
			 words_of_both, command_lines, command_lines_that_are_too_long, split_words);
}
