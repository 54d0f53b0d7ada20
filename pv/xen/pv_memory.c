/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address space of a Xen PV guest.  Xen keeps the page tables: a guest sees them read-only, holds machine frames in
 * them, and changes them by hypercall.  (xen/include/public/xen.h: HYPERVISOR_mmu_update, HYPERVISOR_update_va_mapping.)
 */
#include <arch/x86/layout.h>
#include <core/check.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/pv.h>

#include <string.h>

#define ENTRIES XEN_PTE_ENTRIES
#define INDEX(address, level) XEN_PTE_INDEX(address, level)
#define SPAN_OF_TABLE (ENTRIES * PAGE_SIZE)

/* Tables for 4 GiB, or for all there is: what is touched is a kernel, an initrd and memory to unpack in. */
#define MOST_TABLES 2048
/* Tables above these (a gigabyte each), the alias of the text, and the trampoline. */
#define MORE_TABLES 16
/* What the trampoline takes: its page and three tables. */
#define LEAVE_TABLES 4
/* Of the slack: tables that map all of the pool, which may begin in one gigabyte and end in the next. */
#define LEAST_SLACK 8
/* Frame numbers have at most 40 bits (SDM volume 3A, section 4.1.4). */
#define FRAME_END (UINT64_C(1) << 40)

/* Made by the link script and by head.S; addresses only. */
extern const char text_start[], text_end[], rodata_start[], rodata_end[], boot_stack_guard[];

/* Pages between two ends, given out from the first. */
struct pages {
	uint64_t next;
	uint64_t end;
};

static uint64_t *p2m;
static uint64_t page_count;
static uint64_t *top;
/*
 * What the builder mapped behind its stack (512 KiB at least), and the highest memory: the former maps the latter.  Both
 * are mapped once the memory has started.
 */
static struct pages slack, pool;

uint64_t *xen_pv_p2m(void) { return p2m; }
mfn_t xen_pv_frame(pfn_t pfn) { return (mfn_t){ pfn.v < page_count ? p2m[pfn.v] : UINT64_MAX }; }
pfn_t xen_pv_page_of(mfn_t frame) { return (pfn_t){ ((const uint64_t *)MACH2PHYS_VIRT_START)[frame.v] }; }

static mfn_t frame_of(const void *page) { return xen_pv_frame((pfn_t){ (uint64_t)page >> PAGE_SHIFT }); }
static uint64_t machine_address(const void *at)
{
	return frame_of(at).v << PAGE_SHIFT | ((uint64_t)at & PAGE_MASK);
}

mfn_t xen_pv_top(void) { return frame_of(top); }

static struct error write_entries(const struct mmu_update *update, uint64_t count)
{
	return xen_result("mmu_update", xen_hypercall(__HYPERVISOR_mmu_update, (uint64_t)update, count, 0, DOMID_SELF));
}

static struct error write_entry(uint64_t *entry, uint64_t value)
{
	struct mmu_update update = { machine_address(entry) | MMU_NORMAL_PT_UPDATE, value };

	return write_entries(&update, 1);
}

struct error xen_pv_set_top(unsigned slot, uint64_t entry) { return write_entry(&top[slot], entry); }

struct error xen_pv_map(va_t address, mfn_t frame, uint64_t rights)
{
	int64_t result = xen_hypercall(__HYPERVISOR_update_va_mapping, address.v, frame.v << PAGE_SHIFT | rights,
				       UVMF_INVLPG, 0);

	return xen_result("update_va_mapping", result);
}

struct error xen_pv_seal_table(const uint64_t *table)
{
	return xen_pv_map(va((uint64_t)table), frame_of(table), XEN_PTE_PRESENT | XEN_PTE_ACCESSED | XEN_PTE_NO_EXECUTE);
}

/* The table that an entry points to, where we have it mapped. */
static uint64_t *table_of(uint64_t entry)
{
	mfn_t frame = { (entry & XEN_PTE_FRAME) >> PAGE_SHIFT };

	return (uint64_t *)(xen_pv_page_of(frame).v << PAGE_SHIFT);
}

/* The entry for an address at a level (0: pages), or NULL where a table above it is missing. */
static uint64_t *find_entry(uint64_t address, unsigned level)
{
	uint64_t *table = top;

	for (unsigned above = 3; above > level; above--) {
		uint64_t entry = table[INDEX(address, above)];

		if (!(entry & XEN_PTE_PRESENT))
			return NULL;
		table = table_of(entry);
	}
	return &table[INDEX(address, level)];
}

static bool is_mapped(uint64_t address)
{
	uint64_t *entry = find_entry(address, 0);

	return entry && (*entry & XEN_PTE_PRESENT);
}

static bool has_pages(const struct pages *pages, unsigned count)
{
	return pages->end - pages->next >= count * PAGE_SIZE;
}

static uint64_t *pages_take(struct pages *pages)
{
	uint64_t *page = (uint64_t *)pages->next;

	CHECK(has_pages(pages, 1));
	pages->next += PAGE_SIZE;
	memset(page, 0, PAGE_SIZE);
	return page;
}

/* Puts a filled table into the one above it, and makes the tables between them from `from`. */
static struct error hook(uint64_t address, uint64_t *table, struct pages *from)
{
	for (unsigned level = 1; level <= 3; level++) {
		uint64_t *entry = find_entry(address, level);

		TRY(xen_pv_seal_table(table));
		if (entry)
			return write_entry(entry, machine_address(table) | XEN_PTE_TABLE);
		uint64_t *above = pages_take(from);
		above[INDEX(address, level)] = machine_address(table) | XEN_PTE_TABLE;
		table = above;
	}
	return error_none();
}

/* Maps the 2 MiB around an address, where the builder's map does not have them. */
static struct error map_block(uint64_t address, struct pages *from)
{
	uint64_t start = round_down(address, SPAN_OF_TABLE);
	uint64_t *table = pages_take(from);

	for (unsigned i = 0; i < ENTRIES; i++) {
		mfn_t frame = xen_pv_frame((pfn_t){ (start >> PAGE_SHIFT) + i });

		if (frame.v != UINT64_MAX)
			table[i] = frame.v << PAGE_SHIFT | XEN_PTE_PAGE | XEN_PTE_NO_EXECUTE;
	}
	return hook(start, table, from);
}

static struct error map_pool(void)
{
	for (uint64_t at = pool.next; at < pool.end; at += PAGE_SIZE)
		if (!is_mapped(at))
			TRY(map_block(at, &slack));
	return error_none();
}

uint64_t *xen_pv_take_page(void) { return pages_take(&pool); }

bool xen_pv_reach(struct range range)
{
	if (range_empty(range) || range.end > page_count << PAGE_SHIFT)
		return false;
	for (uint64_t at = round_down(range.start, SPAN_OF_TABLE); at < range.end; at += SPAN_OF_TABLE) {
		uint64_t *entry = find_entry(at, 1);

		if (entry && (*entry & XEN_PTE_PRESENT))
			continue;
		/* Two tables at most: one for the pages, and one above it for a new gigabyte. */
		if (!has_pages(&pool, 2 + LEAVE_TABLES) || failed(map_block(at, &pool)))
			return false;
	}
	return true;
}

static bool inside(uint64_t address, const char *start, const char *end)
{
	return address >= (uint64_t)start && address < (uint64_t)end;
}

/* The rights of one page of the block that the shim lies in (the link script asserts that it is one). */
static uint64_t rights_of(uint64_t address)
{
	if (address == (uint64_t)boot_stack_guard)
		return 0;
	if (inside(address, text_start, text_end))
		return XEN_PTE_PRESENT | XEN_PTE_ACCESSED;
	if (inside(address, rodata_start, rodata_end))
		return XEN_PTE_PRESENT | XEN_PTE_ACCESSED | XEN_PTE_NO_EXECUTE;
	return XEN_PTE_PAGE | XEN_PTE_NO_EXECUTE;
}

/* Never both writable and executable: page by page around the shim, and whole blocks elsewhere. */
static struct error narrow(uint64_t mapped_end)
{
	static struct mmu_update update[ENTRIES];
	uint64_t *entry = find_entry(0, 0);
	uint64_t start = SPAN_OF_TABLE;

	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t rights = rights_of(i * PAGE_SIZE);

		/* What the builder left read-only is a page table, and stays read-only. */
		if (!(entry[i] & XEN_PTE_WRITE))
			rights &= ~XEN_PTE_WRITE;
		if (!(entry[i] & XEN_PTE_PRESENT))
			rights = 0;
		update[i].ptr = machine_address(&entry[i]) | MMU_NORMAL_PT_UPDATE;
		update[i].val = rights ? (entry[i] & XEN_PTE_FRAME) | rights : 0;
	}
	TRY(write_entries(update, ENTRIES));
	for (; start < mapped_end; start += SPAN_OF_TABLE) {
		uint64_t *block = find_entry(start, 1);

		TRY(write_entry(block, *block | XEN_PTE_NO_EXECUTE));
	}
	return error_none();
}

static struct error make_alias(void)
{
	uint64_t *table = pages_take(&pool);

	for (uint64_t at = (uint64_t)text_start; at < (uint64_t)text_end; at += PAGE_SIZE)
		table[INDEX(at, 0)] = machine_address((void *)at) | XEN_PTE_PAGE | XEN_PTE_NO_EXECUTE;
	return hook(TEXT_ALIAS_BASE, table, &pool);
}

/* Cuts what page tables are made of out of the memory map: the builder's slack, and the top of memory. */
static void reserve(struct memory_map *memory)
{
	struct region *bootstrap = &memory->region[1], *rest = &memory->region[2];

	bootstrap->size += range_size((struct range){ slack.next, slack.end });
	rest->start = slack.end;
	rest->size = pool.next - slack.end;
	memory->region[3] = (struct region){ pool.next, pool.end - pool.next, REGION_RESERVED };
	memory->count = 4;
}

static struct error wrong_list(uint64_t address)
{
	return error_make(ERROR_XEN_START_INFO, "the list of this domain's frames in", 0, address);
}

/*
 * Whether the list is what start_info says: mapped, with nothing in it but frames, none of them shared_info's, and for
 * each page that the builder mapped the frame that is mapped there.
 */
static struct error check_list(const struct start_info *start, uint64_t mapped_end)
{
	uint64_t size = page_count * sizeof(*p2m), shared = start->shared_info >> PAGE_SHIFT;

	for (uint64_t at = 0; at < size; at += PAGE_SIZE)
		if (!is_mapped(start->mfn_list + at))
			return wrong_list(start->mfn_list + at);
	for (uint64_t i = 0; i < page_count; i++)
		if (p2m[i] >= FRAME_END || p2m[i] == shared)
			return wrong_list((uint64_t)&p2m[i]);
	for (uint64_t at = 0; at < mapped_end; at += PAGE_SIZE) {
		const uint64_t *entry = find_entry(at, 0);

		if (entry && (*entry & XEN_PTE_PRESENT) && (*entry & XEN_PTE_FRAME) >> PAGE_SHIFT != p2m[at >> PAGE_SHIFT])
			return wrong_list((uint64_t)&p2m[at >> PAGE_SHIFT]);
	}
	return error_none();
}

/* Divides what lies behind the builder's stack, mapped or not. */
static struct error find_pages(uint64_t stack_end, uint64_t mapped_end)
{
	uint64_t end = page_count << PAGE_SHIFT, needed;
	uint64_t tables = (end - mapped_end) / SPAN_OF_TABLE + MORE_TABLES;

	if (tables > MOST_TABLES)
		tables = MOST_TABLES;
	needed = stack_end + (LEAST_SLACK + tables) * PAGE_SIZE;
	if (needed > end)
		return error_make(ERROR_XEN_MEMORY, NULL, needed / KIB, end / KIB);
	pool = (struct pages){ end - tables * PAGE_SIZE, end };
	slack = (struct pages){ stack_end, mapped_end < pool.next ? mapped_end : pool.next };
	if (!has_pages(&slack, LEAST_SLACK))
		return error_make(ERROR_XEN_START_INFO, "512 KiB mapped behind the stack that comes with", 0, stack_end);
	return error_none();
}

void xen_pv_memory_look(void)
{
	top = (uint64_t *)(xen_pv_page_of((mfn_t){ read_cr3() >> PAGE_SHIFT }).v << PAGE_SHIFT);
}

pfn_t xen_pv_ring(const struct start_info *start, mfn_t frame)
{
	for (uint64_t at = (uint64_t)start + PAGE_SIZE; at < (uint64_t)top; at += PAGE_SIZE) {
		const uint64_t *entry = find_entry(at, 0);

		if (!entry || !(*entry & XEN_PTE_PRESENT))
			break;
		if ((*entry & XEN_PTE_FRAME) >> PAGE_SHIFT == frame.v && (*entry & XEN_PTE_WRITE))
			return (pfn_t){ at >> PAGE_SHIFT };
	}
	return (pfn_t){ 0 };
}

struct error xen_pv_memory_start(struct boot_info *info)
{
	const struct start_info *start = info->xen_pv.start_info;
	uint64_t stack_end = info->memory.region[2].start, mapped_end = stack_end;

	p2m = (uint64_t *)start->mfn_list;
	page_count = start->nr_pages;
	while (mapped_end < page_count << PAGE_SHIFT && is_mapped(mapped_end))
		mapped_end += PAGE_SIZE;
	TRY(check_list(start, mapped_end));
	TRY(find_pages(stack_end, mapped_end));
	reserve(&info->memory);
	TRY(narrow(mapped_end));
	TRY(map_pool());
	return make_alias();
}
