/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rest of RAM: every page that holds nothing that was handed over can be mapped writable and keeps what is written.
 * A page that Xen still counts as a page table of somebody cannot.
 */
#include "pv.h"

/*
 * Every page below this is mapped and written to; above it one in MAPPED, which is what tells a page table, and one in
 * WRITTEN, because an emulator has to find memory for all that is touched.
 */
#define DENSE_END ((UINT64_C(128) << 20) / PAGE)
#define MAPPED  64u
#define WRITTEN 4096u

static uint64_t tried, written, refused, first_refused, damaged, first_damaged;

static bool in_use(uint64_t pfn)
{
	for (unsigned i = 0; i < ELEMENTS; i++)
		if (layout[i].start <= pfn && pfn < layout[i].end)
			return true;
	return false;
}

static uint64_t pattern(uint64_t pfn) { return pfn * UINT64_C(0x9e3779b97f4a7c15) ^ 0x5a5a5a5a; }

static volatile uint64_t *word_of(unsigned slot) { return (volatile uint64_t *)window[slot]; }

static void try_pages(const uint64_t *pfn, unsigned count)
{
	static long error[WINDOW];
	static uint64_t before[WINDOW];
	static bool touch[WINDOW];

	map_window(pfn, count, error);
	for (unsigned i = 0; i < count; i++) {
		if (error[i])
			first_refused = refused++ ? first_refused : pfn[i];
		touch[i] = error[i] == 0 && (pfn[i] < DENSE_END || pfn[i] % WRITTEN == 0);
		written += touch[i];
	}
	if (fault("alias") && tried == 0)
		map_frame(window[1], frame_of(pfn[0]), true);
	/* All are written before one is read, so that one page behind two addresses is seen too. */
	for (unsigned i = 0; i < count; i++)
		if (touch[i]) {
			before[i] = *word_of(i);
			*word_of(i) = pattern(pfn[i]);
		}
	for (unsigned i = 0; i < count; i++) {
		if (touch[i] && *word_of(i) != pattern(pfn[i]))
			first_damaged = damaged++ ? first_damaged : pfn[i];
		else if (touch[i])
			*word_of(i) = before[i];
	}
	tried += count;
}

/* The first page after the initial mapping that is free becomes a page table that nobody uses. */
static void pin_a_page(void)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
	uint64_t pfn = page_at(mapping_end);
	long error;

	while (in_use(pfn))
		pfn++;
	map_window(&pfn, 1, &error);
	memset(window[0], 0, PAGE);
	map_own(window[0]);
	pin.arg1.mfn = frame_of(pfn);
	if (hypercall4(__HYPERVISOR_mmuext_op, (uintptr_t)&pin, 1, 0, DOMID_SELF))
		fact("no page could be pinned");
}

void check_memory(void)
{
	static uint64_t batch[WINDOW];
	unsigned count = 0;

	if (fault("pinned"))
		pin_a_page();
	for (uint64_t pfn = 0; pfn < info.nr_pages; pfn += pfn < DENSE_END ? 1 : MAPPED) {
		if (in_use(pfn))
			continue;
		batch[count++] = pfn;
		if (count == WINDOW) {
			try_pages(batch, count);
			count = 0;
		}
	}
	try_pages(batch, count);
	for (unsigned i = 0; i < WINDOW; i++)
		map_own(window[i]);
	fact("%llx pages mapped, %llx written to", tried, written);
	if (refused)
		wrong("a page of RAM cannot be mapped writable: %llx pages, first %llx", refused, first_refused);
	if (damaged)
		wrong("RAM does not keep what is written: %llx pages, first %llx", damaged, first_damaged);
}
