/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Linux kernel that is to run elsewhere: its segments, and each way in. */
#include "unit.h"

#include <shim/payload/payload_move.h>

static struct payload linux_of(enum payload_kind kind)
{
	struct payload payload = { .kind = kind, .has_startup = true, .pvh_entry = 0x1000100 };

	payload.elf = (struct elf_image){
		.is_64 = true, .entry = va(0x1000040), .memory = { 0x1000000, 0x1500000 }, .segment_count = 2,
		.segment = { { .memory = { 0x1000000, 0x1400000 }, .address = va(0xffffffff81000000) },
			     { .memory = { 0x1400000, 0x1500000 } } },
	};
	payload.xen_pv = (struct xen_pv_kernel){
		.virtual_base = va(0xffffffff80000000), .entry = va(0xffffffff81000200), .image = { 0x1000000, 0x1500000 },
		.has_hypercall_page = true, .hypercall_page = { 0x1002 },
	};
	return payload;
}

static void which_can(void **state)
{
	static const enum payload_kind kinds[] = { PAYLOAD_PVH_ELF64, PAYLOAD_XEN_PV_ELF64, PAYLOAD_LINUX_ELF64 };
	struct payload payload;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		payload = linux_of(kinds[i]);
		assert_true(payload_can_move(&payload));
		payload.sites.present = true;
		assert_false(payload_can_move(&payload));
		payload = (struct payload){ .kind = kinds[i] };
		assert_false(payload_can_move(&payload));
	}
	payload = linux_of(PAYLOAD_LINUX_BZIMAGE);
	assert_false(payload_can_move(&payload));
}

/* With one offset only where it is asked for. */
static void which_want(void **state)
{
	static const struct { uint8_t asked; bool by_one, by_two; } cases[] = {
		{ KASLR_UNASKED, false, true }, { KASLR_ON, true, true }, { KASLR_OFF, false, false },
	};
	struct payload payload = linux_of(PAYLOAD_LINUX_ELF64);

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		payload.options.value[LULL_KASLR] = cases[i].asked;
		assert_int_equal(payload_wants_move(&payload, true), cases[i].by_one);
		assert_int_equal(payload_wants_move(&payload, false), cases[i].by_two);
	}
}

static void moved_by_startup(void **state)
{
	struct payload payload = linux_of(PAYLOAD_LINUX_ELF64);

	(void)state;
	payload_move(&payload, 0x10000000, 0x20000000);
	assert_int_equal(payload.elf.segment[0].memory.start, 0x21000000);
	assert_int_equal(payload.elf.segment[1].memory.end, 0x21500000);
	assert_int_equal(payload.elf.memory.start, 0x21000000);
	assert_int_equal(payload.elf.memory.end, 0x21500000);
	assert_int_equal(payload.elf.segment[0].address.v, 0xffffffff91000000);
	assert_int_equal(payload.elf.segment[1].address.v, 0);
	assert_int_equal(payload.elf.entry.v, 0x21000040);
	assert_true(payload.moved.chosen);
	assert_int_equal(payload.moved.virtual, 0x10000000);
	assert_int_equal(payload.moved.physical, 0x20000000);
	assert_int_equal(payload_linked_entry(&payload), 0x1000040);
}

static void moved_by_pvh(void **state)
{
	struct payload payload = linux_of(PAYLOAD_PVH_ELF64);

	(void)state;
	payload_move(&payload, 0x8000000, 0x8000000);
	assert_int_equal(payload.pvh_entry, 0x9000100);
	assert_int_equal(payload_linked_entry(&payload), 0x1000100);
	assert_int_equal(payload.xen_pv.entry.v, 0xffffffff81000200);
}

static void moved_as_xen_pv(void **state)
{
	struct payload payload = linux_of(PAYLOAD_XEN_PV_ELF64);

	(void)state;
	payload_move(&payload, 0x8000000, 0x8000000);
	assert_int_equal(payload.xen_pv.entry.v, 0xffffffff89000200);
	assert_int_equal(payload.xen_pv.image.start, 0x9000000);
	assert_int_equal(payload.xen_pv.image.end, 0x9500000);
	assert_int_equal(payload.xen_pv.hypercall_page.v, 0x9002);
	assert_int_equal(payload.xen_pv.virtual_base.v, 0xffffffff80000000);
	assert_int_equal(payload_linked_entry(&payload), 0xffffffff81000200);
	payload = linux_of(PAYLOAD_XEN_PV_ELF64);
	payload.xen_pv.has_hypercall_page = false;
	payload_move(&payload, 0x8000000, 0x8000000);
	assert_int_equal(payload.xen_pv.hypercall_page.v, 0x1002);
}

/* The note follows the kernel only where no word of the entry's own is relocated: then the entry reads it. */
static void notes(void **state)
{
	uint8_t bytes[9] = { 0, 1, 0, 1, 0, 0, 0, 0, 0xaa };
	const uint32_t inside[] = { 0x80000010, 0x810001fc }, outside[] = { 0x810000ff, 0x81000200 };
	struct linux_relocs relocs = { .lists = 2 };
	struct payload payload = linux_of(PAYLOAD_LINUX_ELF64);

	(void)state;
	payload.notes.note[XEN_NOTE_PHYS32_ENTRY] = (struct xen_note){ true, span(bytes, 8), 0x1000100 };
	relocs.list[LINUX_RELOC_32] = span(outside, sizeof(outside));
	payload_move(&payload, 0x8000000, 0x8000000);
	payload_move_note(&payload, &relocs);
	assert_false(payload.moved.in_note);
	payload.kind = PAYLOAD_PVH_ELF64;
	relocs.list[LINUX_RELOC_32] = span(inside, sizeof(inside));
	payload_move_note(&payload, &relocs);
	assert_false(payload.moved.in_note);
	assert_int_equal(bytes[3], 1);
	relocs.list[LINUX_RELOC_32] = span(outside, sizeof(outside));
	payload_move_note(&payload, &relocs);
	assert_true(payload.moved.in_note);
	assert_int_equal(span_u64(span(bytes, 8), 0), 0x9000100);
	bytes[3] = bytes[4] = 1;
	payload.notes.note[XEN_NOTE_PHYS32_ENTRY].bytes.size = 4;
	payload_move_note(&payload, &relocs);
	assert_int_equal(span_u64(span(bytes, 8), 0), 0x109000100);
	payload.notes.note[XEN_NOTE_PHYS32_ENTRY].bytes.size = 9;
	payload_move_note(&payload, &relocs);
	assert_int_equal(bytes[8], 0xaa);
}

int main(void)
{
	return RUN_TESTS("payload_move", which_can, which_want, moved_by_startup, moved_by_pvh, moved_as_xen_pv, notes);
}
