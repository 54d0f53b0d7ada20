/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI's tables in memory: the CPUs of a MADT among other tables, which must be counted, unless something is damaged.
 */
#include <arch/x86/acpi.h>

#include "hostile_memory.h"

static void set_sum(uint8_t *bytes, uint64_t size, uint64_t at)
{
	uint8_t sum = 0;

	for (uint64_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[at] = (uint8_t)(bytes[at] - sum);
}

/* A MADT that counts; the number of CPUs in it. */
static unsigned make_madt(uint64_t address)
{
	uint64_t count = once_in(&c, 16) ? below(&c, 5000) : below(&c, 12), size = 44;
	/* A table of more than a MiB is no table of ours, whatever it sums to. */
	bool is_too_large = once_in(&c, 200);
	uint64_t room = 44 + count * 32 + (is_too_large ? MIB : 0);
	uint8_t *bytes = lay(address, room);
	unsigned cpus = 0, revision = (unsigned)below(&c, 8);

	memcpy(bytes, "APIC", 4);
	bytes[8] = (uint8_t)revision;
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *entry = bytes + size;
		bool is_wide = once_in(&c, 3), none = once_in(&c, 6);
		uint32_t flags = (uint32_t)below(&c, 4);

		if (once_in(&c, 5)) {
			entry[0] = (uint8_t)(1 + below(&c, 8));
			entry[1] = (uint8_t)(2 + below(&c, 30));
			size += entry[1];
			continue;
		}
		entry[0] = is_wide ? 9 : 0;
		entry[1] = is_wide ? 16 : 8;
		put_number(entry + (is_wide ? 4 : 3), none ? UINT32_MAX : i & 0x7f, is_wide ? 4 : 1);
		put_number(entry + (is_wide ? 8 : 4), flags, 4);
		cpus += (flags & 1) || (revision >= 5 ? flags & 2 : !none);
		size += entry[1];
	}
	if (is_too_large)
		for (; size + 2 <= room; size += 2)
			put_number(bytes + size, 0x0204, 2);
	area[areas - 1].bytes = bytes = realloc(bytes, size);
	area[areas - 1].size = size;
	put_number(bytes + 4, size, 4);
	set_sum(bytes, size, 9);
	return is_too_large && size > MIB ? 0 : cpus;
}

/* Root pointer, list, MADT among other tables; the number of CPUs that must be read. */
static unsigned make_acpi(uint64_t address)
{
	bool extended = once_in(&c, 2);
	unsigned width = extended ? 8 : 4, others = (unsigned)below(&c, 4), cpus;
	uint64_t list, size = 36 + (others + 1) * width, other;
	uint8_t *root = lay(address, 36), *bytes, *table;

	list = somewhere();
	bytes = lay(list, size);
	memcpy(root, "RSD PTR ", 8);
	root[15] = extended ? 2 : (uint8_t)below(&c, 2);
	put_number(root + 16, extended ? any(&c) : list, 4);
	put_number(root + 24, extended ? list : any(&c), 8);
	memcpy(bytes, extended ? "XSDT" : "RSDT", 4);
	put_number(bytes + 4, size, 4);
	for (unsigned i = 0; i < others; i++) {
		other = somewhere();
		table = lay(other, 36 + below(&c, 64));
		fill(&c, table, 36);
		/* Whatever it is, it is no second MADT. */
		table[0] = 'F';
		put_number(bytes + 36 + i * width, other, width);
	}
	other = somewhere();
	cpus = make_madt(other);
	put_number(bytes + 36 + others * width, other, width);
	set_sum(bytes, size, 9);
	set_sum(root, 20, 8);
	return cpus;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_damaged, is_bios;
	unsigned cpus, found;
	uint64_t rsdp;

	c = choices_of(span(data, size));
	is_damaged = once_in(&c, 2);
	is_bios = once_in(&c, 8);
	rsdp = is_bios ? 0xe0000 + 16 * below(&c, 0x2000 - 3) : somewhere();
	cpus = make_acpi(rsdp);
	if (is_damaged)
		damage();
	if (is_bios && !is_damaged)
		PROMISE(acpi_find_rsdp(reach) == rsdp);
	found = acpi_cpu_limit(rsdp, reach);
	PROMISE(is_damaged ? found <= MIB / 8 : found == cpus);
	forget_memory();
	return 0;
}
