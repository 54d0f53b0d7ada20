/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Linux door: boot_params with each field whole, missing, and pointing nowhere. */
#include "fake_memory.h"

#include <arch/x86/doors.h>
#include <core/boot_params.h>

#define LINE 0x20000
#define NODE 0x30000
#define EFI  0x40000

static struct boot_info info;
static struct door_strings strings;
static uint8_t page[BOOT_PARAMS_SIZE];

static void put32(unsigned offset, uint32_t value) { memcpy(page + offset, &value, 4); }
static void put64(unsigned offset, uint64_t value) { memcpy(page + offset, &value, 8); }

static struct error read_page(void)
{
	memset(&info, 0, sizeof(info));
	memset(&strings, 0x5a, sizeof(strings));
	info.cmdline = "";
	return boot_params_read(span(page, sizeof(page)), fake_reach, &strings, &info);
}

static void begin(void)
{
	fake_clear();
	memset(page, 0, sizeof(page));
	put32(BOOT_PARAMS_MAGIC, BOOT_PARAMS_HDRS);
}

static void put_region(unsigned index, uint64_t start, uint64_t size, uint32_t type)
{
	put64(BOOT_PARAMS_E820_TABLE + index * 20, start);
	put64(BOOT_PARAMS_E820_TABLE + index * 20 + 8, size);
	put32(BOOT_PARAMS_E820_TABLE + index * 20 + 16, type);
	if (page[BOOT_PARAMS_E820_ENTRIES] <= index)
		page[BOOT_PARAMS_E820_ENTRIES] = (uint8_t)(index + 1);
}

/* A node of setup_data in the fake memory; returns its data. */
static uint8_t *put_node(uint64_t address, uint64_t next, uint32_t type, uint32_t size)
{
	uint8_t *node = fake_put(address, NULL, SETUP_DATA_HEADER + (uint64_t)size);

	memcpy(node, &next, 8);
	memcpy(node + 8, &type, 4);
	memcpy(node + 12, &size, 4);
	return node + SETUP_DATA_HEADER;
}

static void everything(void **state)
{
	(void)state;
	begin();
	put32(BOOT_PARAMS_CMD_LINE_PTR, LINE);
	fake_put(LINE, "console=ttyS0  a", 17);
	put32(BOOT_PARAMS_RAMDISK_IMAGE, 0x1000000);
	put32(BOOT_PARAMS_EXT_RAMDISK_IMAGE, 2);
	put32(BOOT_PARAMS_RAMDISK_SIZE, 0x1234);
	put64(BOOT_PARAMS_RSDP, 0xf5b20);
	put_region(0, 0, 0x9fc00, 1);
	put_region(1, 0x100000, UINT64_C(0x100000000), 2);
	put64(BOOT_PARAMS_SETUP_DATA, NODE);
	put_node(NODE, NODE + 0x1000, 9, 32);
	put_node(NODE + 0x1000, 0, 2, 0);
	put32(BOOT_PARAMS_EFI_INFO, 0x34364c45);
	put32(BOOT_PARAMS_EFI_MAP, EFI);
	put32(BOOT_PARAMS_EFI_MAP_SIZE, 480);
	put32(BOOT_PARAMS_EFI_STEP, 48);
	fake_put(EFI, NULL, 480);
	assert_fine(read_page());
	assert_string_equal(info.cmdline, "console=ttyS0  a");
	assert_int_equal(info.module_count, 1);
	assert_int_equal(info.module[0].where.start, UINT64_C(0x201000000));
	assert_int_equal(range_size(info.module[0].where), 0x1234);
	assert_null(info.module[0].cmdline);
	assert_int_equal(info.rsdp.v, 0xf5b20);
	assert_int_equal(info.memory.count, 2);
	assert_int_equal(info.memory.region[1].size, UINT64_C(0x100000000));
	assert_int_equal(info.memory.region[1].type, REGION_RESERVED);
	assert_ptr_equal(info.linux_boot.params.at, page);
	assert_int_equal(info.linux_boot.data_count, 2);
	assert_int_equal(info.linux_boot.data[0].size, 48);
	assert_int_equal(info.linux_boot.data[1].size, 16);
	assert_int_equal(info.linux_boot.efi_map.size, 480);
	assert_int_equal(info.memory.efi.size, 480);
	assert_int_equal(info.memory.efi_step, 48);
}

static void nothing_at_all(void **state)
{
	(void)state;
	begin();
	assert_fine(read_page());
	assert_string_equal(info.cmdline, "");
	assert_int_equal(info.module_count, 0);
	assert_int_equal(info.memory.count, 0);
	assert_int_equal(info.linux_boot.data_count, 0);
	assert_int_equal(info.linux_boot.efi_map.size, 0);
	put32(BOOT_PARAMS_MAGIC, 0);
	struct error error = read_page();
	assert_error(error, ERROR_BOOT_PARAMS);
	assert_int_equal(error.found, 0);
}

/* A page that the loader did not clear: the high halves are noise, and so is the root pointer. */
static void sentinel(void **state)
{
	(void)state;
	begin();
	page[BOOT_PARAMS_SENTINEL] = 0xff;
	put32(BOOT_PARAMS_EXT_RAMDISK_IMAGE, UINT32_MAX);
	put32(BOOT_PARAMS_EXT_RAMDISK_SIZE, UINT32_MAX);
	put32(BOOT_PARAMS_EXT_CMD_LINE_PTR, UINT32_MAX);
	put64(BOOT_PARAMS_RSDP, UINT64_MAX);
	put32(BOOT_PARAMS_RAMDISK_IMAGE, 0x1000000);
	put32(BOOT_PARAMS_RAMDISK_SIZE, 0x1000);
	put32(BOOT_PARAMS_CMD_LINE_PTR, LINE);
	fake_put(LINE, "a", 2);
	assert_fine(read_page());
	assert_int_equal(info.module[0].where.end, 0x1001000);
	assert_int_equal(info.rsdp.v, 0);
	assert_string_equal(info.cmdline, "a");
	/* The same without it. */
	page[BOOT_PARAMS_SENTINEL] = 0;
	assert_error(read_page(), ERROR_DOOR_CMDLINE);
	put32(BOOT_PARAMS_EXT_CMD_LINE_PTR, 0);
	assert_error(read_page(), ERROR_BOOT_PARAMS);
}

static void memory_maps(void **state)
{
	struct error error;

	(void)state;
	begin();
	put_region(BOOT_PARAMS_E820_MOST - 1, 0x1000, 0x2000, 1);
	assert_fine(read_page());
	assert_int_equal(info.memory.count, BOOT_PARAMS_E820_MOST);
	assert_int_equal(info.memory.region[BOOT_PARAMS_E820_MOST - 1].size, 0x2000);
	for (unsigned count = BOOT_PARAMS_E820_MOST + 1; count < 256; count++) {
		page[BOOT_PARAMS_E820_ENTRIES] = (uint8_t)count;
		error = read_page();
		assert_error(error, ERROR_BOOT_PARAMS);
		assert_int_equal(error.found, count);
	}
}

/* Regions that did not fit in the table follow as setup_data. */
static void more_regions(void **state)
{
	const uint64_t start = 0x5000, size = 0x6000;
	const uint32_t type = 4;

	(void)state;
	begin();
	put_region(0, 0, 0x1000, 1);
	put64(BOOT_PARAMS_SETUP_DATA, NODE);
	/* Two regions, and some bytes that are none. */
	uint8_t *data = put_node(NODE, 0, SETUP_DATA_E820_EXT, 44);
	memcpy(data + 20, &start, 8);
	memcpy(data + 28, &size, 8);
	memcpy(data + 36, &type, 4);
	assert_fine(read_page());
	assert_int_equal(info.memory.count, 3);
	assert_int_equal(info.memory.region[2].start, start);
	assert_int_equal(info.memory.region[2].size, size);
	assert_int_equal(info.memory.region[2].type, type);
	/* More than lull keeps are counted. */
	page[BOOT_PARAMS_E820_ENTRIES] = BOOT_PARAMS_E820_MOST - 1;
	assert_fine(read_page());
	assert_int_equal(info.memory.count, BOOT_PARAMS_E820_MOST + 1);
}

static void setup_data(void **state)
{
	struct error error;

	(void)state;
	begin();
	put64(BOOT_PARAMS_SETUP_DATA, NODE);
	assert_error(read_page(), ERROR_BOOT_PARAMS);
	/* A list that loops. */
	put_node(NODE, NODE, 9, 4);
	error = read_page();
	assert_error(error, ERROR_SETUP_DATA);
	assert_int_equal(error.found, NODE);
	assert_int_equal(info.linux_boot.data_count, BOOT_MAX_SETUP_DATA);
	/* As many as there may be, and one more. */
	for (unsigned count = BOOT_MAX_SETUP_DATA; count <= BOOT_MAX_SETUP_DATA + 1; count++) {
		fake_clear();
		for (unsigned i = 0; i < count; i++)
			put_node(NODE + i * 0x1000, i + 1 < count ? NODE + (i + 1) * 0x1000 : 0, 9, 4);
		error = read_page();
		assert_int_equal(failed(error), count > BOOT_MAX_SETUP_DATA);
	}
	fake_clear();
	put_node(NODE, 0, SETUP_DATA_INDIRECT, 16);
	error = read_page();
	assert_error(error, ERROR_SETUP_DATA);
	assert_int_equal(error.found, NODE);
	assert_non_null(strstr(error.subject, "SETUP_INDIRECT"));
	fake_clear();
	put_node(NODE, UINT64_MAX, 9, 16);
	assert_error(read_page(), ERROR_BOOT_PARAMS);
	/* A length that goes past memory. */
	fake_clear();
	memset(put_node(NODE, 0, 9, 16) - 4, 0xff, 4);
	assert_error(read_page(), ERROR_BOOT_PARAMS);
}

static void efi_map(void **state)
{
	(void)state;
	begin();
	put32(BOOT_PARAMS_EFI_INFO, 0x34364c45);
	assert_fine(read_page());
	put32(BOOT_PARAMS_EFI_MAP_SIZE, 48);
	put32(BOOT_PARAMS_EFI_MAP, EFI);
	assert_error(read_page(), ERROR_BOOT_PARAMS);
	fake_put(EFI, NULL, 48);
	assert_fine(read_page());
	put32(BOOT_PARAMS_EFI_MAP_HIGH, 1);
	assert_error(read_page(), ERROR_BOOT_PARAMS);
	/* Without the firmware's signature the rest says nothing. */
	put32(BOOT_PARAMS_EFI_INFO, 0);
	assert_fine(read_page());
}

static void initrds(void **state)
{
	(void)state;
	begin();
	put32(BOOT_PARAMS_RAMDISK_IMAGE, UINT32_MAX);
	put32(BOOT_PARAMS_EXT_RAMDISK_IMAGE, UINT32_MAX);
	assert_fine(read_page());
	assert_int_equal(info.module_count, 0);
	put32(BOOT_PARAMS_RAMDISK_SIZE, 2);
	struct error error = read_page();
	assert_error(error, ERROR_BOOT_PARAMS);
	assert_int_equal(error.found, UINT64_MAX);
	assert_int_equal(info.module_count, 0);
}

int main(void)
{
	return RUN_TESTS_WITH(NULL, fake_memory_end, "door_linux", everything, nothing_at_all, sentinel, memory_maps,
			 more_regions, setup_data, efi_map, initrds);
}
