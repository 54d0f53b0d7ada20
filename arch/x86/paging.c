/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables (SDM volume 3A, section 4.5): an identity map, W^X, and a writable alias of the text.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/paging.h>
#include <arch/x86/reach.h>

#define PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define ENTRIES 512
#define SMALL_SHIFT 12
#define LARGE_SHIFT 21
#define HUGE_SHIFT  30
/* Gigabytes above 4 that a CPU without 1 GiB pages can reach: kernel, initrd and loader data need a handful. */
#define SPARE_DIRECTORIES 12
/* Slots of 512 GiB that registers of devices may lie in above the first: firmware has one window for them, or a few. */
#define SPARE_POINTERS 4
#define SLOT_SHIFT 39

typedef uint64_t page_table[ENTRIES];

/* Made by head.S. */
extern page_table page_map, page_directory_pointers, page_directory[4];
/* Made by the link script; addresses only. */
extern const char text_start[], text_end[], rodata_start[], rodata_end[], boot_stack_guard[];

static page_table low_pages __attribute__((aligned(4096)));
static page_table alias_pointers __attribute__((aligned(4096)));
static page_table alias_directory __attribute__((aligned(4096)));
static page_table alias_pages __attribute__((aligned(4096)));
static page_table spare_directory[SPARE_DIRECTORIES] __attribute__((aligned(4096)));
static page_table spare_pointers[SPARE_POINTERS] __attribute__((aligned(4096)));
static unsigned spare_used, pointers_used;

static uint64_t table_entry(const void *table) { return (uint64_t)table | PTE_PRESENT | PTE_WRITE; }

static bool inside(uint64_t address, const char *start, const char *end)
{
	return address >= (uint64_t)start && address < (uint64_t)end;
}

/* The rights of one small page of the first 2 MiB, where the whole image lies (the link script asserts it). */
static uint64_t low_page(uint64_t address)
{
	if (address == (uint64_t)boot_stack_guard)
		return 0;
	/* Page 0 is read-only: QEMU's start_info keeps the memory map here, and old BIOS data is here too. */
	if (address == 0)
		return address | PTE_PRESENT | PTE_NO_EXECUTE;
	if (inside(address, text_start, text_end))
		return address | PTE_PRESENT;
	if (inside(address, rodata_start, rodata_end))
		return address | PTE_PRESENT | PTE_NO_EXECUTE;
	return address | PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE;
}

void paging_start(void)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t address = (uint64_t)i << SMALL_SHIFT;

		low_pages[i] = low_page(address);
		if (inside(address, text_start, text_end))
			alias_pages[i] = address | PTE_PRESENT | PTE_WRITE | PTE_NO_EXECUTE;
	}
	/*
	 * We run from the first 2 MiB, so their entry goes from one right value to another in one store: the CPU may forget
	 * the old translation at any instruction, and does when a hypervisor runs something else.
	 */
	page_directory[0][0] = table_entry(low_pages);
	for (unsigned i = 1; i < 4 * ENTRIES; i++)
		page_directory[i / ENTRIES][i % ENTRIES] |= PTE_NO_EXECUTE;

	alias_directory[0] = table_entry(alias_pages);
	alias_pointers[0] = table_entry(alias_directory);
	page_map[TEXT_ALIAS_BASE >> SLOT_SHIFT & (ENTRIES - 1)] = table_entry(alias_pointers);
	write_cr3((uint64_t)page_map);
}

bool paging_has_huge_pages(void)
{
	return cpuid(0x80000001, 0).edx & 1u << 26;
}

/* The entry of a gigabyte in the table of its slot, which is made when it is not there; NULL when there is none to make. */
static uint64_t *entry_of(uint64_t gib)
{
	uint64_t *slot = &page_map[gib / ENTRIES];

	if (!(*slot & PTE_PRESENT)) {
		if (pointers_used == SPARE_POINTERS)
			return NULL;
		*slot = table_entry(spare_pointers[pointers_used++]);
	}
	return (uint64_t *)(*slot & ~PAGE_MASK) + gib % ENTRIES;
}

static bool map_gigabyte(uint64_t gib, uint64_t caching)
{
	const uint64_t rights = PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_NO_EXECUTE | caching;
	uint64_t *entry = entry_of(gib);

	if (!entry)
		return false;
	if (*entry & PTE_PRESENT)
		return true;
	if (paging_has_huge_pages()) {
		*entry = gib << HUGE_SHIFT | rights;
		return true;
	}
	if (spare_used == SPARE_DIRECTORIES)
		return false;
	uint64_t *directory = spare_directory[spare_used++];
	for (uint64_t i = 0; i < ENTRIES; i++)
		directory[i] = gib << HUGE_SHIFT | i << LARGE_SHIFT | rights;
	*entry = table_entry(directory);
	return true;
}

static bool map(struct range range, uint64_t end, uint64_t caching)
{
	if (range_empty(range) || range.end > end)
		return false;
	for (uint64_t gib = range.start >> HUGE_SHIFT; gib <= (range.end - 1) >> HUGE_SHIFT; gib++)
		if (!map_gigabyte(gib, caching))
			return false;
	return true;
}

bool paging_reach(struct range range) { return map(range, GIB * ENTRIES, 0); }

/* Bits above those of the CPU's addresses are reserved in an entry (SDM volume 3A, sections 4.1.4 and 4.5.4). */
static uint64_t address_end(void)
{
	uint64_t bits = 36;

	if (cpuid(0x80000000, 0).eax >= 0x80000008)
		bits = cpuid(0x80000008, 0).eax & 0xff;
	return bits < PAGING_REGISTERS_BITS ? UINT64_C(1) << bits : PAGING_REGISTERS_END;
}

bool paging_reach_registers(struct range range) { return map(range, address_end(), PTE_UNCACHED); }

struct span reach_memory(uint64_t address, uint64_t size)
{
	struct range range;

	if (!range_make(address, size, &range) || address == 0 || !paging_reach(range))
		return span(NULL, 0);
	return span((const void *)address, size);
}
