/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initial page tables: all of [VIRT_BASE, mapping_end) and of the P2M range is mapped to what it must be, nothing
 * else is, no table can be written to, and no entry that is not present leaves address bits for the CPU to guess from.
 *
 * Two walks: only the second knows of every page whether it is a table.
 */
#include "pv.h"

#define ENTRIES 512u
/* Slots of the L4 table that are Xen's own (HYPERVISOR_VIRT_START and _END). */
#define XEN_FIRST 256u
#define XEN_END   272u
#define MAX_PAGES (8u << 20)

uint64_t mapping_end;

static uint64_t table_slot[5][PAGE / 8] SCRATCH;
static uint8_t table_bits[MAX_PAGES / 8];

struct tally {
	uint64_t count, first;
};

static struct walk {
	uint64_t tables, tables_inside, p2m_pages;
	/* Where the second walk makes a second mapping of an L1 table, for a fault: an unused entry and a used one. */
	uint64_t unused_entry, used_value;
	struct tally stray, displaced, exposed, read_only, not_executable, leftover, elsewhere;
} walk;

static void note(struct tally *tally, uint64_t address)
{
	if (tally->count++ == 0)
		tally->first = address;
}

static void report(const struct tally *tally, const char *format)
{
	if (tally->count)
		wrong(format, tally->count, tally->first);
}

static bool is_table(uint64_t pfn) { return pfn < MAX_PAGES && table_bits[pfn / 8] >> pfn % 8 & 1; }

static bool inside(enum element which, uint64_t pfn) { return layout[which].start <= pfn && pfn < layout[which].end; }

static void judge_table(uint64_t mfn)
{
	uint64_t pfn = page_of(mfn);

	if (pfn < MAX_PAGES)
		table_bits[pfn / 8] |= (uint8_t)(1u << pfn % 8);
	walk.tables++;
	walk.tables_inside += inside(TABLES, pfn);
	if (!inside(TABLES, pfn) && !(P2M_BASE && inside(P2M, pfn)))
		note(&walk.elsewhere, mfn);
}

/* How much of the P2M list has a range of its own. */
static uint64_t p2m_range(void) { return P2M_BASE ? (info.nr_pages * 8 + PAGE - 1) / PAGE * PAGE : 0; }

/*
 * One after the other from VIRT_BASE.  The pages of the P2M list may come in any order: that they are the right ones is
 * seen from what they hold.
 */
static void judge_place(uint64_t address, uint64_t mfn)
{
	if (address == mapping_end) {
		mapping_end += PAGE;
		if (mfn != frame_of(page_at(address)))
			note(&walk.displaced, address);
	} else if (address - P2M_BASE < p2m_range()) {
		walk.p2m_pages++;
		if (!inside(P2M, page_of(mfn)))
			note(&walk.displaced, address);
	} else {
		note(&walk.stray, address);
	}
}

static void judge_page(uint64_t address, uint64_t entry)
{
	uint64_t mfn = (entry & PTE_ADDRESS) / PAGE;
	bool table = is_table(page_of(mfn));

	if (address >= (uintptr_t)scratch_start && address < (uintptr_t)scratch_end) {
		mapping_end += address == mapping_end ? PAGE : 0;
		return;
	}
	judge_place(address, mfn);
	if (table && (entry & PTE_WRITABLE || fault("exposed")))
		note(&walk.exposed, address);
	if (!table && !(entry & PTE_WRITABLE))
		note(&walk.read_only, address);
	if (entry & PTE_NX && address >= (uintptr_t)image_start && address < (uintptr_t)image_end)
		note(&walk.not_executable, address);
}

/* Xen maps the P2M list of a large dom0 by large pages. */
static void judge_pages(uint64_t address, uint64_t entry, unsigned level)
{
	uint64_t count = UINT64_C(1) << 9 * (level - 1);

	entry &= ~(PTE_ADDRESS & (count * PAGE - 1));
	for (uint64_t i = 0; i < count; i++)
		judge_page(address + i * PAGE, entry + i * PAGE);
}

static void walk_table(uint64_t mfn, unsigned level, uint64_t base)
{
	const volatile uint64_t *table = table_slot[level];

	judge_table(mfn);
	if (map_frame(table_slot[level], mfn, false) || fault("unreadable")) {
		wrong("a page table cannot be read: frame %llx", mfn);
		return;
	}
	for (uint64_t i = 0; i < ENTRIES; i++) {
		uint64_t entry = table[i], address = base + (i << (3 + 9 * level));

		if (level == 4 && i >= XEN_FIRST && i < XEN_END)
			continue;
		if (level == 4 && i >= ENTRIES / 2)
			address |= UINT64_C(0xffff) << 48;
		if (!(entry & PTE_PRESENT)) {
			if (entry & PTE_ADDRESS)
				note(&walk.leftover, address);
			if (level == 2)
				walk.unused_entry = mfn * PAGE + 8 * i;
		} else if (level == 1 || entry & PTE_LARGE) {
			judge_pages(address, entry, level);
		} else {
			if (level == 2)
				walk.used_value = entry;
			walk_table((entry & PTE_ADDRESS) / PAGE, level - 1, address);
		}
	}
}

static void walk_all(void)
{
	walk = (struct walk){ .unused_entry = walk.unused_entry, .used_value = walk.used_value };
	mapping_end = VIRT_BASE;
	walk_table(frame_of(page_at(info.pt_base)), 4, 0);
}

/* Between the walks.  The last page of the mapping lies after the stack, where nothing is. */
static void make_faults(void)
{
	uint64_t last = mapping_end - PAGE, own = frame_of(page_at(last)) * PAGE;
	struct mmu_update stray = { walk.unused_entry, walk.used_value };

	if (fault("stray") && hypercall4(__HYPERVISOR_mmu_update, (uintptr_t)&stray, 1, 0, DOMID_SELF))
		fact("no stray mapping could be made");
	if (fault("displaced"))
		map_entry(last, frame_of(page_at(last) - 1) * PAGE | PTE_WRITE);
	if (fault("read-only"))
		map_entry(last, own | PTE_READ);
	if (fault("no-execute"))
		map_entry((uintptr_t)image_end - PAGE, frame_of(page_at((uintptr_t)image_end - PAGE)) * PAGE | PTE_WRITE | PTE_NX);
	if (fault("hole"))
		map_entry(last - PAGE, 0);
	if (fault("short"))
		map_entry(last, 0);
	if (fault("leftover"))
		map_entry(last, own | PTE_WRITABLE);
	if (fault("elsewhere"))
		layout[TABLES].end--;
	if (fault("unreached"))
		layout[TABLES].end++;
}

static uint64_t read_cr3(void)
{
	uint64_t value;

	/* Privileged; Xen answers with the frame of the guest's own table. */
	__asm__ volatile("movq %%cr3, %0" : "=r"(value));
	return value;
}

/* The tables must be in use, and pinned once. */
static void check_base(void)
{
	uint64_t mfn = frame_of(page_at(info.pt_base)), base = read_cr3() / PAGE;
	struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn };
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = mfn };

	if (fault("base"))
		base++;
	if (fault("unpinned"))
		hypercall4(__HYPERVISOR_mmuext_op, (uintptr_t)&unpin, 1, 0, DOMID_SELF);
	if (fault("unpinnable"))
		pin.arg1.mfn = frame_of(page_at((uintptr_t)image_start));
	if (base != mfn)
		wrong("pt_base is not the table in use: %llx", base);
	if (hypercall4(__HYPERVISOR_mmuext_op, (uintptr_t)&unpin, 1, 0, DOMID_SELF))
		wrong("the page tables are not pinned");
	if (hypercall4(__HYPERVISOR_mmuext_op, (uintptr_t)&pin, 1, 0, DOMID_SELF))
		wrong("the page tables cannot be pinned");
}

static void report_walk(void)
{
	uint64_t announced = layout[TABLES].end - layout[TABLES].start;
	uint64_t p2m_pages = p2m_range() / PAGE + (fault("p2m-range") ? 1 : 0);

	fact("%llx page tables, %llx of %llx from pt_base, %llx pages of p2m", walk.tables, walk.tables_inside, announced,
	     walk.p2m_pages);
	report(&walk.stray, "something is mapped where nothing must be: %llx, first %llx");
	report(&walk.displaced, "an address does not lead to its page: %llx, first %llx");
	report(&walk.exposed, "a page table is mapped writable: %llx, first %llx");
	report(&walk.read_only, "a page that is no table is mapped read-only: %llx, first %llx");
	report(&walk.not_executable, "a page of the kernel is not executable: %llx, first %llx");
	report(&walk.leftover, "an entry that is not present has an address: %llx, first %llx");
	report(&walk.elsewhere, "a page table is not among those from pt_base: %llx, first %llx");
	if (walk.tables_inside != announced)
		wrong("not every page from pt_base is a page table in use: %llx of %llx", walk.tables_inside, announced);
	if (walk.p2m_pages != p2m_pages)
		wrong("not all of the P2M list is mapped: %llx of %llx pages", walk.p2m_pages, p2m_pages);
}

void check_tables(void)
{
	walk_all();
	make_faults();
	walk_all();
	for (unsigned level = 0; level < 5; level++)
		map_own(table_slot[level]);
	report_walk();
	check_base();
}
