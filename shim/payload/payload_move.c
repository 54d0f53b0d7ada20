/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/payload_move.h>

#include <string.h>

/* At most so long is the 32-bit part of pvh_start_xen; whether addresses in it are relocated tells how old the kernel is. */
#define PVH_ENTRY_SIZE 256

bool payload_can_move(const struct payload *payload)
{
	return payload->kind != PAYLOAD_LINUX_BZIMAGE && payload->has_startup && !payload->sites.present;
}

bool payload_wants_move(const struct payload *payload, bool one_offset)
{
	const uint8_t asked = payload->options.value[LULL_KASLR];

	return asked == KASLR_ON || (asked == KASLR_UNASKED && !one_offset);
}

static void move_range(struct range *range, uint64_t distance)
{
	range->start += distance;
	range->end += distance;
}

/* The percpu section was linked at 0 until Linux 6.14: it has no virtual address to be moved. */
static void move_elf(struct elf_image *elf, uint64_t virtual, uint64_t physical)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		struct elf_segment *segment = &elf->segment[i];

		move_range(&segment->memory, physical);
		if (segment->address.v >= LINUX_KERNEL_MAP)
			segment->address.v += virtual;
	}
	move_range(&elf->memory, physical);
	elf->entry.v += physical;
}

static void move_xen_pv(struct xen_pv_kernel *kernel, uint64_t distance)
{
	move_range(&kernel->image, distance);
	kernel->entry.v += distance;
	if (kernel->has_hypercall_page)
		kernel->hypercall_page.v += distance / PAGE_SIZE;
}

void payload_move(struct payload *payload, uint64_t virtual, uint64_t physical)
{
	move_elf(&payload->elf, virtual, physical);
	payload->pvh_entry += physical;
	if (payload->kind == PAYLOAD_XEN_PV_ELF64)
		move_xen_pv(&payload->xen_pv, virtual);
	payload->moved = (struct payload_move){ .chosen = true, .virtual = virtual, .physical = physical };
}

void payload_move_note(struct payload *payload, const struct linux_relocs *relocs)
{
	struct span note = payload->notes.note[XEN_NOTE_PHYS32_ENTRY].bytes;

	if (payload->kind != PAYLOAD_PVH_ELF64 || linux_relocs_touch(relocs, payload_linked_entry(payload), PVH_ENTRY_SIZE))
		return;
	memcpy((uint8_t *)note.at, &payload->pvh_entry, note.size < 8 ? note.size : 8);
	payload->moved.in_note = true;
}
