/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting CPUs by ACPI's tables.  Too few is the dangerous answer: it takes the lock prefixes away. */
#include "fake_memory.h"

#include <arch/x86/acpi.h>

#define ROOT 0xe1230
#define LIST 0x5000
#define MADT 0x6000
#define OTHER 0x7000

static uint8_t madt[4096];
static uint32_t madt_size;

static void put(uint8_t *at, uint64_t value, unsigned size) { memcpy(at, &value, size); }

static void sum_up(uint8_t *bytes, uint32_t size, unsigned checksum)
{
	uint8_t sum = 0;

	bytes[checksum] = 0;
	for (uint32_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[checksum] = (uint8_t)-sum;
}

static void put_table(uint64_t address, const char *signature, uint8_t *bytes, uint32_t size)
{
	memcpy(bytes, signature, 4);
	put(bytes + 4, size, 4);
	sum_up(bytes, size, 9);
	fake_put(address, bytes, size);
}

/* A root pointer of this revision, which names one list of two tables, the second of them the MADT. */
static void lay_out(uint8_t revision)
{
	unsigned width = revision >= 2 ? 8 : 4;
	uint8_t root[36] = "RSD PTR ", list[36 + 16] = { 0 }, other[36] = { 0 };

	fake_clear();
	root[15] = revision;
	put(root + 16, LIST, 4);
	put(root + 24, revision >= 2 ? LIST : 0, 8);
	sum_up(root, 20, 8);
	fake_put(ROOT, root, sizeof(root));
	put(list + 36, OTHER, width);
	put(list + 36 + width, MADT, width);
	put_table(LIST, width == 8 ? "XSDT" : "RSDT", list, 36 + 2 * width);
	put_table(OTHER, "FACP", other, sizeof(other));
	put_table(MADT, "APIC", madt, madt_size);
}

static unsigned count(void)
{
	lay_out(2);
	return acpi_cpu_limit(ROOT, fake_reach);
}

static void begin(uint8_t revision)
{
	memset(madt, 0, sizeof(madt));
	madt[8] = revision;
	madt_size = 44;
}

static void local_apic(uint8_t id, uint32_t flags)
{
	uint8_t *entry = madt + madt_size;

	entry[0] = 0;
	entry[1] = 8;
	entry[3] = id;
	put(entry + 4, flags, 4);
	madt_size += 8;
}

static void local_x2apic(uint32_t id, uint32_t flags)
{
	uint8_t *entry = madt + madt_size;

	entry[0] = 9;
	entry[1] = 16;
	put(entry + 4, id, 4);
	put(entry + 8, flags, 4);
	madt_size += 16;
}

static void other_entry(uint8_t type, uint8_t size)
{
	madt[madt_size] = type;
	madt[madt_size + 1] = size;
	madt_size += size;
}

static void one_and_two(void **state)
{
	(void)state;
	begin(3);
	local_apic(0, 1);
	other_entry(1, 12);
	assert_int_equal(count(), 1);
	other_entry(2, 10);
	local_apic(1, 1);
	other_entry(4, 6);
	assert_int_equal(count(), 2);
	lay_out(0);
	assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 2);
	lay_out(1);
	assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 2);
	/* Revision 2 without the longer list. */
	fake_area[0].bytes[15] = 2;
	sum_up(fake_area[0].bytes, 20, 8);
	assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 2);
}

static void x2apic(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	local_x2apic(300, 1);
	local_x2apic(301, 2);
	local_x2apic(302, 0);
	local_x2apic(UINT32_MAX, 0);
	assert_int_equal(count(), 3);
	madt[8] = 4;
	assert_int_equal(count(), 4);
}

/* Before revision 5, a disabled entry with an APIC of its own is a socket; from then on, only "online capable" is. */
static void disabled_entries(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	local_apic(1, 0);
	assert_int_equal(count(), 1);
	local_apic(2, 2);
	assert_int_equal(count(), 2);
	/* Another flag says nothing. */
	local_apic(3, 4);
	assert_int_equal(count(), 2);
	begin(3);
	local_apic(0, 1);
	local_apic(255, 0);
	assert_int_equal(count(), 1);
	local_apic(1, 0);
	assert_int_equal(count(), 2);
}

static void no_processors(void **state)
{
	(void)state;
	begin(5);
	assert_int_equal(count(), 0);
	local_apic(0, 0);
	assert_int_equal(count(), 0);
}

/* Behind an entry without a size nothing can be found; what came before it is not all there is. */
static void broken_entries(void **state)
{
	(void)state;
	for (uint8_t type = 0; type < 16; type++) {
		for (uint8_t size = 0; size < 12; size++) {
			unsigned least = type == 0 ? 8 : type == 9 ? 12 : 2;

			begin(5);
			local_apic(0, 1);
			madt[madt_size] = type;
			madt[madt_size + 1] = size;
			madt_size += 16;
			if (size < least)
				assert_int_equal(count(), 0);
		}
	}
	/* An entry that runs past the end, and one of which only the type is there. */
	begin(5);
	local_apic(0, 1);
	other_entry(0, 8);
	for (madt_size--; madt_size > 52; madt_size--)
		assert_int_equal(count(), 0);
	assert_int_equal(count(), 1);
}

/* Every table, and the root, cut short in memory at every byte. */
static void every_prefix(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	local_apic(1, 1);
	assert_int_equal(count(), 2);
	for (unsigned area = 0; area < 4; area++) {
		for (uint64_t size = 0;; size++) {
			lay_out(2);
			if (size == fake_area[area].size)
				break;
			struct fake_area whole = fake_area[area];
			fake_area[area] = (struct fake_area){ whole.address, size, malloc(size ? size : 1) };
			memcpy(fake_area[area].bytes, whole.bytes, size);
			free(whole.bytes);
			/* The table before the MADT does not matter. */
			assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), area == 2 ? 2 : 0);
		}
	}
}

/* Every bit of every byte that a checksum covers. */
static void every_flipped_bit(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	local_apic(1, 1);
	for (unsigned area = 0; area < 4; area++) {
		lay_out(2);
		uint64_t size = area == 0 ? 20 : fake_area[area].size;
		for (uint64_t bit = 0; area != 2 && bit < size * 8; bit++) {
			lay_out(2);
			fake_area[area].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 0);
		}
	}
}

static void sizes_that_lie(void **state)
{
	const uint32_t sizes[] = { 0, 35, 0x100001, UINT32_MAX };

	(void)state;
	begin(5);
	local_apic(0, 1);
	for (unsigned area = 1; area < 4; area += 2) {
		for (unsigned i = 0; i < 4; i++) {
			lay_out(2);
			put(fake_area[area].bytes + 4, sizes[i], 4);
			assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 0);
		}
	}
}

/* A MADT of this size, filled up with entries of a type that nobody counts; its checksum is right. */
static unsigned count_in(uint32_t size)
{
	uint8_t *large = calloc(1, size);

	begin(5);
	local_apic(0, 1);
	lay_out(2);
	memcpy(large, madt, madt_size);
	for (uint32_t at = madt_size; at < size; at += 4) {
		large[at] = 0x80;
		large[at + 1] = 4;
	}
	free(fake_area[--fake_areas].bytes);
	put_table(MADT, "APIC", large, size);
	free(large);
	return acpi_cpu_limit(ROOT, fake_reach);
}

static void largest_table(void **state)
{
	(void)state;
	assert_int_equal(count_in(0x100000), 1);
	assert_int_equal(count_in(0x100004), 0);
}

/* Tables whose checksum is right, but which are others than their place says. */
static void other_tables(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	for (unsigned area = 1; area < 4; area += 2) {
		lay_out(2);
		memcpy(fake_area[area].bytes, "OTHR", 4);
		sum_up(fake_area[area].bytes, (uint32_t)fake_area[area].size, 9);
		assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 0);
	}
}

static void nowhere(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	lay_out(2);
	assert_int_equal(acpi_cpu_limit(0, fake_reach), 0);
	assert_int_equal(acpi_cpu_limit(UINT64_MAX - 3, fake_reach), 0);
	assert_int_equal(acpi_cpu_limit(LIST, fake_reach), 0);
	/* A list that names only itself, and one that names nothing that is there. */
	put(fake_area[1].bytes + 36, LIST, 8);
	put(fake_area[1].bytes + 44, LIST, 8);
	sum_up(fake_area[1].bytes, 52, 9);
	assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 0);
	put(fake_area[1].bytes + 36, UINT64_MAX - 7, 8);
	put(fake_area[1].bytes + 44, 0, 8);
	sum_up(fake_area[1].bytes, 52, 9);
	assert_int_equal(acpi_cpu_limit(ROOT, fake_reach), 0);
}

static void finding_the_root(void **state)
{
	(void)state;
	begin(5);
	local_apic(0, 1);
	lay_out(0);
	assert_int_equal(acpi_find_rsdp(fake_reach), ROOT);
	fake_area[0].bytes[10] ^= 1;
	assert_int_equal(acpi_find_rsdp(fake_reach), 0);
	fake_area[0].bytes[10] ^= 1;
	fake_area[0].address = 0xffff0;
	assert_int_equal(acpi_find_rsdp(fake_reach), 0xffff0);
	fake_area[0].address = 0xdfff0;
	assert_int_equal(acpi_find_rsdp(fake_reach), 0);
	fake_area[0].address = 0xe0008;
	assert_int_equal(acpi_find_rsdp(fake_reach), 0);
	fake_clear();
	assert_int_equal(acpi_find_rsdp(fake_reach), 0);
}

int main(void)
{
	return RUN_TESTS_WITH(NULL, fake_memory_end, "acpi", one_and_two, x2apic, disabled_entries, no_processors,
			 broken_entries, every_prefix, every_flipped_bit, sizes_that_lie, largest_table,
			 other_tables, nowhere, finding_the_root);
}
