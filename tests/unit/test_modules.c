/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"

#include <shim/payload/modules.h>

#define MODULE_AT 0x800000

/* A section with two modules, "one" and "three", of which the second has a line. */
static struct file section(void)
{
	struct file file = file_new(16 + 2 * 32);

	memcpy(file.at, MODULES_MAGIC, MODULES_MAGIC_SIZE);
	file_put(file, 8, 2, 8);
	for (unsigned i = 0; i < 2; i++) {
		const char *bytes = i ? "three" : "one", *line = i ? "a line\0junk" : "";

		file_put(file, 16 + 32 * i, file.size, 8);
		file_put(file, 24 + 32 * i, strlen(bytes), 8);
		file_append(&file, bytes, strlen(bytes));
		file_put(file, 32 + 32 * i, file.size, 8);
		file_put(file, 40 + 32 * i, i ? 11 : 0, 8);
		file_append(&file, line, i ? 11 : 0);
	}
	return file;
}

static void a_section(void **state)
{
	struct file file = section();
	struct span bytes, line;
	uint64_t count;

	(void)state;
	assert_fine(modules_count(file_span(file), &count));
	assert_int_equal(count, 2);
	assert_fine(modules_entry_read(file_span(file), 0, &bytes, &line));
	assert_span(bytes, "one");
	assert_span(line, "");
	assert_fine(modules_entry_read(file_span(file), 1, &bytes, &line));
	assert_span(bytes, "three");
	assert_span(line, "a line");
	file_free(&file);
}

static void sections_that_are_wrong(void **state)
{
	struct file file = section(), cut = file_prefix(file, 15);
	struct span bytes, line;
	uint64_t count;

	(void)state;
	assert_error(modules_count(file_span(cut), &count), ERROR_MODULES_SECTION);
	file_put(file, 8, 3, 8);
	assert_error(modules_count(span(file.at, 16 + 3 * 32 - 1), &count), ERROR_MODULES_SECTION);
	assert_fine(modules_count(span(file.at, 16 + 3 * 32), &count));
	file_put(file, 8, UINT64_MAX / 32 + 2, 8);
	assert_error(modules_count(file_span(file), &count), ERROR_MODULES_SECTION);
	for (unsigned field = 16; field < 48; field += 8) {
		uint64_t old = span_u64(file_span(file), field);

		file_put(file, field, file.size + 1, 8);
		assert_error(modules_entry_read(file_span(file), 0, &bytes, &line), ERROR_MODULES_SECTION);
		file_put(file, field, UINT64_MAX, 8);
		assert_error(modules_entry_read(file_span(file), 0, &bytes, &line), ERROR_MODULES_SECTION);
		file_put(file, field, old, 8);
	}
	file.at[0] = 'l';
	assert_error(modules_count(file_span(file), &count), ERROR_MODULES_SECTION);
	file_free(&file);
	file_free(&cut);
}

static struct error find(struct payload_source *source, struct file kernel, unsigned modules, const char *bytes, struct payload *out)
{
	source->module[0] = (struct image){ file_span(kernel), MODULE_AT };
	source->module_count = modules + 1;
	for (unsigned i = 1; i <= modules && i < BOOT_MAX_MODULES; i++) {
		source->module[i] = (struct image){ span(bytes, strlen(bytes)), (i + 1) * MODULE_AT };
		source->module_cmdline[i] = i == 1 ? "its line" : NULL;
	}
	return payload_find(source, out);
}

/* A kernel that is no Linux gets what there is, as it is. */
static void modules_as_they_are(void **state)
{
	struct file kernel = build_pvh(64, 0x100000);
	struct payload_source source = { .module_count = 0 };
	struct payload payload;

	(void)state;
	assert_fine(find(&source, kernel, BOOT_MAX_MODULES - 1, "\x7f" "ELF", &payload));
	assert_false(payload_joins_modules(&payload));
	assert_int_equal(payload.module_count, BOOT_MAX_MODULES - 1);
	assert_int_equal(payload.packed_modules, 0);
	assert_int_equal(payload_modules_size(&payload), 4 * (BOOT_MAX_MODULES - 1));
	assert_span(payload.module[0].line, "its line");
	assert_span(payload.module[1].line, "");
	assert_string_equal(payload.module[6].name, "module 7");
	assert_int_equal(payload.module[6].image.start, 8 * MODULE_AT);
	assert_error(find(&source, kernel, BOOT_MAX_MODULES, "x", &payload), ERROR_MODULE_COUNT);
	assert_error(find(&source, kernel, 2, "", &payload), ERROR_INITRD_EMPTY);
	/* The embedded image is the kernel: there is room for one module more. */
	source.embedded = source.module[0];
	assert_fine(find(&source, kernel, BOOT_MAX_MODULES - 1, "x", &payload));
	assert_int_equal(payload.module_count, BOOT_MAX_MODULES);
	file_free(&kernel);
}

/* A Linux takes them as one initrd. */
static void parts_of_an_initrd(void **state)
{
	struct file kernel = build_bzimage();
	struct payload_source source = { .module_count = 0 };
	struct payload payload;

	(void)state;
	assert_fine(find(&source, kernel, 3, "07070", &payload));
	assert_true(payload_joins_modules(&payload));
	assert_int_equal(payload_modules_size(&payload), 8 + 8 + 5);
	assert_error(find(&source, kernel, 2, "\x7f" "ELF", &payload), ERROR_INITRD_KERNEL);
	assert_string_equal(find(&source, kernel, 2, "\x7f" "ELF", &payload).subject, "module 1");
	file_free(&kernel);
}

static void who_joins(void **state)
{
	struct payload payload = { .kind = PAYLOAD_PVH_ELF64 };

	(void)state;
	assert_false(payload_joins_modules(&payload));
	payload.kind = PAYLOAD_MULTIBOOT1;
	assert_false(payload_joins_modules(&payload));
	payload.kind = PAYLOAD_LINUX_ELF64;
	assert_true(payload_joins_modules(&payload));
	payload.kind = PAYLOAD_PVH_ELF64;
	payload.bzimage.setup_header = span("x", 1);
	assert_true(payload_joins_modules(&payload));
	payload.bzimage.setup_header.size = 0;
	payload.notes.note[XEN_NOTE_GUEST_OS] = (struct xen_note){ .present = true, .bytes = span("linux", 6) };
	assert_true(payload_joins_modules(&payload));
	payload.notes.note[XEN_NOTE_GUEST_OS].present = false;
	payload.notes.note[XEN_NOTE_GUEST_OS].bytes.size = 0;
	payload.as_xen_pv = true;
	assert_true(payload_joins_modules(&payload));
}

/* The container's own modules come first, .initrd before .modules. */
static void packed_modules(void **state)
{
	struct file kernel = build_pvh(64, 0x100000), modules = section();
	struct file uki = build_uki((struct pe_section[]){
		{ ".linux", kernel.at, kernel.size }, { ".initrd", "zero", 4 }, { ".modules", modules.at, modules.size },
	}, 3);
	struct payload_source source = { .module_count = 0 };
	struct payload payload;

	(void)state;
	assert_fine(find(&source, uki, 1, "four", &payload));
	assert_int_equal(payload.module_count, 4);
	assert_int_equal(payload.packed_modules, 3);
	assert_span(payload.module[0].image.bytes, "zero");
	assert_span(payload.module[1].image.bytes, "one");
	assert_span(payload.module[2].image.bytes, "three");
	assert_span(payload.module[2].line, "a line");
	assert_span(payload.module[3].image.bytes, "four");
	assert_int_equal(payload.module[1].image.start, MODULE_AT + (uint64_t)(payload.module[1].image.bytes.at - uki.at));
	assert_error(find(&source, uki, BOOT_MAX_MODULES - 1, "four", &payload), ERROR_MODULE_COUNT);
	file_free(&uki);
	file_put(modules, 24, 0, 8);
	uki = build_uki((struct pe_section[]){ { ".linux", kernel.at, kernel.size }, { ".modules", modules.at, modules.size } }, 2);
	assert_error(find(&source, uki, 0, "", &payload), ERROR_INITRD_EMPTY);
	file_free(&uki);
	file_put(modules, 24, UINT64_MAX, 8);
	uki = build_uki((struct pe_section[]){ { ".linux", kernel.at, kernel.size }, { ".modules", modules.at, modules.size } }, 2);
	assert_error(find(&source, uki, 0, "", &payload), ERROR_MODULES_SECTION);
	file_free(&uki);
	file_put(modules, 8, 99, 8);
	uki = build_uki((struct pe_section[]){ { ".linux", kernel.at, kernel.size }, { ".modules", modules.at, modules.size } }, 2);
	assert_error(find(&source, uki, 0, "", &payload), ERROR_MODULES_SECTION);
	file_free(&uki);
	file_free(&modules);
	file_free(&kernel);
}

/* A flat file, or an ELF file without another way in, with a header of one kind or both. */
static struct error find_kernel(struct file kernel, const char *line, bool xen_pv, struct payload *out)
{
	struct payload_source source = { .cmdline = line, .xen_pv = xen_pv };

	return find(&source, kernel, 1, "\x7f" "ELF", out);
}

static void flat_multiboot_kernels(void **state)
{
	static const uint32_t first[] = { 0x10003, 0x200100, 0x200000, 0, 0x300000, 0x200040 };
	static const uint32_t second[] = { 2, 24, 0x200100, 0x200000, 0, 0x300000, 3, 12, 0x200040, 0, 0, 8 };
	struct payload payload;

	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		struct file kernel = version == 1 ? build_multiboot(1, 0x1000, 0x100, first, 6) :
						    build_multiboot(2, 0x1000, 0x100, second, 12);

		assert_fine(find_kernel(kernel, "", false, &payload));
		assert_int_equal(payload.kind, version == 1 ? PAYLOAD_MULTIBOOT1 : PAYLOAD_MULTIBOOT2);
		assert_string_equal(payload.kind_name, version == 1 ? "multiboot1" : "multiboot2");
		assert_string_equal(payload.version, "unknown");
		assert_true(payload.cmdline_limit == UINT64_MAX);
		assert_int_equal(payload.multiboot.entry, 0x200040);
		assert_int_equal(payload.elf.segment_count, 1);
		assert_int_equal(payload.elf.memory.start, 0x200000);
		assert_int_equal(payload.elf.memory.end, 0x300000);
		assert_int_equal(payload.elf.segment[0].file_size, 0x1000);
		assert_int_equal(payload.module_count, 1);
		assert_error(find_kernel(kernel, "lull.proto=multiboot2", false, &payload),
			     version == 2 ? ERROR_NONE : ERROR_MULTIBOOT_NONE);
		assert_error(find_kernel(kernel, "", true, &payload), ERROR_PAYLOAD_UNKNOWN);
		/* Beside a Linux it is a kernel in the initrd's place. */
		assert_true(payload_is_kernel(file_span(kernel)));
		file_put(kernel, version == 1 ? 0x11c : 0x130, 0x300000, 4);
		assert_error(find_kernel(kernel, "", false, &payload), ERROR_MULTIBOOT_ENTRY);
		file_free(&kernel);
	}
}

/* An ELF64 with one segment at 1 MiB, with the notes of a PVH kernel or of a PV kernel, or none, and both headers. */
static struct file elf_with_headers(uint32_t note)
{
	static const uint32_t flags[] = { 3 }, tags[] = { 0, 8 };
	struct file code = build_multiboot(1, 0x200, 0x100, flags, 1), second = build_multiboot(2, 0x200, 0, tags, 2);
	struct file notes = file_new(0), kernel;

	memcpy(code.at + 0x180, second.at, 24);
	if (note != 0)
		build_note_number(&notes, note, 0x100010, 4);
	kernel = build_elf(64, (struct elf_part[]){
		{ 1, 5, 0x100000, 0x100000, code.at, code.size, 0x1000, 4096 },
		{ 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 },
	}, 2);
	file_put(kernel, 24, 0x100020, 8);
	file_free(&code);
	file_free(&second);
	file_free(&notes);
	return kernel;
}

static void elf_kernels_with_two_ways_in(void **state)
{
	struct file none = elf_with_headers(0), pvh = elf_with_headers(18), pv = elf_with_headers(1);
	struct payload payload;

	(void)state;
	assert_fine(find_kernel(none, "", false, &payload));
	assert_int_equal(payload.kind, PAYLOAD_MULTIBOOT2);
	assert_int_equal(payload.multiboot.entry, 0x100020);
	assert_fine(find_kernel(none, "lull.proto=multiboot1", false, &payload));
	assert_int_equal(payload.kind, PAYLOAD_MULTIBOOT1);
	assert_error(find_kernel(none, "", true, &payload), ERROR_ELF_NO_PV);
	assert_error(find_kernel(none, "lull.proto=multiboot1", true, &payload), ERROR_ELF_NO_PV);
	assert_fine(find_kernel(pvh, "", false, &payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	assert_fine(find_kernel(pvh, "lull.proto=multiboot2", false, &payload));
	assert_int_equal(payload.kind, PAYLOAD_MULTIBOOT2);
	assert_fine(find_kernel(pv, "", false, &payload));
	assert_int_equal(payload.kind, PAYLOAD_MULTIBOOT2);
	/* What is wrong with an ELF file is said, whatever it is entered by; and what is wrong with notes. */
	file_put(none, 24, 0x300000, 8);
	assert_error(find_kernel(none, "", false, &payload), ERROR_MULTIBOOT_ENTRY);
	file_put(none, 16, 1, 2);
	assert_error(find_kernel(none, "lull.proto=multiboot1", false, &payload), ERROR_ELF_KIND);
	file_free(&none);
	file_free(&pvh);
	file_free(&pv);
}

/* By its header, a kernel with notes for lull, or with broken ones, is what it is otherwise. */
static void notes_of_multiboot_kernels(void **state)
{
	static const uint32_t flags[] = { 3 };
	struct file code = build_multiboot(1, 0x200, 0x100, flags, 1);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct file notes = file_new(0), kernel;
		struct payload payload;
		struct error error;

		if (i == 1)
			build_note_number(&notes, 18, 0x100010, 3);
		if (i == 2)
			build_note(&notes, "lull", 99, "", 0, 4);
		kernel = build_elf(64, (struct elf_part[]){
			{ 1, 5, 0x100000, 0x100000, code.at, code.size, 0x1000, 4096 },
			{ 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 },
		}, 2);
		file_put(kernel, 24, 0x100020, 8);
		error = find_kernel(kernel, "lull.proto=multiboot1", false, &payload);
		assert_error(error, i == 0 ? ERROR_NONE : i == 1 ? ERROR_ELF_NOTE_SIZE : ERROR_SITES_NOTE_TYPE);
		file_free(&notes);
		file_free(&kernel);
	}
	file_free(&code);
}

/* Compressed, it is unpacked first, and only then is there a header. */
static void compressed_multiboot_kernels(void **state)
{
	static const uint32_t first[] = { 0x10003, 0x200100, 0x200000, 0, 0x300000, 0x200040 };
	struct file packed = file_of("\x1f\x8b\x08 and so on", 13), flat = build_multiboot(1, 0x1000, 0x100, first, 6);
	struct file elf = elf_with_headers(18), small = file_new(8);
	struct payload_source guest = { .cmdline = "lull.proto=multiboot1", .xen_pv = true };
	struct payload payload;

	(void)state;
	for (unsigned asked = 0; asked < 2; asked++) {
		assert_fine(find_kernel(packed, asked ? "lull.proto=multiboot1" : "", false, &payload));
		assert_int_equal(payload.kind, PAYLOAD_COMPRESSED);
		assert_fine(payload_take_unpacked((struct image){ file_span(flat), MIB }, &payload));
		assert_int_equal(payload.kind, PAYLOAD_MULTIBOOT1);
		assert_string_equal(payload.kind_name, "multiboot1");
		assert_int_equal(payload.multiboot.entry, 0x200040);
		assert_fine(find_kernel(packed, asked ? "lull.proto=multiboot2" : "", false, &payload));
		assert_fine(payload_take_unpacked((struct image){ file_span(elf), MIB }, &payload));
		assert_int_equal(payload.kind, asked ? PAYLOAD_MULTIBOOT2 : PAYLOAD_PVH_ELF64);
	}
	assert_error(payload_take_unpacked((struct image){ file_span(small), MIB }, &payload), ERROR_MULTIBOOT_NONE);
	/* As a PV guest nothing is entered so. */
	assert_fine(find(&guest, packed, 0, "", &payload));
	assert_error(payload_take_unpacked((struct image){ file_span(flat), MIB }, &payload), ERROR_PAYLOAD_COMPRESSED);
	file_free(&packed);
	file_free(&flat);
	file_free(&elf);
	file_free(&small);
}

static void a_version_that_the_container_says(void **state)
{
	static const uint32_t first[] = { 0x10003, 0x200100, 0x200000, 0, 0, 0x200040 };
	struct file kernel = build_multiboot(1, 0x1000, 0x100, first, 6);
	struct file uki = build_uki((struct pe_section[]){
		{ ".linux", kernel.at, kernel.size }, { ".uname", "1.8", 3 },
	}, 2);
	struct payload payload;

	(void)state;
	assert_fine(find_kernel(uki, "", false, &payload));
	assert_string_equal(payload.version, "1.8");
	file_free(&kernel);
	file_free(&uki);
}

/* A PV guest has room for one. */
static void modules_of_a_pv_guest(void **state)
{
	struct payload payload = { .as_xen_pv = true, .module_count = 1 };

	(void)state;
	assert_fine(modules_judge(&payload));
	payload.module_count = 2;
	assert_error(modules_judge(&payload), ERROR_MODULE_COUNT);
}

int main(void)
{
	return RUN_TESTS("modules", a_section, sections_that_are_wrong, modules_as_they_are, parts_of_an_initrd,
			 who_joins, packed_modules, flat_multiboot_kernels, elf_kernels_with_two_ways_in,
			 notes_of_multiboot_kernels, compressed_multiboot_kernels,
			 a_version_that_the_container_says, modules_of_a_pv_guest);
}
