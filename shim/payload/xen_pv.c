/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/xen_pv.h>

/* The part of the address space that Xen keeps in a 64-bit guest (xen-x86_64.h), and where canonical addresses end. */
#define XEN_START      UINT64_C(0xffff800000000000)
#define XEN_END        UINT64_C(0xffff880000000000)
#define CANONICAL_END  UINT64_C(0x0000800000000000)

#define FEATURE_DOM0 11

/* Xen public header features.h; those that a kernel may require because every PV guest of Xen 4 has them. */
static const struct {
	const char *name;
	bool given;
} features[] = {
	{ "writable_page_tables", true },
	{ "writable_descriptor_tables", true },
	{ "auto_translated_physmap", false },
	{ "supervisor_mode_kernel", false },
	{ "pae_pgdir_above_4gb", true },
	{ "mmu_pt_update_preserve_ad", true },
	{ "highmem_assist", true },
	{ "gnttab_map_avail_bits", true },
	{ "hvm_callback_vector", false },
	{ "hvm_safe_pvclock", false },
	{ "hvm_pirqs", false },
	{ "dom0", true },
	{ "grant_map_identity", false },
	{ "memory_op_vnode_supported", true },
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

static bool text_is(struct span text, const char *word)
{
	return text.size == __builtin_strlen(word) && span_is(text, 0, word, text.size);
}

static bool text_begins(struct span text, const char *word)
{
	return span_is(text, 0, word, __builtin_strlen(word));
}

/* One word of FEATURES, its '!' still in front. */
static struct error read_feature(struct span word, uint64_t *listed)
{
	bool required = text_begins(word, "!");
	uint64_t first_bytes = 0;

	span_cut(word, required, word.size - required, &word);
	for (unsigned i = 0; i < FEATURES; i++) {
		if (!text_is(word, features[i].name))
			continue;
		*listed |= UINT64_C(1) << i;
		if (!required || features[i].given)
			return error_none();
		return error_make(ERROR_ELF_PV_FEATURE, features[i].name, 0, i);
	}
	for (unsigned i = 0; i < 8 && i < word.size; i++)
		first_bytes = first_bytes << 8 | word.at[i];
	return required ? error_make(ERROR_ELF_PV_FEATURE, "unknown", 0, first_bytes) : error_none();
}

/* FEATURES is a list of names between bars; SUPPORTED_FEATURES has them as bits. */
static struct error read_features(const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	struct span list = xen_note_text(notes, XEN_NOTE_FEATURES), word;
	const struct xen_note *bits = &notes->note[XEN_NOTE_SUPPORTED_FEATURES];
	uint64_t listed = bits->number;

	for (uint64_t at = 0, end; at < list.size; at = end + 1) {
		for (end = at; end < list.size && list.at[end] != '|'; end++)
			;
		span_cut(list, at, end - at, &word);
		TRY(read_feature(word, &listed));
	}
	/* Xen asks SUPPORTED_FEATURES only (xen/arch/x86/pv/dom0_build.c); a kernel without it may try. */
	out->can_be_dom0 = !bits->present || (listed >> FEATURE_DOM0 & 1);
	return error_none();
}

static struct error bad_note(enum xen_note_type type, uint64_t value)
{
	return error_make(ERROR_ELF_PV_NOTE, xen_note_name(type), 0, value);
}

bool xen_pv_is_guests(uint64_t start, uint64_t size)
{
	struct range range;

	if (!range_make(start, size, &range))
		return false;
	return range.end <= CANONICAL_END || range.start >= XEN_END;
}

static struct error read_addresses(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	const struct xen_note *entry = &notes->note[XEN_NOTE_ENTRY];
	struct range image = elf->memory;

	out->virtual_base = va(notes->note[XEN_NOTE_VIRT_BASE].number);
	out->physical_offset = notes->note[XEN_NOTE_PADDR_OFFSET].number;
	out->entry = entry->present ? va(entry->number) : elf->entry;
	if (image.start < out->physical_offset)
		return bad_note(XEN_NOTE_PADDR_OFFSET, out->physical_offset);
	out->image = (struct range){ image.start - out->physical_offset, image.end - out->physical_offset };
	if ((out->virtual_base.v & PAGE_MASK) || !xen_pv_is_guests(out->virtual_base.v, out->image.end))
		return bad_note(XEN_NOTE_VIRT_BASE, out->virtual_base.v);
	if (out->entry.v < out->virtual_base.v + out->image.start ||
	    out->entry.v - out->virtual_base.v >= out->image.end)
		return bad_note(XEN_NOTE_ENTRY, out->entry.v);
	return error_none();
}

static struct error read_p2m(const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	const struct xen_note *p2m = &notes->note[XEN_NOTE_INIT_P2M];

	out->has_p2m_address = p2m->present;
	out->p2m_address = va(p2m->number);
	if (p2m->present && ((p2m->number & PAGE_MASK) || !xen_pv_is_guests(p2m->number, 1)))
		return bad_note(XEN_NOTE_INIT_P2M, p2m->number);
	return error_none();
}

struct error xen_pv_kernel_read(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	*out = (struct xen_pv_kernel){ 0 };
	if (!notes->note[XEN_NOTE_ENTRY].present && !notes->note[XEN_NOTE_VIRT_BASE].present) {
		if (notes->note[XEN_NOTE_PHYS32_ENTRY].present)
			return error_make(ERROR_ELF_PVH_ONLY, NULL, XEN_NOTE_ENTRY, XEN_NOTE_PHYS32_ENTRY);
		return error_make(ERROR_ELF_NO_PV, NULL, XEN_NOTE_ENTRY, notes->count);
	}
	if (!elf->is_64)
		return error_make(ERROR_ELF_PV_32, NULL, 64, 32);
	if (!text_begins(xen_note_text(notes, XEN_NOTE_XEN_VERSION), "xen-3.0"))
		return bad_note(XEN_NOTE_XEN_VERSION, 0);
	if (!text_is(xen_note_text(notes, XEN_NOTE_LOADER), "generic") &&
	    !text_begins(xen_note_text(notes, XEN_NOTE_GUEST_OS), "linux"))
		return bad_note(XEN_NOTE_LOADER, 0);
	TRY(read_features(notes, out));
	TRY(read_addresses(elf, notes, out));
	TRY(read_p2m(notes, out));
	out->initrd_by_pfn = notes->note[XEN_NOTE_MOD_START_PFN].number != 0;
	return error_none();
}

struct range xen_pv_segment(const struct xen_pv_kernel *kernel, const struct elf_segment *segment)
{
	return (struct range){ segment->memory.start - kernel->physical_offset,
			       segment->memory.end - kernel->physical_offset };
}
