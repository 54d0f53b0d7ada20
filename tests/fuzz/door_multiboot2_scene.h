/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a multiboot2 loader leaves, a part of door_scenes.h. */
#ifndef LULL_FUZZ_DOOR_MULTIBOOT2_SCENE_H
#define LULL_FUZZ_DOOR_MULTIBOOT2_SCENE_H

static uint8_t information[256 * KIB];
static uint64_t information_size;

/* A tag's header, and room for what follows; tags begin at multiples of 8. */
static uint8_t *add_tag(uint32_t type, uint64_t size)
{
	uint8_t *tag = information + information_size;

	put_number(tag, type, 4);
	put_number(tag + 4, size, 4);
	information_size += (size + 7) & ~UINT64_C(7);
	PROMISE(information_size < sizeof(information));
	return tag;
}

static bool add_module_tag(unsigned index)
{
	bool fits = true, has_line = once_in(&c, 2);
	uint8_t *tag;

	make_module(index);
	/* The specification has 32 bits. */
	if (wanted.module[index].where.end > UINT32_MAX)
		wanted.module[index].where.end = wanted.module[index].where.start;
	long_line[0] = '\0';
	if (has_line) {
		fits = make_kept_line(texts.module_cmdline[index]);
		wanted.module[index].cmdline = long_line[0] ? texts.module_cmdline[index] : NULL;
	}
	tag = add_tag(3, 16 + (has_line ? strlen(long_line) + 1 : 0));
	put_number(tag + 8, wanted.module[index].where.start, 4);
	put_number(tag + 12, wanted.module[index].where.end, 4);
	if (has_line)
		strcpy((char *)tag + 16, long_line);
	return fits;
}

static void add_map_tag(void)
{
	uint64_t step = 24 + 8 * below(&c, 3);
	uint8_t *tag;

	make_map(&wanted.memory, BOOT_MAX_REGIONS + 2);
	tag = add_tag(6, 16 + wanted.memory.count * step);
	put_number(tag + 8, step, 4);
	for (uint64_t i = 0; i < wanted.memory.count && i < BOOT_MAX_REGIONS; i++) {
		put_number(tag + 16 + i * step, wanted.memory.region[i].start, 8);
		put_number(tag + 24 + i * step, wanted.memory.region[i].size, 8);
		put_number(tag + 32 + i * step, wanted.memory.region[i].type, 4);
	}
}

/* Firmware's own table, its list of tables, which has ACPI's root pointer or not, and its map. */
static void add_firmware_tags(void)
{
	static const uint8_t acpi[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc, 0x22, 0, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
	uint64_t system = somewhere(), list, count = below(&c, 20), step = 40 + 8 * below(&c, 3);
	uint8_t *tag, *table = lay(system, 120), *entries;

	list = somewhere();
	entries = lay(list, count * 24);
	memcpy(table, "IBI SYST", 8);
	put_number(table + 104, count, 8);
	put_number(table + 112, list, 8);
	if (count != 0 && !once_in(&c, 4)) {
		uint8_t *entry = entries + 24 * below(&c, count);

		wanted.rsdp = gpa(odd_number());
		memcpy(entry, acpi, 16);
		put_number(entry + 16, wanted.rsdp.v, 8);
	}
	put_number(add_tag(12, 16) + 8, system, 8);
	count = below(&c, 5);
	tag = add_tag(17, 16 + count * step);
	put_number(tag + 8, step, 4);
}

static bool make_multiboot2(uint64_t *address)
{
	bool fits = true;

	memset(information, 0, sizeof(information));
	information_size = 8;
	if (!once_in(&c, 4)) {
		wanted.cmdline = texts.cmdline;
		fits = make_kept_line(texts.cmdline);
		strcpy((char *)add_tag(1, 8 + strlen(long_line) + 1) + 8, long_line);
	}
	if (once_in(&c, 2))
		fill(&c, add_tag(2 + (uint32_t)below(&c, 2) * 18, 8 + 13) + 8, 13);
	if (once_in(&c, 3))
		fill(&c, add_tag(8, 38) + 8, 30);
	if (once_in(&c, 2))
		add_firmware_tags();
	wanted.module_count = (uint32_t)below(&c, BOOT_MAX_MODULES + 1);
	for (unsigned i = 0; i < wanted.module_count; i++)
		fits = add_module_tag(i) && fits;
	if (!once_in(&c, 8))
		add_map_tag();
	add_tag(0, 8);
	put_number(information, information_size, 4);
	*address = somewhere();
	lay_bytes(*address, information, information_size);
	return fits;
}

#endif
