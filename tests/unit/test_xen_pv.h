/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Linux kernel's notes, as a test can change them. */
#ifndef LULL_TESTS_TEST_XEN_PV_H
#define LULL_TESTS_TEST_XEN_PV_H

#include "unit.h"
#include "builder.h"

#include <shim/payload/xen_pv.h>

#define BASE UINT64_C(0xffffffff80000000)

/* What a Linux kernel says of itself. */
static struct elf_image elf;
static struct xen_notes notes;

static inline void set_number(enum xen_note_type type, uint64_t number)
{
	notes.note[type] = (struct xen_note){ true, span("12345678", 8), number };
}

static inline void set_text(enum xen_note_type type, const char *text)
{
	notes.note[type] = (struct xen_note){ true, span(text, strlen(text) + 1), 0 };
}

static inline void clear(enum xen_note_type type) { notes.note[type] = (struct xen_note){ false }; }

static inline int linux_again(void **state)
{
	(void)state;
	elf = (struct elf_image){ .is_64 = true, .is_x86_64 = true, .entry = { BASE + 0x1000000 }, .memory = { 0x1000000, 0x1234567 } };
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

static inline struct error read(struct xen_pv_kernel *out) { return xen_pv_kernel_read(&elf, &notes, out); }

static inline void refused(enum error_code code)
{
	struct xen_pv_kernel kernel;

	assert_error(read(&kernel), code);
}

#endif
