/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving: fills the workspace (trampoline, descriptor tables, moves, page tables) and enters the trampoline.
 *
 * The workspace's tables are not W^X: the 64-bit boot protocol of Linux asks for an identity map that the kernel may
 * both write and execute, and nothing of ours runs on them but the trampoline.
 */
#include <arch/x86/cpu.h>
#include <arch/x86/layout.h>
#include <arch/x86/paging.h>
#include <core/check.h>
#include <core/leave.h>

#include <stddef.h>
#include <string.h>

#define ENTRIES UINT64_C(512)
_Static_assert(LEAVE_TOP == ENTRIES * GIB, "one page of pointers, a gigabyte each");

extern const char leave_code_start[], leave_code_end[];

_Static_assert(sizeof(struct move) == 32, "leave.S steps by 32 bytes");
_Static_assert(offsetof(struct move, to) == 0 && offsetof(struct move, from) == 8 &&
	       offsetof(struct move, size) == 16 && offsetof(struct move, zero) == 24, "leave.S reads these");
_Static_assert(LEAVE_LINUX64 == 0, "leave.S tests the mode for zero");
_Static_assert(LEAVE_ORDERS_OFFSET + LEAVE_MAX_MOVES * sizeof(struct move) + 1024 <= LEAVE_STACK_OFFSET,
	       "moves and stack share a page");

/* Gigabytes that the tables must map so that everything below `top` and below 4 GiB is there. */
static uint64_t gigabytes(uint64_t top)
{
	uint64_t wanted = (top + GIB - 1) / GIB;

	return wanted < 4 ? 4 : wanted;
}

static uint64_t directory_pages(uint64_t top)
{
	return paging_has_huge_pages() ? 0 : gigabytes(top);
}

uint64_t leave_workspace_size(uint64_t top)
{
	CHECK(top <= LEAVE_TOP);
	return LEAVE_TABLES_OFFSET + (2 + directory_pages(top)) * PAGE_SIZE;
}

/* Returns the address of the root table; 2 MiB pages, or 1 GiB ones where the CPU has them. */
static uint64_t build_tables(uint64_t workspace, uint64_t top)
{
	uint64_t *root = (uint64_t *)(workspace + LEAVE_TABLES_OFFSET);
	uint64_t *pointers = root + ENTRIES;
	uint64_t *directory = pointers + ENTRIES;

	memset(root, 0, 2 * PAGE_SIZE);
	root[0] = (uint64_t)pointers | PTE_PRESENT | PTE_WRITE;
	for (uint64_t gib = 0; gib < gigabytes(top); gib++) {
		if (paging_has_huge_pages()) {
			pointers[gib] = gib * GIB | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
			continue;
		}
		pointers[gib] = (uint64_t)directory | PTE_PRESENT | PTE_WRITE;
		for (uint64_t i = 0; i < ENTRIES; i++)
			*directory++ = (gib * GIB + i * 2 * MIB) | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
	}
	return (uint64_t)root;
}

struct __attribute__((packed)) descriptor_pointer {
	uint16_t limit;
	uint64_t base;
};

/*
 * The table Linux asks for (CS 0x10, DS 0x18), 32-bit code for the way down, and the TSS that PVH promises its kernel:
 * 32-bit, base 0, limit 0x67.
 */
static void build_descriptors(uint64_t workspace)
{
	uint64_t *table = (uint64_t *)(workspace + LEAVE_GDT_OFFSET);

	table[0] = 0;
	table[SELECTOR_CODE32 / 8] = 0x00cf9b000000ffff;
	table[SELECTOR_CODE64 / 8] = 0x00af9b000000ffff;
	table[SELECTOR_DATA / 8] = 0x00cf93000000ffff;
	table[SELECTOR_TSS / 8] = 0x0000890000000067;
}

/* The highest address that a move touches. */
static uint64_t highest(const struct leave *leave)
{
	uint64_t top = leave->workspace.end;

	for (uint32_t i = 0; i < leave->move_count; i++) {
		const struct move *move = &leave->move[i];
		uint64_t to = move->to + move->size + move->zero;
		uint64_t from = move->from + move->size;

		top = to > top ? to : top;
		top = from > top ? from : top;
	}
	return top;
}

_Noreturn void machine_leave(const struct leave *leave)
{
	uint64_t workspace = leave->workspace.start;
	uint64_t top = highest(leave);

	CHECK(leave->move_count <= LEAVE_MAX_MOVES);
	CHECK((workspace & PAGE_MASK) == 0 && leave->workspace.end <= 4 * GIB);
	CHECK(range_size(leave->workspace) >= leave_workspace_size(top));

	memcpy((void *)workspace, leave_code_start, (size_t)(leave_code_end - leave_code_start));
	memcpy((void *)(workspace + LEAVE_ORDERS_OFFSET), leave->move, leave->move_count * sizeof(struct move));
	build_descriptors(workspace);
	uint64_t root = build_tables(workspace, top);
	struct descriptor_pointer gdt = { 5 * 8 - 1, workspace + LEAVE_GDT_OFFSET };
	struct descriptor_pointer no_idt = { 0, 0 };

	register uint64_t orders asm("r12") = workspace + LEAVE_ORDERS_OFFSET;
	register uint64_t count asm("r13") = leave->move_count;
	register uint64_t magic asm("r14") = leave->magic;
	asm volatile("cli\n\t"
		     "lidt %[idt]\n\t"
		     "lgdt %[gdt]\n\t"
		     "movq %[root], %%cr3\n\t"
		     "movq %[mode], %%rbp\n\t"
		     "jmpq *%%rbx"
		     : : [idt] "m"(no_idt), [gdt] "m"(gdt), [root] "r"(root), [mode] "r"((uint64_t)leave->mode),
		       "b"(workspace), "D"(leave->entry), "S"(leave->argument), "r"(orders), "r"(count), "r"(magic)
		     : "memory");
	__builtin_unreachable();
}
