/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <core/check.h>
#include <efi/firmware.h>
#include <efi/quiet.h>

#include <string.h>

#define CR4_LA57 (UINT64_C(1) << 12)
#define PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)
#define MSR_SEV_STATUS 0xc0010131
#define ENTRIES 512
#define ENTRY_BITS 9
/* The top one, one level more under 5-level paging, and two of each of the others where the text crosses their border. */
#define TABLES 8

/* Made by the link script. */
extern const char text_start[], text_end[];

static uint64_t tables[TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned tables_used;
/* The bit of an entry that says that the page is encrypted; 0 where none is. */
static uint64_t encrypted;

/* What is firmware's. */
static struct {
	bool kept;
	EFI_TPL level;
	uint64_t top_table;
} firmwares;

static uint64_t read_cr4(void)
{
	uint64_t value;

	asm volatile("movq %%cr4, %0" : "=r"(value));
	return value;
}

/* Where memory is encrypted by AMD's SEV: its bit, by CPUID leaf 0x8000001f, if its status register says that it is on (APM volume 2, 15.34). */
static uint64_t encryption_bit(void)
{
	struct cpuid sev = { 0 };

	if (cpuid(0x80000000, 0).eax >= 0x8000001f)
		sev = cpuid(0x8000001f, 0);
	return (sev.eax & 2) && (read_msr(MSR_SEV_STATUS) & 1) ? UINT64_C(1) << (sev.ebx & 63) : 0;
}

/* Maps a page of the text a second time, in tables of our own below the top one. */
static void map_alias(uint64_t page, unsigned shift)
{
	const uint64_t address = TEXT_ALIAS_BASE + page;
	uint64_t *table = tables[0];

	for (; shift > PAGE_SHIFT; shift -= ENTRY_BITS) {
		uint64_t *entry = &table[address >> shift & (ENTRIES - 1)];

		if (*entry == 0) {
			CHECK(tables_used < TABLES);
			*entry = (uint64_t)tables[tables_used++] | encrypted | PTE_PRESENT | PTE_WRITE;
		}
		table = (uint64_t *)(*entry & PTE_ADDRESS & ~encrypted);
	}
	table[address >> PAGE_SHIFT & (ENTRIES - 1)] =
		page | encrypted | PTE_PRESENT | PTE_WRITE | (read_msr(MSR_EFER) & EFER_NXE ? PTE_NO_EXECUTE : 0);
}

static void load_tables(void)
{
	const unsigned shift = read_cr4() & CR4_LA57 ? 48 : 39;

	encrypted = encryption_bit();
	firmwares.top_table = read_cr3();
	memset(tables, 0, sizeof(tables));
	memcpy(tables[0], (const void *)(firmwares.top_table & PTE_ADDRESS & ~encrypted), sizeof(tables[0]));
	/* Nobody else uses the upper half of the addresses, where the alias is. */
	tables[0][(TEXT_ALIAS_BASE + (uint64_t)text_start) >> shift & (ENTRIES - 1)] = 0;
	tables_used = 1;
	for (uint64_t page = (uint64_t)text_start; page < (uint64_t)text_end; page += PAGE_SIZE)
		map_alias(page, shift);
	write_cr3((uint64_t)tables[0] | encrypted | (firmwares.top_table & ~PTE_ADDRESS));
}

void quiet_begin(void)
{
	firmwares.level = firmware.services->RaiseTPL(TPL_NOTIFY);
	asm volatile("cli" : : : "memory");
	load_tables();
	firmwares.kept = true;
}

void quiet_end(void)
{
	asm volatile("cli" : : : "memory");
	firmwares.kept = false;
	write_cr3(firmwares.top_table);
	asm volatile("sti" : : : "memory");
	firmware.services->RestoreTPL(firmwares.level);
}

void quiet_abandon(void)
{
	if (firmwares.kept)
		quiet_end();
}
