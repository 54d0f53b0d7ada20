/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zero page of the 64-bit boot protocol (Linux, Documentation/arch/x86/boot.rst and zero-page.rst): a page of
 * boot_params, then the command line.
 */
#include <shim/handover/handover.h>

#include <string.h>

#define COPY_CMDLINE_AT PAGE_SIZE

/* Offsets in boot_params (zero-page.rst). */
#define ACPI_RSDP_ADDR    0x070
#define EXT_RAMDISK_IMAGE 0x0c0
#define EXT_RAMDISK_SIZE  0x0c4
#define EXT_CMD_LINE_PTR  0x0c8
#define E820_ENTRIES      0x1e8
#define SENTINEL          0x1ef
#define TYPE_OF_LOADER    0x210
#define RAMDISK_IMAGE     0x218
#define RAMDISK_SIZE      0x21c
#define CMD_LINE_PTR      0x228
#define E820_TABLE        0x2d0
#define E820_ENTRY_SIZE   20

/* boot.rst: a loader without a number of its own. */
#define LOADER_UNDEFINED 0xff

_Static_assert(E820_TABLE + BOOT_MAX_REGIONS * E820_ENTRY_SIZE <= PAGE_SIZE, "zero-page.rst: e820_table[128]");

static void zero_page_put(uint8_t *page, uint64_t offset, uint64_t value, unsigned bytes)
{
	memcpy(page + offset, &value, bytes);
}

uint64_t linux64_size(const struct boot_info *info, const char *cmdline)
{
	(void)info;
	return COPY_CMDLINE_AT + ((strlen(cmdline) + 1 + PAGE_MASK) & ~PAGE_MASK);
}

/* From 0x1f1 to the end that the header itself names; what lies behind it is not the header's. */
static void copy_setup_header(uint8_t *page, const struct payload *payload)
{
	memcpy(page + LINUX_SETUP_HEADER, payload->bzimage.setup_header.at, payload->bzimage.setup_header.size);
	zero_page_put(page, SENTINEL, 0, 1);
	zero_page_put(page, TYPE_OF_LOADER, LOADER_UNDEFINED, 1);
}

static void put_memory_map(uint8_t *page, const struct memory_map *memory)
{
	for (uint64_t i = 0; i < memory->count; i++) {
		uint64_t at = E820_TABLE + i * E820_ENTRY_SIZE;

		zero_page_put(page, at, memory->region[i].start, 8);
		zero_page_put(page, at + 8, memory->region[i].size, 8);
		zero_page_put(page, at + 16, memory->region[i].type, 4);
	}
	zero_page_put(page, E820_ENTRIES, memory->count, 1);
}

uint64_t linux64_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
		      const struct layout *layout, const char *cmdline)
{
	uint8_t *page = (uint8_t *)at;
	uint64_t line = at + COPY_CMDLINE_AT;
	uint64_t initrd = layout->initrd.start;
	uint64_t initrd_size = range_size(layout->initrd);

	copy_setup_header(page, payload);
	put_memory_map(page, &info->memory);
	zero_page_put(page, ACPI_RSDP_ADDR, info->rsdp.v, 8);
	zero_page_put(page, CMD_LINE_PTR, line, 4);
	zero_page_put(page, EXT_CMD_LINE_PTR, line >> 32, 4);
	zero_page_put(page, RAMDISK_IMAGE, initrd, 4);
	zero_page_put(page, EXT_RAMDISK_IMAGE, initrd >> 32, 4);
	zero_page_put(page, RAMDISK_SIZE, initrd_size, 4);
	zero_page_put(page, EXT_RAMDISK_SIZE, initrd_size >> 32, 4);
	memcpy((void *)line, cmdline, strlen(cmdline) + 1);
	return at;
}
