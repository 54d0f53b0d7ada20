/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel's notes ask of a Xen PV start: read, defaulted and refused as Xen's own builder does. */
#include "test_xen_pv.h"

static void linux_kernel(void **state)
{
	struct elf_segment segment = { .memory = { 0x1001000, 0x1002000 } };
	struct xen_pv_kernel kernel;

	(void)state;
	assert_fine(read(&kernel));
	assert_true(kernel.virtual_base.v == BASE && kernel.entry.v == BASE + 0x1000040);
	assert_int_equal(kernel.image.start, 0x1000000);
	assert_int_equal(kernel.image.end, 0x1234567);
	assert_true(kernel.has_p2m_address && kernel.p2m_address.v == 0x8000000000 && kernel.initrd_by_pfn);
	assert_true(kernel.can_be_dom0);
	assert_int_equal(xen_pv_segment(&kernel, &segment).start, 0x1001000);
}

/* Mini-os and others: linked where they run, and not much said. */
static void small_kernel(void **state)
{
	struct elf_segment segment = { .memory = { 0x101000, 0x102000 } };
	struct xen_pv_kernel kernel;

	(void)state;
	notes = (struct xen_notes){ .count = 3 };
	set_text(XEN_NOTE_LOADER, "generic");
	set_text(XEN_NOTE_XEN_VERSION, "xen-3.0-x86_64");
	set_number(XEN_NOTE_VIRT_BASE, 0);
	elf.memory = (struct range){ 0x100000, 0x110000 };
	elf.entry = va(0x100000);
	assert_fine(read(&kernel));
	assert_true(kernel.entry.v == 0x100000 && !kernel.has_p2m_address && !kernel.initrd_by_pfn && kernel.can_be_dom0);

	/* Physical addresses that are virtual ones, as in the first PV kernels. */
	set_number(XEN_NOTE_PADDR_OFFSET, 0x100000);
	elf.entry = va(0x8000);
	assert_fine(read(&kernel));
	assert_int_equal(kernel.image.start, 0);
	assert_int_equal(xen_pv_segment(&kernel, &segment).end, 0x2000);
	set_number(XEN_NOTE_PADDR_OFFSET, 0x100001);
	refused(ERROR_ELF_PV_NOTE);
}

static void not_a_pv_kernel(void **state)
{
	(void)state;
	elf.is_x86_64 = false;
	refused(ERROR_ELF_PV_32);
	clear(XEN_NOTE_ENTRY);
	refused(ERROR_ELF_PV_32);
	clear(XEN_NOTE_VIRT_BASE);
	set_number(XEN_NOTE_PHYS32_ENTRY, 0x1000000);
	refused(ERROR_ELF_PVH_ONLY);
	clear(XEN_NOTE_LOADER);
	clear(XEN_NOTE_GUEST_OS);
	refused(ERROR_ELF_PVH_ONLY);
	clear(XEN_NOTE_PHYS32_ENTRY);
	/* Its width is what is wrong with it, whatever its notes lack. */
	refused(ERROR_ELF_PV_32);
	elf.is_x86_64 = true;
	refused(ERROR_ELF_PV_NOTE);
	elf.is_x86_64 = false;
	clear(XEN_NOTE_XEN_VERSION);
	refused(ERROR_ELF_PV_32);
	elf.is_x86_64 = true;
	refused(ERROR_ELF_NO_PV);
	assert_false(xen_pv_is_meant(&notes));
	set_text(XEN_NOTE_LOADER, "generic");
	refused(ERROR_ELF_PV_NOTE);
	assert_false(xen_pv_is_meant(&notes));
	set_text(XEN_NOTE_XEN_VERSION, "xen-3.0");
	assert_true(xen_pv_is_meant(&notes));
}

/* The machine decides what a domU is; Xen's own builder wants a dom0's class to be right too. */
static void class_32(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	elf.is_64 = false;
	assert_fine(read(&kernel));
	assert_false(kernel.can_be_dom0);
}

/* Neither VIRT_BASE nor PADDR_OFFSET nor ENTRY: 0, 0 and e_entry; the same for all ones. */
static void defaults(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	elf.entry = va(0x1000123);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++) {
			enum xen_note_type type = (enum xen_note_type[]){ XEN_NOTE_VIRT_BASE, XEN_NOTE_PADDR_OFFSET,
									   XEN_NOTE_ENTRY }[i];

			if (round == 0)
				clear(type);
			else
				set_number(type, UINT64_MAX);
		}
		assert_fine(read(&kernel));
		assert_int_equal(kernel.virtual_base.v, 0);
		assert_int_equal(kernel.physical_offset, 0);
		assert_int_equal(kernel.entry.v, 0x1000123);
	}
	elf.entry = va(0);
	refused(ERROR_ELF_PV_NOTE);
	/* An offset from nothing. */
	elf.entry = va(0x1000123);
	set_number(XEN_NOTE_PADDR_OFFSET, 0);
	refused(ERROR_ELF_PV_NOTE);
}

/* In a __xen_guest string, p_paddr is the virtual address when nothing else is said. */
static void string_default(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	notes.from_string = true;
	clear(XEN_NOTE_PADDR_OFFSET);
	elf.memory = (struct range){ BASE + 0x1000000, BASE + 0x1234567 };
	assert_fine(read(&kernel));
	assert_true(kernel.physical_offset == BASE);
	assert_int_equal(kernel.image.start, 0x1000000);
	set_number(XEN_NOTE_PADDR_OFFSET, BASE + 0x1000000);
	set_number(XEN_NOTE_ENTRY, BASE + 5);
	assert_fine(read(&kernel));
	assert_int_equal(kernel.image.start, 0);
}

static void hypercall_page(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	assert_fine(read(&kernel));
	assert_false(kernel.has_hypercall_page);
	set_number(XEN_NOTE_HYPERCALL_PAGE, UINT64_MAX);
	assert_fine(read(&kernel));
	assert_false(kernel.has_hypercall_page);
	set_number(XEN_NOTE_HYPERCALL_PAGE, BASE + 0x1002000);
	assert_fine(read(&kernel));
	assert_true(kernel.has_hypercall_page);
	assert_int_equal(kernel.hypercall_page.v, 0x1002);
	/* Xen takes the page that the address lies in, in the image or below it. */
	set_number(XEN_NOTE_HYPERCALL_PAGE, BASE + 0x1fff);
	assert_fine(read(&kernel));
	assert_int_equal(kernel.hypercall_page.v, 1);
	set_number(XEN_NOTE_HYPERCALL_PAGE, BASE + 0x1234566);
	assert_fine(read(&kernel));
	set_number(XEN_NOTE_HYPERCALL_PAGE, BASE + 0x1234567);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_HYPERCALL_PAGE, BASE - 1);
	refused(ERROR_ELF_PV_NOTE);
}

static void p2m_addresses(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	set_number(XEN_NOTE_INIT_P2M, 0);
	assert_fine(read(&kernel));
	assert_true(kernel.has_p2m_address && kernel.p2m_address.v == 0);
	set_number(XEN_NOTE_INIT_P2M, UINT64_MAX);
	assert_fine(read(&kernel));
	assert_false(kernel.has_p2m_address);
	clear(XEN_NOTE_INIT_P2M);
	assert_fine(read(&kernel));
	assert_false(kernel.has_p2m_address);
}

/* What means nothing to a 64-bit kernel's start. */
static void ignored(void **state)
{
	struct xen_pv_kernel before, after;

	(void)state;
	assert_fine(read(&before));
	set_number(XEN_NOTE_HV_START_LOW, 0xffff800000000000);
	set_number(XEN_NOTE_SUSPEND_CANCEL, 1);
	set_number(XEN_NOTE_L1_MFN_VALID, 5);
	set_text(XEN_NOTE_PAE_MODE, "bimodal");
	set_text(XEN_NOTE_GUEST_VERSION, "anything");
	set_number(XEN_NOTE_PHYS32_ENTRY, 0x1000000);
	set_number(XEN_NOTE_PHYS32_RELOC, 0x200000);
	set_text(XEN_NOTE_BSD_SYMTAB, "yea");
	assert_fine(read(&after));
	assert_memory_equal(&before, &after, sizeof(before));
	clear(XEN_NOTE_MOD_START_PFN);
	assert_fine(read(&after));
	assert_false(after.initrd_by_pfn);
}

static void who_it_is(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	set_text(XEN_NOTE_LOADER, "other");
	assert_fine(read(&kernel));
	set_text(XEN_NOTE_GUEST_OS, "linus");
	refused(ERROR_ELF_PV_NOTE);
	set_text(XEN_NOTE_LOADER, "genericx");
	assert_fine(read(&kernel));
	set_text(XEN_NOTE_LOADER, "generiX");
	refused(ERROR_ELF_PV_NOTE);
	set_text(XEN_NOTE_LOADER, "generic");
	set_text(XEN_NOTE_XEN_VERSION, "xen-2.0");
	refused(ERROR_ELF_PV_NOTE);
}

static void addresses(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	set_number(XEN_NOTE_ENTRY, BASE + 0xffffff);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_ENTRY, BASE + 0x1234567);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_ENTRY, BASE + 0x1234566);
	assert_fine(read(&kernel));
	set_number(XEN_NOTE_VIRT_BASE, BASE + 1);
	refused(ERROR_ELF_PV_NOTE);
	/* Xen's own part, a hole between the halves, and the end of everything. */
	set_number(XEN_NOTE_VIRT_BASE, 0xffff800000000000);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_VIRT_BASE, 0x00007fffff000000);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_VIRT_BASE, 0xfffffffffff00000);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_VIRT_BASE, 0xffff880000000000);
	set_number(XEN_NOTE_ENTRY, 0xffff880001000000);
	assert_fine(read(&kernel));
	set_number(XEN_NOTE_INIT_P2M, 0x8000000010);
	refused(ERROR_ELF_PV_NOTE);
	set_number(XEN_NOTE_INIT_P2M, 0xffff810000000000);
	refused(ERROR_ELF_PV_NOTE);
}

static void feature_lists(void **state)
{
	struct xen_pv_kernel kernel;

	(void)state;
	set_text(XEN_NOTE_FEATURES, "!unheard_of");
	refused(ERROR_ELF_PV_FEATURE);
	set_text(XEN_NOTE_FEATURES, "!x");
	refused(ERROR_ELF_PV_FEATURE);
	set_text(XEN_NOTE_FEATURES, "dom0|!auto_translated_physmap");
	refused(ERROR_ELF_PV_FEATURE);
	set_text(XEN_NOTE_FEATURES, "unheard_of||auto_translated_physmap|dom0|!writable_page_tables");
	assert_fine(read(&kernel));
	assert_false(kernel.must_be_dom0);
	set_text(XEN_NOTE_FEATURES, "unheard_of||auto_translated_physmap|!dom0|");
	assert_fine(read(&kernel));
	assert_true(kernel.must_be_dom0);
	assert_fine(xen_pv_check_domain(&kernel, true));
	assert_error(xen_pv_check_domain(&kernel, false), ERROR_ELF_PV_FEATURE);
	set_number(XEN_NOTE_SUPPORTED_FEATURES, 1);
	assert_fine(read(&kernel));
	assert_true(kernel.can_be_dom0);
	clear(XEN_NOTE_FEATURES);
	assert_fine(read(&kernel));
	assert_false(kernel.can_be_dom0);
	assert_fine(xen_pv_check_domain(&kernel, false));
	assert_error(xen_pv_check_domain(&kernel, true), ERROR_ELF_PV_DOM0);
}

int main(void)
{
	return RUN_TESTS_WITH(linux_again, NULL, "xen_pv", linux_kernel, small_kernel, not_a_pv_kernel, class_32,
			 defaults, string_default, hypercall_page, p2m_addresses, ignored, who_it_is, addresses,
			 feature_lists);
}
