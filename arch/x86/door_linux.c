/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Linux door: boot_params, as loaders of bzImages fill it (Linux, Documentation/arch/x86/zero-page.rst).
 */
#include <arch/x86/doors.h>
#include <core/boot_params.h>

#include <string.h>

static uint64_t split(struct span page, uint64_t low, uint64_t high)
{
	return span_u32(page, low) | (uint64_t)span_u32(page, high) << 32;
}

/*
 * The high halves.  A loader that did not clear the page leaves the sentinel, and then what lies outside of the header is
 * noise (Linux, arch/x86/include/asm/bootparam_utils.h).
 */
static uint64_t pointer(struct span page, uint64_t low, uint64_t high)
{
	return span_u8(page, BOOT_PARAMS_SENTINEL) == 0 ? split(page, low, high) : span_u32(page, low);
}

static void add_regions(struct span table, uint64_t count, struct memory_map *memory)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = i * BOOT_PARAMS_E820_ENTRY;

		if (memory->count < BOOT_MAX_REGIONS)
			memory->region[memory->count] = (struct region){ span_u64(table, at), span_u64(table, at + 8),
									 span_u32(table, at + 16) };
		memory->count++;
	}
}

static struct error read_memory_map(struct span page, struct memory_map *memory)
{
	uint64_t count = span_u8(page, BOOT_PARAMS_E820_ENTRIES);

	if (count > BOOT_PARAMS_E820_MOST)
		return error_make(ERROR_BOOT_PARAMS, "e820_entries", BOOT_PARAMS_E820_MOST, count);
	add_regions(span(page.at + BOOT_PARAMS_E820_TABLE, count * BOOT_PARAMS_E820_ENTRY), count, memory);
	return error_none();
}

/* One node: where the next one is, and what of this one concerns lull. */
static struct error read_node(uint64_t address, reach_function reach, struct boot_info *info, uint64_t *next)
{
	struct span head = reach(address, SETUP_DATA_HEADER);
	uint64_t size = SETUP_DATA_HEADER + (uint64_t)span_u32(head, 12);
	struct span node = reach(address, size);
	uint32_t type = span_u32(head, 8);

	if (node.size == 0)
		return error_make(ERROR_BOOT_PARAMS, "setup_data", 0, address);
	if (info->linux_boot.data_count == BOOT_MAX_SETUP_DATA)
		return error_make(ERROR_SETUP_DATA, "one more", BOOT_MAX_SETUP_DATA, address);
	/* Its data lie elsewhere, and would have to be kept from the kernel that is moved. */
	if (type & SETUP_DATA_INDIRECT)
		return error_make(ERROR_SETUP_DATA, "one of the type SETUP_INDIRECT", BOOT_MAX_SETUP_DATA, address);
	info->linux_boot.data[info->linux_boot.data_count++] = node;
	if (type == SETUP_DATA_E820_EXT)
		add_regions(span(node.at + SETUP_DATA_HEADER, node.size - SETUP_DATA_HEADER),
			    (node.size - SETUP_DATA_HEADER) / BOOT_PARAMS_E820_ENTRY, &info->memory);
	*next = span_u64(head, 0);
	return error_none();
}

static struct error read_setup_data(struct span page, reach_function reach, struct boot_info *info)
{
	uint64_t address = span_u64(page, BOOT_PARAMS_SETUP_DATA);

	/* A list that loops ends where it is full. */
	while (address != 0)
		TRY(read_node(address, reach, info, &address));
	return error_none();
}

/* The firmware's memory map, which Linux reads at its place once more. */
static struct error read_efi_map(struct span page, reach_function reach, struct boot_info *info)
{
	uint64_t size = span_u32(page, BOOT_PARAMS_EFI_MAP_SIZE);
	uint64_t address = split(page, BOOT_PARAMS_EFI_MAP, BOOT_PARAMS_EFI_MAP_HIGH);

	if (span_u32(page, BOOT_PARAMS_EFI_INFO) == 0 || size == 0)
		return error_none();
	info->memory.efi = info->linux_boot.efi_map = reach(address, size);
	info->memory.efi_step = span_u32(page, BOOT_PARAMS_EFI_STEP);
	return info->memory.efi.size != 0 ? error_none() : error_make(ERROR_BOOT_PARAMS, "the EFI memory map", 0, address);
}

static struct error read_initrd(struct span page, struct boot_info *info)
{
	uint64_t start = pointer(page, BOOT_PARAMS_RAMDISK_IMAGE, BOOT_PARAMS_EXT_RAMDISK_IMAGE);
	uint64_t size = pointer(page, BOOT_PARAMS_RAMDISK_SIZE, BOOT_PARAMS_EXT_RAMDISK_SIZE);

	if (size == 0)
		return error_none();
	info->module[0].cmdline = NULL;
	if (!range_make(start, size, &info->module[0].where))
		return error_make(ERROR_BOOT_PARAMS, "ramdisk_image", 0, start);
	info->module_count = 1;
	return error_none();
}

struct error boot_params_read(struct span page, reach_function reach, struct door_strings *strings, struct boot_info *info)
{
	uint64_t line = pointer(page, BOOT_PARAMS_CMD_LINE_PTR, BOOT_PARAMS_EXT_CMD_LINE_PTR);

	if (span_u32(page, BOOT_PARAMS_MAGIC) != BOOT_PARAMS_HDRS)
		return error_make(ERROR_BOOT_PARAMS, "the setup header", BOOT_PARAMS_HDRS, span_u32(page, BOOT_PARAMS_MAGIC));
	info->linux_boot.params = page;
	if (span_u8(page, BOOT_PARAMS_SENTINEL) == 0)
		info->rsdp = gpa(span_u64(page, BOOT_PARAMS_RSDP));
	TRY(read_memory_map(page, &info->memory));
	TRY(read_setup_data(page, reach, info));
	TRY(read_efi_map(page, reach, info));
	if (line != 0) {
		TRY(door_string(line, reach, strings->cmdline));
		info->cmdline = strings->cmdline;
	}
	return read_initrd(page, info);
}
