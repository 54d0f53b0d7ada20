/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a multiboot2 loader says of UEFI firmware and of the screen (specification 2.0, sections 3.6.12 to 3.6.18), put into
 * boot_params: a Linux is then told what the same loader would have told it by Linux's own protocol.
 */
#include <arch/x86/door_multiboot2.h>
#include <core/boot_params.h>
#include <core/efi_map.h>

#include <string.h>

/* Offsets in the tags. */
#define TABLE_ADDRESS   8
#define TABLE_SIZE      16
#define MAP_STEP        8
#define MAP_VERSION     12
#define MAP_HEADER      16
#define SCREEN_COLOURS  32
#define SCREEN_TAG_SIZE 38
/* framebuffer_type: pixels that have colours of their own. */
#define SCREEN_RGB      1

/* EFI_SYSTEM_TABLE of 64 bits, and EFI_CONFIGURATION_TABLE (UEFI 2.10, sections 4.3 and 4.6). */
#define SYSTEM_SIGNATURE    0x5453595320494249u
#define SYSTEM_TABLE_SIZE   120
#define SYSTEM_CONFIG_COUNT 104
#define SYSTEM_CONFIG       112
#define CONFIG_ENTRY        24
/* Firmware has a dozen. */
#define CONFIG_MOST         1024

/* Firmware's table of ACPI's root pointer: that of ACPI 2.0 and later, else that of 1.0. */
static const uint8_t acpi_guids[2][16] = {
	{ 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 },
	{ 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11, 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d },
};

static void put(uint8_t *page, unsigned offset, uint64_t value, unsigned bytes)
{
	memcpy(page + offset, &value, bytes);
}

/* ACPI's root pointer among firmware's tables; 0 when there is none. */
static uint64_t find_rsdp(struct span system, reach_function reach)
{
	uint64_t count = span_u64(system, SYSTEM_CONFIG_COUNT);
	struct span tables = reach(span_u64(system, SYSTEM_CONFIG), count <= CONFIG_MOST ? count * CONFIG_ENTRY : 0);

	for (unsigned version = 0; version < 2; version++)
		for (uint64_t at = 0; at < tables.size; at += CONFIG_ENTRY)
			if (span_is(tables, at, acpi_guids[version], sizeof(acpi_guids[version])))
				return span_u64(tables, at + sizeof(acpi_guids[version]));
	return 0;
}

static struct error tell_table(struct span tag, reach_function reach, uint8_t *page, struct boot_info *info)
{
	uint64_t address = span_u64(tag, TABLE_ADDRESS);
	struct span system = reach(address, SYSTEM_TABLE_SIZE);

	if (tag.size < TABLE_SIZE || system.size == 0 || span_u64(system, 0) != SYSTEM_SIGNATURE)
		return error_make(ERROR_EFI_TABLE, NULL, SYSTEM_SIGNATURE, address);
	info->rsdp = gpa(find_rsdp(system, reach));
	memcpy(page + BOOT_PARAMS_EFI_INFO, "EL64", 4);
	put(page, BOOT_PARAMS_EFI_TABLE, address, 4);
	put(page, BOOT_PARAMS_EFI_TABLE_HIGH, address >> 32, 4);
	return error_none();
}

static struct error tell_map(struct span tag, uint8_t *page, struct boot_info *info)
{
	struct span map;
	uint64_t step = span_u32(tag, MAP_STEP);

	if (step < EFI_DESCRIPTOR_SIZE || !span_cut(tag, MAP_HEADER, tag.size - MAP_HEADER, &map))
		return error_make(ERROR_MULTIBOOT_TAG, NULL, EFI_DESCRIPTOR_SIZE, step);
	info->memory.efi = info->linux_boot.efi_map = map;
	info->memory.efi_step = (uint32_t)step;
	put(page, BOOT_PARAMS_EFI_STEP, step, 4);
	put(page, BOOT_PARAMS_EFI_VERSION, span_u32(tag, MAP_VERSION), 4);
	put(page, BOOT_PARAMS_EFI_MAP, (uint64_t)map.at, 4);
	put(page, BOOT_PARAMS_EFI_MAP_HIGH, (uint64_t)map.at >> 32, 4);
	put(page, BOOT_PARAMS_EFI_MAP_SIZE, map.size, 4);
	return error_none();
}

/* screen_info, as Linux's own loaders fill it (Linux, include/uapi/linux/screen_info.h). */
static void tell_screen(struct span tag, bool efi, uint8_t *page)
{
	uint64_t base = span_u64(tag, 8);
	uint32_t line = span_u32(tag, 16), height = span_u32(tag, 24);
	uint64_t size = (uint64_t)line * height;

	if (tag.size < SCREEN_TAG_SIZE || span_u8(tag, 29) != SCREEN_RGB)
		return;
	put(page, SCREEN_INFO_TYPE, efi ? SCREEN_TYPE_EFI : SCREEN_TYPE_LINEAR, 1);
	put(page, SCREEN_INFO_WIDTH, span_u32(tag, 20), 2);
	put(page, SCREEN_INFO_HEIGHT, height, 2);
	put(page, SCREEN_INFO_DEPTH, span_u8(tag, 28), 2);
	put(page, SCREEN_INFO_BASE, base, 4);
	put(page, SCREEN_INFO_BASE_HIGH, base >> 32, 4);
	put(page, SCREEN_INFO_CAPABILITIES, base >> 32 ? SCREEN_CAPABILITY_64BIT : 0, 4);
	/* Of a screen that is not firmware's it counts in 64 KiB. */
	put(page, SCREEN_INFO_SIZE, efi ? size : (size + 0xffff) >> 16, 4);
	put(page, SCREEN_INFO_LINE, line, 2);
	put(page, SCREEN_INFO_PAGES, 1, 2);
	for (unsigned i = 0; i < 3; i++) {
		page[SCREEN_INFO_COLOURS + 2 * i] = (uint8_t)span_u8(tag, SCREEN_COLOURS + 2 * i + 1);
		page[SCREEN_INFO_COLOURS + 2 * i + 1] = (uint8_t)span_u8(tag, SCREEN_COLOURS + 2 * i);
	}
}

struct error multiboot2_tell_linux(const struct multiboot2_more *more, reach_function reach, struct door_strings *strings,
				   struct boot_info *info)
{
	bool efi = more->table.size != 0;

	if (!efi && more->screen.size == 0)
		return error_none();
	memset(strings->params, 0, sizeof(strings->params));
	info->linux_boot.params = span(strings->params, sizeof(strings->params));
	if (efi)
		TRY(tell_table(more->table, reach, strings->params, info));
	/* Without firmware's table the map would be of no use to Linux. */
	if (efi && more->map.size != 0)
		TRY(tell_map(more->map, strings->params, info));
	tell_screen(more->screen, efi, strings->params);
	return error_none();
}
