/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The symbols that a BSD kernel is given behind itself. */
#include "test_xen_pv.h"

/* Symbols of 48 bytes and strings of 13, behind a kernel that ends at an odd address; then what is wrong with them. */
static void symbols(void **state)
{
	const struct elf_part text = { 1, 5, 0x1000000, BASE + 0x1000000, "text", 4, 0x1003, 4096 };
	struct file file = build_elf(64, &text, 1);
	uint64_t offset = file_append(&file, "symbols.................................symbols.strings......", 61), table;
	struct xen_pv_kernel kernel;
	struct span head;

	(void)state;
	table = elf_add_sections(&file, 64, (struct elf_named[]){ { ".text", 1, 0, offset, 0 },
		{ ".symtab", 2, 0, offset, 48 }, { ".strtab", 3, 0, offset + 48, 13 } }, 3);
	file_put(file, table + 64 + 40, 3, 4);
	assert_fine(elf_parse(file_span(file), &elf));
	assert_fine(read(&kernel));
	assert_false(kernel.symbols.present);
	set_text(XEN_NOTE_BSD_SYMTAB, "yes");
	assert_fine(read(&kernel));
	assert_true(kernel.symbols.present);
	assert_int_equal(kernel.symbols.memory.start, 0x1001008);
	assert_int_equal(kernel.symbols.symbols_at, 0x1001008 + 264);
	assert_int_equal(kernel.symbols.strings_at, 0x1001008 + 264 + 48);
	assert_int_equal(kernel.image.end, 0x1001008 + 264 + 48 + 16);
	assert_span(kernel.symbols.strings, "strings......");
	head = span(kernel.symbols.head, sizeof(kernel.symbols.head));
	assert_int_equal(span_u32(head, 0), 260 + 48 + 13);
	head = span(kernel.symbols.head + 4, 256);
	assert_memory_equal(head.at, file.at, 32);
	assert_int_equal(span_u64(head, 32), 0);
	assert_int_equal(span_u64(head, 40), 64);
	assert_int_equal(span_u32(head, 54), 0);
	assert_int_equal(span_u16(head, 60), 3);
	assert_int_equal(span_u64(head, 64) | span_u64(head, 64 + 24), 0);
	assert_int_equal(span_u64(head, 128 + 24), 260);
	assert_int_equal(span_u32(head, 128 + 40), 2);
	assert_int_equal(span_u64(head, 192 + 24), 260 + 48);
	assert_int_equal(span_u64(head, 192 + 32), 13);
	/* Strings that are none, or not there; symbols that are not there; a table that is not; a class of 32 bits. */
	file_put(file, table + 64 + 40, 1, 4);
	refused(ERROR_ELF_PV_NOTE);
	file_put(file, table + 64 + 40, 99, 4);
	refused(ERROR_ELF_PV_NOTE);
	file_put(file, table + 64 + 40, 3, 4);
	file_put(file, table + 128 + 24, file.size, 8);
	refused(ERROR_ELF_TRUNCATED);
	file_put(file, table + 64 + 24, file.size, 8);
	refused(ERROR_ELF_TRUNCATED);
	file_put(file, 58, 1, 2);
	refused(ERROR_ELF_KIND);
	/* A stripped kernel gets none. */
	file_put(file, 60, 0, 2);
	assert_fine(read(&kernel));
	assert_false(kernel.symbols.present);
	file_free(&file);
}

/* Of 32 bits, libelf's headers and their sizes do not fit. */
static void symbols_of_32(void **state)
{
	const struct elf_part text = { 1, 5, 0x1000000, 0x1000000, "text", 4, 0x1003, 4096 };
	struct file file = build_elf(32, &text, 1);
	uint64_t table = elf_add_sections(&file, 32, (struct elf_named[]){ { ".symtab", 2, 0, 0, 4 },
		{ ".strtab", 3, 0, 0, 4 } }, 2);

	(void)state;
	file_put(file, table + 24, 2, 4);
	assert_fine(elf_parse(file_span(file), &elf));
	elf.is_x86_64 = true;
	set_text(XEN_NOTE_BSD_SYMTAB, "yes");
	refused(ERROR_ELF_PV_NOTE);
	file_free(&file);
}

int main(void)
{
	return RUN_TESTS_WITH(linux_again, NULL, "xen_pv_symbols", symbols, symbols_of_32);
}
