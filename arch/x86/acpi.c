/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of ACPI as counting CPUs takes (ACPI 6.5, sections 5.2.5 to 5.2.12).  A table that is missing or damaged gives 0,
 * "not known": the caller then assumes that other CPUs may come.
 */
#include <arch/x86/acpi.h>

#include <stdbool.h>

#define ROOT_SIZE 36
/* The bytes of the root pointer that its first checksum covers: all there was in ACPI 1.0. */
#define ROOT_SUMMED 20
#define TABLE_HEADER 36
#define TABLE_LIMIT (1u << 20)

/* The MADT: the offset of its revision and of its entries; types of entries; flags and numbers of a processor's. */
#define MADT_REVISION 8
#define MADT_ENTRIES 44
#define MADT_LOCAL_APIC   0
#define MADT_LOCAL_X2APIC 9
#define MADT_ENABLED        1u
#define MADT_ONLINE_CAPABLE 2u
#define NO_APIC   UINT8_MAX
#define NO_X2APIC UINT32_MAX
/* The revision that came with ACPI 6.3 and gave "online capable" its meaning. */
#define MADT_KNOWS_CAPABLE 5

static bool sums_to_zero(struct span bytes)
{
	uint8_t sum = 0;

	for (uint64_t i = 0; i < bytes.size; i++)
		sum = (uint8_t)(sum + bytes.at[i]);
	return sum == 0;
}

static bool is_root(struct span bytes)
{
	return span_is(bytes, 0, "RSD PTR ", 8) && sums_to_zero(span(bytes.at, ROOT_SUMMED));
}

/* A whole table with this signature and a good checksum, or nothing. */
static struct span table_at(uint64_t address, const char signature[4], reach_function reach)
{
	struct span header = reach(address, TABLE_HEADER);
	uint32_t size = span_u32(header, 4);

	if (!span_is(header, 0, signature, 4) || size < TABLE_HEADER || size > TABLE_LIMIT)
		return span(NULL, 0);
	struct span table = reach(address, size);
	return sums_to_zero(table) ? table : span(NULL, 0);
}

/*
 * True for a processor that runs or may run one day.  Before ACPI 6.3 a disabled entry with an APIC of its own stands
 * for a socket that can be filled (QEMU's hot-pluggable CPUs are such entries).
 */
static bool usable(uint32_t flags, bool has_apic, uint8_t revision)
{
	if (flags & MADT_ENABLED)
		return true;
	return revision >= MADT_KNOWS_CAPABLE ? flags & MADT_ONLINE_CAPABLE : has_apic;
}

/* Counts the processors of a MADT; 0 when an entry is broken, since those behind it cannot be found then. */
static unsigned count_processors(struct span madt)
{
	uint8_t revision = span_u8(madt, MADT_REVISION);
	unsigned count = 0;
	struct span entry;

	for (uint64_t at = MADT_ENTRIES; at < madt.size; at += entry.size) {
		uint8_t type = span_u8(madt, at);

		if (!span_cut(madt, at, span_u8(madt, at + 1), &entry) ||
		    entry.size < (type == MADT_LOCAL_APIC ? 8 : type == MADT_LOCAL_X2APIC ? 12 : 2))
			return 0;
		if (type == MADT_LOCAL_APIC)
			count += usable(span_u32(entry, 4), span_u8(entry, 3) != NO_APIC, revision);
		if (type == MADT_LOCAL_X2APIC)
			count += usable(span_u32(entry, 8), span_u32(entry, 4) != NO_X2APIC, revision);
	}
	return count;
}

unsigned acpi_cpu_limit(uint64_t rsdp, reach_function reach)
{
	struct span root = reach(rsdp, ROOT_SIZE);

	if (!is_root(root))
		return 0;
	/* The XSDT of revision 2 has 8-byte pointers, the RSDT before it 4-byte ones. */
	bool extended = span_u8(root, 15) >= 2 && span_u64(root, 24) != 0;
	struct span list = extended ? table_at(span_u64(root, 24), "XSDT", reach)
				    : table_at(span_u32(root, 16), "RSDT", reach);
	unsigned width = extended ? 8 : 4;

	for (uint64_t at = TABLE_HEADER; span_has(list, at, width); at += width) {
		uint64_t address = span_number(list, at, width);

		if (span_is(reach(address, TABLE_HEADER), 0, "APIC", 4))
			return count_processors(table_at(address, "APIC", reach));
	}
	return 0;
}

uint64_t acpi_find_rsdp(reach_function reach)
{
	for (uint64_t address = 0xe0000; address < 0x100000; address += 16)
		if (is_root(reach(address, ROOT_SUMMED)))
			return address;
	return 0;
}
