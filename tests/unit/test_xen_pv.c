/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/payload/xen_pv.h>

#define BASE UINT64_C(0xffffffff80000000)

/* What a Linux kernel says of itself. */
static struct elf_image elf;
static struct xen_notes notes;

static void set_number(enum xen_note_type type, uint64_t number)
{
	notes.note[type] = (struct xen_note){ true, span("12345678", 8), number };
}

static void set_text(enum xen_note_type type, const char *text)
{
	notes.note[type] = (struct xen_note){ true, span(text, strlen(text) + 1), 0 };
}

static void clear(enum xen_note_type type) { notes.note[type] = (struct xen_note){ false }; }

static int linux_again(void **state)
{
	(void)state;
	elf = (struct elf_image){ .is_64 = true, .entry = { BASE + 0x1000000 }, .memory = { 0x1000000, 0x1234567 } };
	notes = (struct xen_notes){ .count = 8 };
	set_text(XEN_NOTE_GUEST_OS, "linux");
	set_text(XEN_NOTE_LOADER, "generic");
	set_text(XEN_NOTE_XEN_VERSION, "xen-3.0");
	set_text(XEN_NOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
	set_number(XEN_NOTE_SUPPORTED_FEATURES, 0x8801);
	set_number(XEN_NOTE_VIRT_BASE, BASE);
	set_number(XEN_NOTE_PADDR_OFFSET, 0);
	set_number(XEN_NOTE_ENTRY, BASE + 0x1000040);
	set_number(XEN_NOTE_INIT_P2M, 0x8000000000);
	set_number(XEN_NOTE_MOD_START_PFN, 1);
	return 0;
}

static struct error read(struct xen_pv_kernel *out) { return xen_pv_kernel_read(&elf, &notes, out); }

static void refused(enum error_code code)
{
	struct xen_pv_kernel kernel;

	assert_error(read(&kernel), code);
}

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
	elf.is_64 = false;
	refused(ERROR_ELF_PV_32);
	clear(XEN_NOTE_ENTRY);
	clear(XEN_NOTE_VIRT_BASE);
	refused(ERROR_ELF_NO_PV);
	set_number(XEN_NOTE_PHYS32_ENTRY, 0x1000000);
	refused(ERROR_ELF_PVH_ONLY);
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
	refused(ERROR_ELF_PV_NOTE);
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
	set_text(XEN_NOTE_FEATURES, "unheard_of||auto_translated_physmap|!dom0|");
	assert_fine(read(&kernel));
	set_number(XEN_NOTE_SUPPORTED_FEATURES, 1);
	assert_fine(read(&kernel));
	assert_true(kernel.can_be_dom0);
	clear(XEN_NOTE_FEATURES);
	assert_fine(read(&kernel));
	assert_false(kernel.can_be_dom0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(linux_kernel, linux_again),
		cmocka_unit_test_setup(small_kernel, linux_again),
		cmocka_unit_test_setup(not_a_pv_kernel, linux_again),
		cmocka_unit_test_setup(who_it_is, linux_again),
		cmocka_unit_test_setup(addresses, linux_again),
		cmocka_unit_test_setup(feature_lists, linux_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
