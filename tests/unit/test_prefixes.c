/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every prefix of a valid file, from no byte to all but one, through every parser.  None may read past the end (the
 * address sanitiser watches), and payload_find() must refuse each: a file cut short never starts.
 */
#include "unit.h"
#include "builder.h"

#include <shim/payload/payload.h>

static struct error find(struct file file)
{
	struct payload_source source = { .module_count = 1, .module = { { file_span(file), MIB } } };
	struct payload payload;

	return payload_find(&source, &payload);
}

/* All of them, and then the whole file, which is fine.  A few bytes of the last may be missing. */
static void try_prefixes(struct file file, uint64_t spare)
{
	for (uint64_t size = 0; size < file.size; size++) {
		struct file prefix = file_prefix(file, size);
		struct linux_kernel kernel;
		struct elf_image elf;
		struct uki uki;

		uki_is(file_span(prefix));
		uki_parse(file_span(prefix), &uki);
		linux_parse(file_span(prefix), &kernel);
		elf_parse(file_span(prefix), &elf);
		assert_int_equal(failed(find(prefix)), size + spare < file.size);
		file_free(&prefix);
	}
	assert_fine(find(file));
	file_free(&file);
}

static void bzimage_prefixes(void **state)
{
	(void)state;
	/* Of the last paragraph. */
	try_prefixes(build_bzimage(), 15);
}

static void uki_prefixes(void **state)
{
	struct file kernel = build_bzimage(), uki, exact;

	(void)state;
	/* The kernel's section last, and no padding behind it: so every byte counts. */
	uki = build_uki((struct pe_section[]){ { ".cmdline", "quiet", 5 }, { ".linux", kernel.at, kernel.size } }, 2);
	exact = file_prefix(uki, uki.size);
	try_prefixes(exact, 0);
	file_free(&uki);
	file_free(&kernel);
}

static void elf_prefixes(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file file = build_pvh(bits, MIB);

		/* What follows the last note is alignment. */
		try_prefixes(file, 0);
	}
}

/* Notes in a section: a table cut short must be an error too, for without it the kernel cannot be entered. */
static void section_prefixes(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file file = build_elf(bits, (struct elf_part[]){ { 1, 5, MIB, MIB, "code", 4, 64, 16 } }, 1);
		struct file notes = file_new(0);
		uint64_t offset;

		build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, MIB, 4);
		offset = file_append(&file, notes.at, notes.size);
		elf_add_note_section(&file, bits, offset, notes.size, 4);
		try_prefixes(file, 0);
		file_free(&notes);
	}
}

int main(void)
{
	return RUN_TESTS("prefixes", bzimage_prefixes, uki_prefixes, elf_prefixes, section_prefixes);
}
