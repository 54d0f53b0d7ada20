/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the shim leaves a Xen PV guest: frames get the pfns that the next kernel expects, tables are built and pinned, and a
 * trampoline that old and new tables both map switches from one to the other.
 *
 * Every frame of a table must lose its last writable mapping before Xen takes it for one, so each is sealed in the old
 * tables; in the new ones it was never writable.  The old tables, the shim in them, and shared_info's mapping go when
 * they are unpinned.
 */
#include <core/check.h>
#include <core/fatal.h>
#include <pv/xen/hypercall.h>
#include <pv/xen/pv.h>
#include <pv/xen/pv_tables.h>

#include <string.h>
#include <xen/arch-x86/cpuid.h>

#define UPDATES 256
/* Where the operands lie in the trampoline's page and, at the same offset, in the page of the next kernel's stack. */
#define OPERANDS 2048

extern const char xen_pv_leave_start[], xen_pv_leave_last[], xen_pv_leave_end[];

struct trampoline {
	/* The page, where it can be written and where both tables will map it; and the entry for the top table. */
	uint8_t *page;
	va_t address;
	unsigned slot;
	uint64_t entry;
};

static void must(struct error error)
{
	if (failed(error))
		fatal(error);
}

static uint64_t machine_address(const void *page)
{
	return xen_pv_frame((pfn_t){ (uint64_t)page >> PAGE_SHIFT }).v << PAGE_SHIFT;
}

/* A slot of the top table in which neither the new tables nor ours, which are at the bottom, have anything. */
static unsigned free_slot(const struct xen_pv_leave *leave)
{
	uint64_t base = leave->virtual_base.v, p2m = leave->p2m_address.v;
	struct range mapping = { base, base + leave->mapped_pages * PAGE_SIZE }, list = { 0, 0 };

	if (leave->has_p2m_address)
		list = (struct range){ p2m, p2m + leave->p2m_pages * PAGE_SIZE };
	return xen_pv_free_slot(mapping, list);
}

static struct trampoline map_trampoline(const struct xen_pv_leave *leave)
{
	unsigned slot = free_slot(leave);
	struct trampoline trampoline = { .page = (uint8_t *)xen_pv_take_page(), .slot = slot,
					 .address = va((uint64_t)slot << 39) };
	uint64_t entry = machine_address(trampoline.page) | XEN_PTE_PRESENT | XEN_PTE_ACCESSED;

	for (unsigned level = 0; level < 3; level++) {
		uint64_t *table = xen_pv_take_page();

		table[0] = entry;
		must(xen_pv_seal_table(table));
		entry = machine_address(table) | XEN_PTE_TABLE;
	}
	must(xen_pv_set_top(slot, entry));
	trampoline.entry = entry;
	return trampoline;
}

static struct mmu_update updates[UPDATES];
static unsigned update_count;

static void flush_updates(void)
{
	if (update_count == 0)
		return;
	must(xen_result("mmu_update",
			xen_hypercall(__HYPERVISOR_mmu_update, (uint64_t)updates, update_count, 0, DOMID_SELF)));
	update_count = 0;
}

/* Tells Xen a frame's new number (machine_to_phys_mapping). */
static void tell_number(uint64_t pfn)
{
	updates[update_count++] = (struct mmu_update){ xen_pv_p2m()[pfn] << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn };
	if (update_count == UPDATES)
		flush_updates();
}

static void relabel(const struct xen_pv_leave *leave)
{
	xen_pv_relabel(xen_pv_p2m(), leave->from, leave->page_count);
	for (uint64_t i = 0; i < leave->page_count; i++) {
		if (leave->from[i] == i)
			continue;
		tell_number(i);
		if (leave->from[i] >= leave->page_count)
			tell_number(leave->from[i]);
	}
	flush_updates();
}

/* Pages keep the addresses that their old numbers gave them, as long as the old tables are in use. */
static void *old_address(const struct xen_pv_leave *leave, pfn_t pfn)
{
	return (void *)((uint64_t)leave->from[pfn.v] << PAGE_SHIFT);
}

static uint64_t *new_table(const void *context, uint64_t index)
{
	const struct xen_pv_leave *leave = context;

	return old_address(leave, (pfn_t){ leave->tables.v + index });
}

static void reach(const struct xen_pv_leave *leave, pfn_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t page = (uint64_t)leave->from[first.v + i] << PAGE_SHIFT;

		if (!xen_pv_reach((struct range){ page, page + PAGE_SIZE }))
			fatal(error_make(ERROR_REACH, NULL, 0, page));
		memset((void *)page, 0, PAGE_SIZE);
	}
}

static void build_tables(const struct xen_pv_leave *leave, const struct trampoline *trampoline)
{
	struct xen_pv_builder builder = {
		.p2m = xen_pv_p2m(),
		.first = leave->tables,
		.count = leave->table_count,
		.table = new_table,
		.context = leave,
	};

	xen_pv_build(&builder, leave->virtual_base, (pfn_t){ 0 }, leave->mapped_pages);
	if (leave->has_p2m_address)
		xen_pv_build(&builder, leave->p2m_address, leave->p2m, leave->p2m_pages);
	new_table(leave, 0)[trampoline->slot] = trampoline->entry;
	for (uint64_t i = 0; i < leave->table_count; i++)
		must(xen_pv_map(va((uint64_t)new_table(leave, i)), (mfn_t){ builder.p2m[leave->tables.v + i] },
				XEN_PTE_PRESENT | XEN_PTE_ACCESSED | XEN_PTE_NO_EXECUTE));
}

/*
 * Xen itself writes the page, so that it holds what Xen's builders would have put there, whatever this Xen's calls look
 * like.  The MSR is emulated for PV guests as for HVM ones (guest_wrmsr_xen()); it takes the machine frame here, and
 * nothing is latched.  What Xen does not take raises #GP, and ends in an error block.
 */
static void fill_hypercall_page(const struct xen_pv_leave *leave)
{
	if (leave->has_hypercall_page)
		write_msr(xen_pv_cpuid(XEN_CPUID_LEAF(2), 0).ebx, xen_pv_p2m()[leave->hypercall_page.v] << PAGE_SHIFT);
}

static void pin(mfn_t table)
{
	struct mmuext_op operation = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = table.v };

	must(xen_result("MMUEXT_PIN_L4_TABLE",
			xen_hypercall(__HYPERVISOR_mmuext_op, (uint64_t)&operation, 1, 0, DOMID_SELF)));
}

/* The second half lies in the kernel's own stack page, well below what it pushes first. */
static void fill_stack(const struct xen_pv_leave *leave, const struct trampoline *trampoline, mfn_t top)
{
	uint8_t *page = old_address(leave, leave->stack);
	struct mmu_update unmap = { (top.v << PAGE_SHIFT) + trampoline->slot * sizeof(uint64_t), 0 };

	memcpy(page, xen_pv_leave_last, (size_t)(xen_pv_leave_end - xen_pv_leave_last));
	memcpy(page + OPERANDS, &unmap, sizeof(unmap));
}

static void fill_trampoline(struct trampoline *trampoline, mfn_t old_top, mfn_t top)
{
	struct mmuext_op operations[2] = {
		{ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = top.v },
		{ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = old_top.v },
	};

	memcpy(trampoline->page, xen_pv_leave_start, (size_t)(xen_pv_leave_last - xen_pv_leave_start));
	memcpy(trampoline->page + OPERANDS, operations, sizeof(operations));
}

_Noreturn void machine_leave_xen_pv(const struct xen_pv_leave *leave)
{
	mfn_t old_top = xen_pv_top(), top;
	uint64_t stack = leave->virtual_base.v + (leave->stack.v << PAGE_SHIFT);
	struct trampoline trampoline = map_trampoline(leave);

	reach(leave, leave->tables, leave->table_count);
	reach(leave, leave->stack, 1);
	relabel(leave);
	fill_hypercall_page(leave);
	build_tables(leave, &trampoline);
	top = (mfn_t){ xen_pv_p2m()[leave->tables.v] };
	pin(top);
	fill_stack(leave, &trampoline, top);
	fill_trampoline(&trampoline, old_top, top);
	xen_pv_retire(va(stack + PAGE_SIZE));

	register uint64_t start_info asm("r12") = leave->start_info.v;
	register uint64_t entry asm("r13") = leave->entry.v;
	register uint64_t stack_end asm("r14") = stack + PAGE_SIZE;
	register uint64_t unmap asm("r15") = stack + OPERANDS;
	asm volatile("movq %[last], %%rbp\n\t"
		     "jmpq *%[first]"
		     : : "b"(trampoline.address.v + OPERANDS), [last] "r"(stack), [first] "a"(trampoline.address.v),
		       "r"(start_info), "r"(entry), "r"(stack_end), "r"(unmap)
		     : "memory");
	__builtin_unreachable();
}
