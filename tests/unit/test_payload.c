/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel a file is, by which door it is entered, and what is none. */
#include "payload_scene.h"

static struct error find_text(const char *text, uint64_t size)
{
	struct payload payload;
	struct file file = file_of(text, size);
	struct error error = find(&payload, 1, file, (struct file){ 0 });

	file_free(&file);
	return error;
}

static void bzimage_alone(void **state)
{
	struct file kernel = build_bzimage();
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 1, kernel, (struct file){ 0 }));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_BZIMAGE);
	assert_string_equal(payload.kind_name, "linux-bzimage");
	assert_string_equal(payload.version, "6.1.0-test");
	assert_int_equal(payload.kernel.start, MODULE_AT);
	assert_int_equal(payload_modules_size(&payload), 0);
	assert_int_equal(payload.cmdline_limit, 2047);
	assert_string_equal(payload.cmdline_taker, "the kernel");
	assert_false(payload.from_uki);
	assert_span(cmdline_chosen(&payload.lines), "of the module");
	file_free(&kernel);
}

/* A bzImage with an EFI stub begins with "MZ" too. */
static void bzimage_that_is_pe(void **state)
{
	struct file kernel = build_bzimage();
	struct payload payload;

	(void)state;
	memcpy(kernel.at, "MZ", 2);
	assert_fine(find(&payload, 1, kernel, (struct file){ 0 }));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_BZIMAGE);
	file_free(&kernel);
}

static void pvh_kernels(void **state)
{
	(void)state;
	for (unsigned bits = 32; bits <= 64; bits += 32) {
		struct file kernel = build_pvh(bits, 0x100000);
		struct payload payload;

		assert_fine(find(&payload, 1, kernel, (struct file){ 0 }));
		assert_int_equal(payload.kind, bits == 64 ? PAYLOAD_PVH_ELF64 : PAYLOAD_PVH_ELF32);
		assert_string_equal(payload.kind_name, bits == 64 ? "pvh-elf64" : "pvh-elf32");
		assert_string_equal(payload.version, "unknown");
		assert_int_equal(payload.pvh_entry, 0x100000);
		assert_true(payload.cmdline_limit == UINT64_MAX);
		file_free(&kernel);
	}
}

static void elf_without_pvh(void **state)
{
	struct file notes = file_new(0);
	struct payload payload;

	(void)state;
	assert_error(find_with_notes(&notes, &payload), ERROR_ELF_NO_PVH);
	notes = file_new(0);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "mine", 5, 4);
	assert_error(find_with_notes(&notes, &payload), ERROR_ELF_NO_PVH);
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_ENTRY, 0x100000, 8);
	assert_error(find_with_notes(&notes, &payload), ERROR_ELF_PV_ONLY);
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x101000, 8);
	assert_error(find_with_notes(&notes, &payload), ERROR_ELF_ENTRY);
	/* Inside a segment, but not where a 32-bit entry can be. */
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000000, 8);
	assert_error(find_with_notes(&notes, &payload), ERROR_ELF_ENTRY);
	notes = file_new(0);
	build_note(&notes, "Xen", XEN_NOTE_PHYS32_ENTRY, "xxx", 3, 4);
	assert_error(find_with_notes(&notes, &payload), ERROR_ELF_NOTE_SIZE);
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, LULL_NOTE_NAME, LULL_NOTE_RECEIPT + 1, "", 0, 4);
	assert_error(find_with_notes(&notes, &payload), ERROR_SITES_NOTE_TYPE);
}

/* A vmlinux says no limit, but has one. */
static void linux_elf(void **state)
{
	struct file notes = file_new(0);
	struct payload payload;

	(void)state;
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linux", 6, 4);
	assert_fine(find_with_notes(&notes, &payload));
	assert_int_equal(payload.cmdline_limit, 2047);
	assert_string_equal(payload.cmdline_taker, "Linux");
}

static void broken_kernels(void **state)
{
	struct file kernel = build_bzimage(), elf = build_pvh(64, 0x100000), prefix = file_prefix(elf, 20);
	struct payload payload;

	(void)state;
	file_put(kernel, 0x236, 0, 2);
	assert_error(find(&payload, 1, kernel, elf), ERROR_LINUX_ENTRY);
	file_put(kernel, 0x206, 0x206, 2);
	assert_error(find(&payload, 1, kernel, elf), ERROR_LINUX_PROTOCOL);
	file_put(kernel, 0x1fe, 0, 2);
	assert_error(find(&payload, 1, kernel, elf), ERROR_LINUX_FIELD);
	assert_error(find(&payload, 1, prefix, elf), ERROR_ELF_TRUNCATED);
	file_free(&kernel);
	file_free(&elf);
	file_free(&prefix);
}

static void no_kernels(void **state)
{
	(void)state;
	assert_error(find_text("", 0), ERROR_PAYLOAD_EMPTY);
	assert_error(find_text("070701", 6), ERROR_PAYLOAD_ARCHIVE);
	assert_error(find_text("070702", 6), ERROR_PAYLOAD_ARCHIVE);
	assert_error(find_text("ab", 2), ERROR_PAYLOAD_UNKNOWN);
	assert_int_equal(find_text("\x12\x34\x56\x78\x9a", 5).found, 0x12345678);
}

/* The same ELF by the Xen PV door: other notes count, and another limit. */
static void behind_the_pv_door(void **state)
{
	struct file notes = file_new(0), kernel;
	struct payload_source source = { .module_count = 1, .xen_pv = true };
	struct payload payload;

	(void)state;
	build_note(&notes, "Xen", XEN_NOTE_LOADER, "generic", 8, 4);
	build_note(&notes, "Xen", XEN_NOTE_XEN_VERSION, "xen-3.0", 8, 4);
	build_note_number(&notes, XEN_NOTE_ENTRY, 0x100000, 8);
	kernel = kernel_with_notes(notes);
	source.module[0] = (struct image){ file_span(kernel), 0x200000 };
	assert_fine(payload_find(&source, &payload));
	assert_int_equal(payload.kind, PAYLOAD_XEN_PV_ELF64);
	assert_string_equal(payload.kind_name, "xen-pv-elf64");
	assert_int_equal(payload.cmdline_limit, 1023);
	assert_string_equal(payload.cmdline_taker, "a Xen PV guest's start_info");
	assert_true(payload.xen_pv.entry.v == 0x100000);
	source.xen_pv = false;
	assert_error(payload_find(&source, &payload), ERROR_ELF_PV_ONLY);
	assert_fine(payload_find_any(source, &payload));
	assert_int_equal(payload.kind, PAYLOAD_XEN_PV_ELF64);
	file_free(&kernel);
	file_free(&notes);
	kernel = build_pvh(64, 0x100000);
	source.module[0] = (struct image){ file_span(kernel), 0x200000 };
	source.xen_pv = true;
	assert_error(payload_find(&source, &payload), ERROR_ELF_PVH_ONLY);
	file_free(&kernel);
}

/* One verdict behind all doors: the door that a kernel has, whichever notes say so. */
static void whichever_door(void **state)
{
	struct file notes = file_new(0);
	struct payload payload;

	(void)state;
	assert_error(find_any(&notes, &payload), ERROR_ELF_NO_PVH);
	/* A PV kernel by Xen's rule, without ENTRY. */
	build_note(&notes, "Xen", XEN_NOTE_LOADER, "generic", 8, 4);
	assert_error(find_any(&notes, &payload), ERROR_ELF_NO_PVH);
	build_note(&notes, "Xen", XEN_NOTE_XEN_VERSION, "xen-3.0", 8, 4);
	assert_fine(find_any(&notes, &payload));
	assert_int_equal(payload.kind, PAYLOAD_XEN_PV_ELF64);
	assert_int_equal(payload.xen_pv.entry.v, 0x100002);
	/* Both doors: the one that has fewer conditions. */
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	assert_fine(find_any(&notes, &payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x200000, 4);
	assert_error(find_any(&notes, &payload), ERROR_ELF_ENTRY);
	file_free(&notes);
	/* A PV kernel that nobody can start. */
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_ENTRY, 0x100000, 4);
	assert_error(find_any(&notes, &payload), ERROR_ELF_PV_NOTE);
	file_free(&notes);
}

/* A bzImage's own limit counts, where Xen's is not below it. */
static void bzimage_behind_the_pv_door(void **state)
{
	static const struct { unsigned takes, limit; } cases[] = { { 2047, 1023 }, { 1023, 1023 }, { 255, 255 } };
	struct file kernel = build_bzimage();
	struct payload_source source = { .module_count = 1, .module = { image_of(kernel, MODULE_AT) }, .xen_pv = true };
	struct payload payload;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file_put(kernel, 0x238, cases[i].takes, 4);
		assert_fine(payload_find(&source, &payload));
		assert_int_equal(payload.kind, PAYLOAD_LINUX_BZIMAGE);
		assert_int_equal(payload.cmdline_limit, cases[i].limit);
		assert_string_equal(payload.cmdline_taker, cases[i].takes > cases[i].limit ? "a Xen PV guest's start_info" : "the kernel");
	}
	file_free(&kernel);
}

/* Linux's own entry: of a 64-bit Linux with e_entry in a segment; its PVH entry is then one of two, or none is needed. */
static void startup_entry(void **state)
{
	struct file notes = file_new(0), kernel;
	struct payload payload;

	(void)state;
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linus", 6, 4);
	assert_error(find_any(&notes, &payload), ERROR_ELF_NO_PVH);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linux", 6, 4);
	assert_fine(find_any(&notes, &payload));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_ELF64);
	assert_string_equal(payload.kind_name, "linux-elf64");
	assert_true(payload.has_startup);
	assert_int_equal(payload.elf.entry.v, 0x100002);
	build_note(&notes, "Xen", XEN_NOTE_XEN_VERSION, "xen-3.0", 8, 4);
	assert_fine(find_any(&notes, &payload));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_ELF64);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	assert_fine(find_any(&notes, &payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	assert_true(payload.has_startup);
	/* Elsewhere, of 32 bits, or for another machine it is none. */
	kernel = kernel_with_notes(notes);
	assert_fine(find(&payload, 1, kernel, (struct file){ 0 }));
	assert_false(payload.has_startup);
	file_put(kernel, 24, 0x100002, 8);
	file_put(kernel, 18, 3, 2);
	assert_fine(find(&payload, 1, kernel, (struct file){ 0 }));
	assert_false(payload.has_startup);
	file_free(&kernel);
	file_free(&notes);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linux", 6, 4);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	kernel = build_elf(32, (struct elf_part[]){ { 1, 5, 0x100000, 0x100000, "code", 4, 64, 16 },
						    { 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 } }, 2);
	file_put(kernel, 24, 0x100002, 4);
	assert_fine(find(&payload, 1, kernel, (struct file){ 0 }));
	assert_false(payload.has_startup);
	file_free(&kernel);
	file_free(&notes);
}

/* A relocatable kernel asks for its own alignment, and for a large page at least. */
static void alignments(void **state)
{
	struct payload payload = { .bzimage.kernel_alignment = 0 };

	(void)state;
	assert_int_equal(payload_alignment(&payload), 2 * MIB);
	payload.bzimage.kernel_alignment = 16 * MIB;
	assert_int_equal(payload_alignment(&payload), 16 * MIB);
}

int main(void)
{
	return RUN_TESTS("payload", bzimage_alone, bzimage_that_is_pe, pvh_kernels, elf_without_pvh, linux_elf,
			 broken_kernels, no_kernels, behind_the_pv_door, whichever_door,
			 bzimage_behind_the_pv_door, startup_entry, alignments);
}
