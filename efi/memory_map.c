/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/efi_map.h>
#include <efi/memory_map.h>

/* "Specific purpose": for a driver to give out, and not RAM for everybody. */
#define ATTRIBUTE_SPECIFIC (UINT64_C(1) << 18)

/* What Linux takes each type for (arch/x86/platform/efi/efi.c, do_add_efi_memmap()), by its number; 0 where it takes none. */
static const uint8_t region_types[] = {
	REGION_RESERVED,				/* reserved */
	REGION_RAM, REGION_RAM,				/* loader */
	REGION_RAM, REGION_RAM,				/* boot services */
	REGION_RESERVED, REGION_RESERVED,		/* runtime services */
	REGION_RAM,					/* conventional */
	REGION_UNUSABLE,
	REGION_ACPI, REGION_NVS,
	REGION_RESERVED, REGION_RESERVED, REGION_RESERVED, /* devices, ports of devices, firmware's code on IA-64 */
	7,						/* persistent: ACPI 6.5, section 15, AddressRangePersistentMemory */
};

static uint32_t region_type(struct span map, uint64_t at)
{
	uint32_t type = span_u32(map, at + EFI_DESCRIPTOR_TYPE);

	if (type >= sizeof(region_types))
		return 0;
	if (region_types[type] == REGION_RAM && (span_u64(map, at + EFI_DESCRIPTOR_ATTRIBUTE) & ATTRIBUTE_SPECIFIC))
		return REGION_RESERVED;
	return region_types[type];
}

static bool touches(const struct region *low, const struct region *high)
{
	return low->type == high->type && low->start + low->size == high->start;
}

/* Puts a region in its place, and makes one of what touches. */
static struct error insert(struct region region, struct memory_map *out)
{
	struct region *all = out->region;
	uint64_t at = 0;

	while (at < out->count && all[at].start < region.start)
		at++;
	if (at < out->count && touches(&region, &all[at])) {
		region.size += all[at].size;
		out->count--;
		for (uint64_t i = at; i < out->count; i++)
			all[i] = all[i + 1];
	}
	if (at > 0 && touches(&all[at - 1], &region)) {
		all[at - 1].size += region.size;
		return error_none();
	}
	if (out->count == BOOT_MAX_REGIONS)
		return error_make(ERROR_MEMORY_MAP_ENTRIES, NULL, BOOT_MAX_REGIONS, BOOT_MAX_REGIONS + 1);
	for (uint64_t i = out->count++; i > at; i--)
		all[i] = all[i - 1];
	all[at] = region;
	return error_none();
}

struct error efi_memory_map_read(struct span map, uint64_t step, struct memory_map *out)
{
	out->count = 0;
	if (step < EFI_DESCRIPTOR_SIZE || map.size % step != 0)
		return error_make(ERROR_EFI_MEMORY_MAP, NULL, EFI_DESCRIPTOR_SIZE, step);
	for (uint64_t at = 0; at < map.size; at += step) {
		struct region region = { .start = span_u64(map, at + EFI_DESCRIPTOR_START), .type = region_type(map, at) };
		uint64_t end;

		if (__builtin_mul_overflow(span_u64(map, at + EFI_DESCRIPTOR_PAGES), PAGE_SIZE, &region.size) ||
		    __builtin_add_overflow(region.start, region.size, &end))
			return error_make(ERROR_EFI_MEMORY_MAP, NULL, EFI_DESCRIPTOR_SIZE, region.start);
		if (region.size != 0 && region.type != 0)
			TRY(insert(region, out));
	}
	return error_none();
}
