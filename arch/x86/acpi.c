/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of ACPI as counting CPUs takes (ACPI 6.5, sections 5.2.5 to 5.2.12).  Whatever does not check out reads as
 * "not known": the caller then assumes that other CPUs may come.
 */
#include <arch/x86/paging.h>
#include <arch/x86/ports.h>
#include <core/addr.h>
#include <core/span.h>

#define TABLE_HEADER 36
#define MADT_ENTRIES 44
#define TABLE_LIMIT (1u << 20)

/* Types of MADT entries, and the flags of a processor's: enabled, or may be enabled later. */
#define MADT_LOCAL_APIC   0
#define MADT_LOCAL_X2APIC 9
#define MADT_USABLE 3u

static struct span reach(uint64_t address, uint64_t size)
{
	struct range range;

	if (address < PAGE_SIZE || !range_make(address, size, &range) || !paging_reach(range))
		return span(NULL, 0);
	return span((const void *)address, size);
}

static bool sums_to_zero(struct span bytes)
{
	uint8_t sum = 0;

	for (uint64_t i = 0; i < bytes.size; i++)
		sum = (uint8_t)(sum + bytes.at[i]);
	return sum == 0;
}

/* A whole table with a good checksum, or nothing. */
static struct span table_at(uint64_t address)
{
	uint32_t size = span_u32(reach(address, TABLE_HEADER), 4);
	struct span table = span(NULL, 0);

	if (size >= TABLE_HEADER && size <= TABLE_LIMIT)
		table = reach(address, size);
	return sums_to_zero(table) ? table : span(NULL, 0);
}

static unsigned count_processors(struct span madt)
{
	unsigned count = 0;

	for (uint64_t at = MADT_ENTRIES; span_has(madt, at, 2) && span_u8(madt, at + 1) >= 2; at += span_u8(madt, at + 1)) {
		uint8_t type = span_u8(madt, at);

		if (type == MADT_LOCAL_APIC && (span_u32(madt, at + 4) & MADT_USABLE))
			count++;
		if (type == MADT_LOCAL_X2APIC && (span_u32(madt, at + 8) & MADT_USABLE))
			count++;
	}
	return count;
}

unsigned acpi_cpu_limit(uint64_t rsdp)
{
	struct span root = reach(rsdp, 36);

	if (!span_is(root, 0, "RSD PTR ", 8))
		return 0;
	/* The XSDT of revision 2 has 8-byte pointers, the RSDT before it 4-byte ones. */
	unsigned width = span_u8(root, 15) >= 2 && span_u64(root, 24) ? 8 : 4;
	struct span list = table_at(width == 8 ? span_u64(root, 24) : span_u32(root, 16));

	for (uint64_t at = TABLE_HEADER; span_has(list, at, width); at += width) {
		struct span table = table_at(span_number(list, at, width));

		if (span_is(table, 0, "APIC", 4))
			return count_processors(table);
	}
	return 0;
}

uint64_t acpi_find_rsdp(void)
{
	for (uint64_t address = 0xe0000; address < 0x100000; address += 16) {
		struct span root = reach(address, 20);

		if (span_is(root, 0, "RSD PTR ", 8) && sums_to_zero(root))
			return address;
	}
	return 0;
}
