/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Xen's builders do with each note (libelf-dominfo.c; xg_dom_elfloader.c, xg_dom_x86.c and xg_dom_boot.c for a
 * domU; pv/dom0_build.c for dom0), and what lull does of it for a PV kernel.  "None" is a note that is missing, or, of
 * an address, all ones.  tests/unit/test_xen_pv.c has a test for each row, tests/guests/notes a kernel for what shows
 * only in a guest, which Xen's own builders start too.
 *
 *   note                 Xen                                           lull
 *   XEN_VERSION          must begin with "xen-3.0"                     the same
 *   LOADER, GUEST_OS     "generic..." or "linux..." must be there      the same
 *   GUEST_VERSION        prints it                                     prints it
 *   VIRT_BASE            maps page 0 there; none: 0                    the same; page aligned, outside Xen's own part
 *   PADDR_OFFSET         taken from each p_paddr; none: 0; refuses     the same
 *                        one without VIRT_BASE
 *   ENTRY                starts there; none: e_entry; must lie in      the same
 *                        the image
 *   HYPERCALL_PAGE       fills the page that the address lies in       Xen fills it, when asked by its MSR (pv_leave.c);
 *                                                                      refuses one above the image, where Xen would
 *                                                                      write into what it just put there
 *   INIT_P2M             maps the list there, 0 included; refuses      the same; refuses one that is not page aligned
 *                        one upon the initial mapping
 *   MOD_START_PFN        not 0: the initrd is not mapped               the same
 *   FEATURES             refuses "!" before a name that it does not    the same; refuses also "!" before a known one
 *                        know, and "!dom0" in a domU; else nothing     that no PV guest has, with which Xen would start
 *                        depends on it                                 a kernel that cannot work
 *   SUPPORTED_FEATURES   when there, dom0 must be in it or in          the same
 *                        FEATURES for a dom0
 *   BSD_SYMTAB           "yes": puts the symbols behind the image      the same; refuses a class of 32 bits, for which
 *                                                                      what libelf writes cannot be read
 *   PAE_MODE             the width of 32-bit page tables, and a "p"    nothing: kernels look at the beginning "xen-3."
 *                        behind a dom0's magic                         only, and the width is that of lull's start
 *   HV_START_LOW         32-bit guests only                            nothing
 *   L1_MFN_VALID         nothing (xend's save and restore)             nothing
 *   SUSPEND_CANCEL       nothing (xend)                                nothing
 *   PHYS32_ENTRY         PVH only; with it alone, no PV kernel         the same
 *   PHYS32_RELOC         PVH only                                      nothing here
 *   a type twice         the last one counts, features add up          the last one counts
 *   a size               1, 2, 4 or 8 bytes are a number, else it      refuses else a number that it acts on
 *                        is 0
 *   __xen_guest          read where there is no note; PADDR_OFFSET     the same
 *                        is then VIRT_BASE when none
 *   e_machine            decides alone what a domU is; a dom0 of       the same
 *                        class 32 is refused
 *
 * For a PVH kernel Xen looks at PHYS32_ENTRY (and PHYS32_RELOC) only.  It fills no hypercall page there: libxenguest
 * forgets the note (alloc_magic_pages_hvm()), and the kernel asks for the page itself, by the same MSR.
 */
#include <shim/payload/xen_pv.h>

/* The part of the address space that Xen keeps in a 64-bit guest (xen-x86_64.h), and where canonical addresses end. */
#define XEN_START      UINT64_C(0xffff800000000000)
#define XEN_END        UINT64_C(0xffff880000000000)
#define CANONICAL_END  UINT64_C(0x0000800000000000)

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
static struct error read_feature(struct span word, uint64_t *listed, uint64_t *required)
{
	bool is_required = text_begins(word, "!");
	uint64_t first_bytes = 0;

	span_cut(word, is_required, word.size - is_required, &word);
	for (unsigned i = 0; i < FEATURES; i++) {
		if (!text_is(word, features[i].name))
			continue;
		*listed |= UINT64_C(1) << i;
		if (!is_required)
			return error_none();
		*required |= UINT64_C(1) << i;
		return features[i].given ? error_none() : error_make(ERROR_ELF_PV_FEATURE, features[i].name, 0, i);
	}
	for (unsigned i = 0; i < 8 && i < word.size; i++)
		first_bytes = first_bytes << 8 | word.at[i];
	return is_required ? error_make(ERROR_ELF_PV_FEATURE, "unknown", 0, first_bytes) : error_none();
}

/* FEATURES is a list of names between bars; SUPPORTED_FEATURES has them as bits. */
static struct error read_features(const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	struct span list = xen_note_text(notes, XEN_NOTE_FEATURES), word;
	const struct xen_note *bits = &notes->note[XEN_NOTE_SUPPORTED_FEATURES];
	uint64_t listed = bits->number, required = 0;

	for (uint64_t at = 0, end; at < list.size; at = end + 1) {
		for (end = at; end < list.size && list.at[end] != '|'; end++)
			;
		span_cut(list, at, end - at, &word);
		TRY(read_feature(word, &listed, &required));
	}
	/* Xen asks SUPPORTED_FEATURES only (xen/arch/x86/pv/dom0_build.c); a kernel without it may try. */
	out->can_be_dom0 = !bits->present || (listed >> XEN_PV_FEATURE_DOM0 & 1);
	out->must_be_dom0 = required >> XEN_PV_FEATURE_DOM0 & 1;
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

static struct error read_image(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	uint64_t base, offset;
	bool has_base = xen_note_address(notes, XEN_NOTE_VIRT_BASE, &base);
	bool has_offset = xen_note_address(notes, XEN_NOTE_PADDR_OFFSET, &offset);
	struct range image = elf->memory;

	out->virtual_base = va(has_base ? base : 0);
	if (has_offset)
		out->physical_offset = offset;
	else if (notes->from_string)
		out->physical_offset = out->virtual_base.v;
	if (image.start < out->physical_offset || (has_offset && !has_base))
		return bad_note(XEN_NOTE_PADDR_OFFSET, out->physical_offset);
	out->image = (struct range){ image.start - out->physical_offset, image.end - out->physical_offset };
	if ((out->virtual_base.v & PAGE_MASK) || !xen_pv_is_guests(out->virtual_base.v, out->image.end))
		return bad_note(XEN_NOTE_VIRT_BASE, out->virtual_base.v);
	return error_none();
}

/* Where the kernel begins, and the page through which it calls Xen. */
static struct error read_calls(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	uint64_t base = out->virtual_base.v, page;

	if (!xen_note_address(notes, XEN_NOTE_ENTRY, &out->entry.v))
		out->entry = elf->entry;
	if (out->entry.v < base + out->image.start || out->entry.v - base >= out->image.end)
		return bad_note(XEN_NOTE_ENTRY, out->entry.v);
	out->has_hypercall_page = xen_note_address(notes, XEN_NOTE_HYPERCALL_PAGE, &page);
	if (!out->has_hypercall_page)
		return error_none();
	if (page < base || page - base >= out->image.end)
		return bad_note(XEN_NOTE_HYPERCALL_PAGE, page);
	out->hypercall_page = (pfn_t){ (page - base) / PAGE_SIZE };
	return error_none();
}

static struct error read_p2m(const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	uint64_t p2m;

	out->has_p2m_address = xen_note_address(notes, XEN_NOTE_INIT_P2M, &p2m);
	if (!out->has_p2m_address)
		return error_none();
	out->p2m_address = va(p2m);
	if ((p2m & PAGE_MASK) || !xen_pv_is_guests(p2m, 1))
		return bad_note(XEN_NOTE_INIT_P2M, p2m);
	return error_none();
}

/* The symbols lie behind the kernel, in the image that is then longer. */
static struct error read_symbols(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	if (!text_is(xen_note_text(notes, XEN_NOTE_BSD_SYMTAB), "yes"))
		return error_none();
	TRY(bsd_symbols_find(elf, out->image.end, &out->symbols));
	if (out->symbols.present)
		out->image.end = out->symbols.memory.end;
	return error_none();
}

static bool is_loaders(const struct xen_notes *notes)
{
	return text_begins(xen_note_text(notes, XEN_NOTE_LOADER), "generic") ||
	       text_begins(xen_note_text(notes, XEN_NOTE_GUEST_OS), "linux");
}

static bool is_versions(const struct xen_notes *notes)
{
	return text_begins(xen_note_text(notes, XEN_NOTE_XEN_VERSION), "xen-3.0");
}

bool xen_pv_is_meant(const struct xen_notes *notes)
{
	return is_loaders(notes) && is_versions(notes);
}

/* For what is no PV kernel, the nearest reason: what it is instead, or which of its notes rules it out. */
static struct error check_meant(const struct elf_image *elf, const struct xen_notes *notes)
{
	bool says_where = notes->note[XEN_NOTE_ENTRY].present || notes->note[XEN_NOTE_VIRT_BASE].present;

	if (!says_where && notes->note[XEN_NOTE_PHYS32_ENTRY].present)
		return error_make(ERROR_ELF_PVH_ONLY, NULL, XEN_NOTE_ENTRY, XEN_NOTE_PHYS32_ENTRY);
	/* Whatever its notes say or lack: no change to them would make it start here. */
	if (!elf->is_x86_64)
		return error_make(ERROR_ELF_PV_32, NULL, 64, 32);
	if (!says_where && !is_loaders(notes) && !is_versions(notes))
		return error_make(ERROR_ELF_NO_PV, NULL, XEN_NOTE_ENTRY, notes->count);
	if (!is_versions(notes))
		return bad_note(XEN_NOTE_XEN_VERSION, 0);
	return is_loaders(notes) ? error_none() : bad_note(XEN_NOTE_LOADER, 0);
}

struct error xen_pv_kernel_read(const struct elf_image *elf, const struct xen_notes *notes, struct xen_pv_kernel *out)
{
	*out = (struct xen_pv_kernel){ 0 };
	TRY(check_meant(elf, notes));
	TRY(read_features(notes, out));
	if (!elf->is_64)
		out->can_be_dom0 = false;
	TRY(read_image(elf, notes, out));
	TRY(read_calls(elf, notes, out));
	TRY(read_p2m(notes, out));
	TRY(read_symbols(elf, notes, out));
	out->initrd_by_pfn = notes->note[XEN_NOTE_MOD_START_PFN].number != 0;
	return error_none();
}

struct range xen_pv_segment(const struct xen_pv_kernel *kernel, const struct elf_segment *segment)
{
	return (struct range){ segment->memory.start - kernel->physical_offset,
			       segment->memory.end - kernel->physical_offset };
}

struct error xen_pv_check_domain(const struct xen_pv_kernel *kernel, bool is_dom0)
{
	if (is_dom0 && !kernel->can_be_dom0)
		return error_make(ERROR_ELF_PV_DOM0, NULL, 0, 0);
	if (!is_dom0 && kernel->must_be_dom0)
		return error_make(ERROR_ELF_PV_FEATURE, "dom0", 0, XEN_PV_FEATURE_DOM0);
	return error_none();
}
