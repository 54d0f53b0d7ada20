/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/boot_params.h>
#include <efi/boot_params.h>
#include <efi/firmware.h>

#include <string.h>

/* Linux, arch/x86/include/uapi/asm/bootparam.h. */
#define SECURE_BOOT          0x1ec
#define SECURE_BOOT_DISABLED 2
#define SECURE_BOOT_ENABLED  3
/* "Undefined" in boot.rst's list of loaders. */
#define LOADER_UNDEFINED     0xff

#define SEED_BYTES           32

static const EFI_GUID graphics_protocol = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static const EFI_GUID random_protocol = EFI_RNG_PROTOCOL_GUID;
static const EFI_GUID acpi_table = ACPI_20_TABLE_GUID;

/* A node of setup_data. */
static struct {
	uint64_t next;
	uint32_t type, size;
	uint8_t bytes[SEED_BYTES];
} seed = { .type = SETUP_DATA_RNG_SEED, .size = SEED_BYTES };

static void put(uint8_t *page, unsigned offset, uint64_t value, unsigned bytes)
{
	memcpy(page + offset, &value, bytes);
}

static unsigned bits_of(uint32_t mask)
{
	unsigned count = 0;

	for (; mask != 0; mask &= mask - 1)
		count++;
	return count;
}

static void put_mask(uint8_t *page, unsigned colour, uint32_t mask)
{
	if (mask == 0)
		return;
	page[SCREEN_INFO_COLOURS + 2 * colour] = (uint8_t)bits_of(mask);
	page[SCREEN_INFO_COLOURS + 2 * colour + 1] = (uint8_t)__builtin_ctz(mask);
}

/* Pixels of 32 bits in one of two orders, or as the masks say; others have no memory to write to. */
static unsigned put_pixels(uint8_t *page, const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode)
{
	EFI_PIXEL_BITMASK mask = { 0xff, 0xff00, 0xff0000, 0xff000000 };

	if (mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor)
		mask = (EFI_PIXEL_BITMASK){ 0xff0000, 0xff00, 0xff, 0xff000000 };
	else if (mode->PixelFormat == PixelBitMask)
		mask = mode->PixelInformation;
	put_mask(page, 0, mask.RedMask);
	put_mask(page, 1, mask.GreenMask);
	put_mask(page, 2, mask.BlueMask);
	put_mask(page, 3, mask.ReservedMask);
	return bits_of(mask.RedMask | mask.GreenMask | mask.BlueMask | mask.ReservedMask);
}

/* Linux, drivers/firmware/efi/libstub/gop.c. */
static void put_screen(uint8_t *page)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *screen = firmware_locate(&graphics_protocol);

	if (!screen || screen->Mode->Info->PixelFormat == PixelBltOnly)
		return;
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = screen->Mode->Info;
	unsigned depth = put_pixels(page, mode);
	uint32_t line = mode->PixelsPerScanLine * depth / 8;

	put(page, SCREEN_INFO_TYPE, SCREEN_TYPE_EFI, 1);
	put(page, SCREEN_INFO_WIDTH, mode->HorizontalResolution, 2);
	put(page, SCREEN_INFO_HEIGHT, mode->VerticalResolution, 2);
	put(page, SCREEN_INFO_DEPTH, depth, 2);
	put(page, SCREEN_INFO_BASE, screen->Mode->FrameBufferBase, 4);
	put(page, SCREEN_INFO_BASE_HIGH, screen->Mode->FrameBufferBase >> 32, 4);
	put(page, SCREEN_INFO_CAPABILITIES, screen->Mode->FrameBufferBase >> 32 ? SCREEN_CAPABILITY_64BIT : 0, 4);
	put(page, SCREEN_INFO_SIZE, (uint64_t)line * mode->VerticalResolution, 4);
	put(page, SCREEN_INFO_LINE, line, 2);
	put(page, SCREEN_INFO_PAGES, 1, 2);
}

/* What Linux stirs into its random numbers, if firmware has some. */
static void put_seed(uint8_t *page)
{
	EFI_RNG_PROTOCOL *source = firmware_locate(&random_protocol);

	if (source && !EFI_ERROR(source->GetRNG(source, NULL, sizeof(seed.bytes), seed.bytes)))
		put(page, BOOT_PARAMS_SETUP_DATA, (uint64_t)&seed, 8);
}

void boot_params_fill(uint8_t *page, struct range initrd, const char *line)
{
	put_screen(page);
	put_seed(page);
	put(page, BOOT_PARAMS_RSDP, (uint64_t)firmware_config_table(&acpi_table), 8);
	put(page, SECURE_BOOT, firmware_locks_down() ? SECURE_BOOT_ENABLED : SECURE_BOOT_DISABLED, 1);
	put(page, BOOT_PARAMS_MAGIC, BOOT_PARAMS_HDRS, 4);
	put(page, BOOT_PARAMS_TYPE_OF_LOADER, LOADER_UNDEFINED, 1);
	put(page, BOOT_PARAMS_RAMDISK_IMAGE, initrd.start, 4);
	put(page, BOOT_PARAMS_EXT_RAMDISK_IMAGE, initrd.start >> 32, 4);
	put(page, BOOT_PARAMS_RAMDISK_SIZE, range_size(initrd), 4);
	put(page, BOOT_PARAMS_EXT_RAMDISK_SIZE, range_size(initrd) >> 32, 4);
	put(page, BOOT_PARAMS_CMD_LINE_PTR, (uint64_t)line, 4);
	put(page, BOOT_PARAMS_EXT_CMD_LINE_PTR, (uint64_t)line >> 32, 4);
}

void boot_params_put_map(uint8_t *page, struct span map, uint32_t step, uint32_t version, const struct memory_map *regions)
{
	uint64_t table = (uint64_t)firmware.table;

	memcpy(page + BOOT_PARAMS_EFI_INFO, "EL64", 4);
	put(page, BOOT_PARAMS_EFI_TABLE, table, 4);
	put(page, BOOT_PARAMS_EFI_TABLE_HIGH, table >> 32, 4);
	put(page, BOOT_PARAMS_EFI_STEP, step, 4);
	put(page, BOOT_PARAMS_EFI_VERSION, version, 4);
	put(page, BOOT_PARAMS_EFI_MAP, (uint64_t)map.at, 4);
	put(page, BOOT_PARAMS_EFI_MAP_HIGH, (uint64_t)map.at >> 32, 4);
	put(page, BOOT_PARAMS_EFI_MAP_SIZE, map.size, 4);
	put(page, BOOT_PARAMS_E820_ENTRIES, regions->count, 1);
	for (uint64_t i = 0; i < regions->count && i < BOOT_MAX_REGIONS; i++) {
		unsigned at = BOOT_PARAMS_E820_TABLE + (unsigned)i * BOOT_PARAMS_E820_ENTRY;

		put(page, at, regions->region[i].start, 8);
		put(page, at + 8, regions->region[i].size, 8);
		put(page, at + 16, regions->region[i].type, 4);
	}
}
