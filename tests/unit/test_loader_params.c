/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a loader told Linux, told on: each part of the page, the nodes of setup_data, the firmware's memory map. */
#include "unit.h"

#include <core/boot_params.h>
#include <shim/handover/loader_params.h>

static uint8_t loader[BOOT_PARAMS_SIZE];
static struct boot_info info;

static void begin(void)
{
	memset(&info, 0, sizeof(info));
	for (unsigned i = 0; i < sizeof(loader); i++)
		loader[i] = (uint8_t)(1 + i % 251);
	loader[BOOT_PARAMS_SENTINEL] = 0;
	info.linux_boot.params = span(loader, sizeof(loader));
}

/* Fills a page and what follows it; the caller frees it. */
static uint8_t *fill(void)
{
	uint8_t *page = calloc(1, BOOT_PARAMS_SIZE + loader_params_size(&info));

	loader_params_put(page, (uint64_t)page + BOOT_PARAMS_SIZE, &info);
	return page;
}

static uint64_t number(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return value;
}

static void other_doors(void **state)
{
	uint8_t page[BOOT_PARAMS_SIZE] = { 0 };

	(void)state;
	memset(&info, 0, sizeof(info));
	assert_int_equal(loader_params_size(&info), 0);
	loader_params_put(page, 0, &info);
	for (unsigned i = 0; i < sizeof(page); i++)
		assert_int_equal(page[i], 0);
}

/* zero-page.rst, field by field: told on, not told on because lull says it itself, told on only from a cleared page. */
static void each_part(void **state)
{
	static const uint16_t told[] = { 0x000, 0x03f, 0x040, 0x053, 0x058, 0x05f, 0x060, 0x06f, 0x080, 0x0bf, 0x13c, 0x13f,
					 0x1c0, 0x1e3, 0x1e9, 0x1ea, 0x1ec, 0x290, 0x2cf, 0xd00, 0xeeb };
	static const uint16_t own[] = { 0x054, 0x070, 0x077, 0x0c0, 0x0cb, 0x0cc, 0x13b, 0x1e4, 0x1e8, 0x1ed, 0x1ef, 0x1f0, 0x1f1,
					0x202, 0x228, 0x250, 0x28f, 0x2d0, 0xcff, 0xeec, 0xfff };
	static const uint16_t cleared_only[] = { 0x140, 0x1bf, 0x1eb };

	(void)state;
	begin();
	for (unsigned sentinel = 0; sentinel < 2; sentinel++) {
		loader[BOOT_PARAMS_SENTINEL] = (uint8_t)sentinel;
		uint8_t *page = fill();
		for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++)
			assert_int_equal(page[told[i]], loader[told[i]]);
		for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			assert_int_equal(page[own[i]], 0);
		for (unsigned i = 0; i < sizeof(cleared_only) / sizeof(cleared_only[0]); i++)
			assert_int_equal(page[cleared_only[i]], sentinel == 0 ? loader[cleared_only[i]] : 0);
		free(page);
	}
}

static void put_node(unsigned index, uint8_t *node, uint32_t type, uint32_t size)
{
	memset(node, 0x77, SETUP_DATA_HEADER + size);
	memcpy(node + 8, &type, 4);
	memcpy(node + 12, &size, 4);
	info.linux_boot.data[index] = span(node, SETUP_DATA_HEADER + size);
	info.linux_boot.data_count = index + 1;
}

/* A copy of each node but the one whose regions are in the memory map, linked anew, each aligned 8. */
static void setup_data(void **state)
{
	uint8_t nodes[3][64];

	(void)state;
	begin();
	put_node(0, nodes[0], 9, 5);
	put_node(1, nodes[1], SETUP_DATA_E820_EXT, 40);
	put_node(2, nodes[2], 2, 0);
	assert_int_equal(loader_params_size(&info), 24 + 56 + 16);
	uint8_t *page = fill();
	const uint8_t *first = (const uint8_t *)number(page + BOOT_PARAMS_SETUP_DATA, 8);
	assert_ptr_equal(first, page + BOOT_PARAMS_SIZE);
	assert_int_equal(number(first + 8, 4), 9);
	assert_int_equal(number(first + 12, 4), 5);
	assert_memory_equal(first + 16, nodes[0] + 16, 5);
	const uint8_t *second = (const uint8_t *)number(first, 8);
	assert_ptr_equal(second, first + 24);
	assert_int_equal(number(second + 8, 4), 2);
	assert_int_equal(number(second, 8), 0);
	free(page);
}

static void efi_map(void **state)
{
	uint8_t map[100], node[64];

	(void)state;
	begin();
	memset(map, 0x5e, sizeof(map));
	put_node(0, node, 9, 8);
	info.linux_boot.efi_map = span(map, sizeof(map));
	assert_int_equal(loader_params_size(&info), 24 + 104);
	uint8_t *page = fill();
	const uint8_t *copy = (const uint8_t *)(number(page + BOOT_PARAMS_EFI_MAP, 4) |
						number(page + BOOT_PARAMS_EFI_MAP_HIGH, 4) << 32);
	assert_ptr_equal(copy, page + BOOT_PARAMS_SIZE + 24);
	assert_memory_equal(copy, map, sizeof(map));
	/* The rest of efi_info is the loader's. */
	assert_int_equal(number(page + BOOT_PARAMS_EFI_MAP_SIZE, 4), number(loader + BOOT_PARAMS_EFI_MAP_SIZE, 4));
	free(page);
}

int main(void)
{
	return RUN_TESTS("loader_params", other_doors, each_part, setup_data, efi_map);
}
