/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "builder.h"
#include "packer.h"

#include <shim/payload/payload.h>

#define MODULE_AT 0x800000

static struct image image_of(struct file file, uint64_t start)
{
	return (struct image){ file_span(file), start };
}

/* One module, or more, and nothing else. */
static struct error find(struct payload *out, unsigned count, struct file first, struct file second)
{
	struct payload_source source = {
		.module_count = count,
		.module = { image_of(first, MODULE_AT), image_of(second, 2 * MODULE_AT) },
		.module_cmdline = { "of the module", "of the initrd" },
	};

	return payload_find(&source, out);
}

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

static void initrd_module(void **state)
{
	struct file kernel = build_bzimage(), initrd = file_of("070701", 6);
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 2, kernel, initrd));
	assert_span(payload.module[0].image.bytes, "070701");
	assert_int_equal(payload.module[0].image.start, 2 * MODULE_AT);
	assert_span(payload.module[0].line, "of the initrd");
	assert_error(find(&payload, 2, kernel, kernel), ERROR_INITRD_KERNEL);
	assert_error(find(&payload, 2, kernel, (struct file){ 0 }), ERROR_INITRD_EMPTY);
	assert_error(find(&payload, 3, kernel, initrd), ERROR_INITRD_EMPTY);
	assert_error(find(&payload, BOOT_MAX_MODULES + 1, kernel, initrd), ERROR_MODULE_COUNT);
	assert_error(find(&payload, 0, kernel, initrd), ERROR_MODULE_NONE);
	file_free(&kernel);
	file_free(&initrd);
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

/* An ELF64 with one segment at 1 MiB and the notes given. */
static struct file kernel_with_notes(struct file notes)
{
	return build_elf(64, (struct elf_part[]){
		{ 1, 5, 0x100000, 0x100000, "code", 4, 0x1000, 4096 },
		{ 1, 5, 0x100000000, 0x100000000, "high", 4, 0x1000, 4096 },
		{ 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 },
	}, 3);
}

static struct error find_with_notes(struct file *notes, struct payload *payload)
{
	struct file kernel = kernel_with_notes(*notes);
	struct error error = find(payload, 1, kernel, (struct file){ 0 });

	file_free(&kernel);
	file_free(notes);
	return error;
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

static void versions_are_printable(void **state)
{
	struct file notes = file_new(0);
	struct payload payload;
	char longest[PAYLOAD_VERSION_SIZE + 10];

	(void)state;
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_VERSION, "1\n\177.2 more", 11, 4);
	assert_fine(find_with_notes(&notes, &payload));
	assert_string_equal(payload.version, "1??.2");
	/* A vmlinux says no limit, but has one. */
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linux", 6, 4);
	assert_fine(find_with_notes(&notes, &payload));
	assert_int_equal(payload.cmdline_limit, 2047);
	assert_string_equal(payload.cmdline_taker, "Linux");
	notes = file_new(0);
	memset(longest, 'v', sizeof(longest));
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_VERSION, longest, sizeof(longest), 4);
	assert_fine(find_with_notes(&notes, &payload));
	assert_int_equal(strlen(payload.version), PAYLOAD_VERSION_SIZE - 1);
}

static struct error find_with_text(const struct file *notes, const char *text, struct payload *payload)
{
	struct file kernel = build_elf(64, (struct elf_part[]){
		{ 1, 5, 0x100000, 0x100000, "code", 4, 0x1000, 4096 },
		{ 1, 4, 0x101000, 0x101000, text, strlen(text), 0x1000, 4096 },
		{ 4, 4, 0, 0, notes->at, notes->size, notes->size, 4 },
	}, 3);
	struct error error = find(payload, 1, kernel, (struct file){ 0 });
	struct file uki = build_uki((struct pe_section[]){ { ".linux", kernel.at, kernel.size }, { ".uname", "9.8", 3 } }, 2);
	struct payload inside;

	assert_fine(find(&inside, 1, uki, (struct file){ 0 }));
	assert_string_equal(inside.version, "9.8");
	file_free(&uki);
	file_free(&kernel);
	return error;
}

/* Linux's own banner before its note, and what a UKI says before both. */
static void version_of_linux(void **state)
{
	struct file notes = file_new(0);
	struct payload payload;

	(void)state;
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_OS, "linux", 6, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_VERSION, "2.6", 4, 4);
	assert_fine(find_with_text(&notes, "Linux versio", &payload));
	assert_string_equal(payload.version, "2.6");
	assert_fine(find_with_text(&notes, "Linux version ", &payload));
	assert_string_equal(payload.version, "unknown");
	assert_fine(find_with_text(&notes, "LLinux Linux version 6.1.0-56-amd64 (who)", &payload));
	assert_string_equal(payload.version, "6.1.0-56-amd64");
	assert_fine(find_with_text(&notes, "Linux version 6.1.0-56-amd64 (who@where.is.it) (gcc-12 (GCC) 12.2.0) #1 SMP Monday", &payload));
	assert_string_equal(payload.version, "6.1.0-56-amd64");
	file_free(&notes);
	/* In a kernel that is not Linux it is just text. */
	notes = file_new(0);
	build_note_number(&notes, XEN_NOTE_PHYS32_ENTRY, 0x100000, 4);
	build_note(&notes, "Xen", XEN_NOTE_GUEST_VERSION, "7", 2, 4);
	assert_fine(find_with_text(&notes, "Linux version 6.1", &payload));
	assert_string_equal(payload.version, "7");
	file_free(&notes);
}

static struct file build_full_uki(const char *initrd)
{
	struct file kernel = build_bzimage();
	struct file uki = build_uki((struct pe_section[]){
		{ ".linux", kernel.at, kernel.size },
		{ ".cmdline", "of the uki\n\0\0", 13 },
		{ ".initrd", initrd, initrd ? strlen(initrd) : 0 },
	}, initrd ? 3 : 2);

	file_free(&kernel);
	return uki;
}

static void uki_alone(void **state)
{
	struct file uki = build_full_uki("070701");
	struct payload_source source = { .module_count = 1, .module = { image_of(uki, MODULE_AT) } };
	struct payload payload;

	(void)state;
	assert_fine(payload_find(&source, &payload));
	assert_true(payload.from_uki);
	assert_int_equal(payload.kernel.start, MODULE_AT + (uint64_t)(payload.kernel.bytes.at - uki.at));
	assert_span(payload.module[0].image.bytes, "070701");
	assert_span(cmdline_chosen(&payload.lines), "of the uki\n");
	source.module_cmdline[0] = "of the module";
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "of the module");
	source.cmdline = "of the door";
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "of the door");
	source.cmdline = "lull.proto=pvh";
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "of the module");
	assert_int_equal(payload.options.value[LULL_PROTO], PROTO_PVH);
	source.module_cmdline[0] = "lull.proto=none";
	assert_error(payload_find(&source, &payload), ERROR_CMDLINE_PROTO);
	source.module_cmdline[0] = "lull.cmdline=none";
	assert_error(payload_find(&source, &payload), ERROR_CMDLINE_CHOICE);
	file_free(&uki);
}

static void uki_with_more_than_is_used(void **state)
{
	struct file kernel = build_bzimage();
	struct file uki = build_uki((struct pe_section[]){
		{ ".linux", kernel.at, kernel.size }, { ".sbat", "x", 1 }, { ".dtb", "", 0 }, { ".ucode", "070701", 6 },
		{ ".pcrpkey", "x", 1 },
	}, 5);
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 1, uki, (struct file){ 0 }));
	assert_int_equal(payload.unused_sections, 1 << 0 | 1 << 6);
	assert_string_equal(uki_unused_name(0), ".ucode");
	assert_string_equal(uki_unused_name(6), ".pcrpkey");
	assert_span(cmdline_chosen(&payload.lines), "of the module");
	file_free(&kernel);
	file_free(&uki);
}

static void uki_and_initrds(void **state)
{
	struct file with = build_full_uki("070701"), without = build_full_uki(NULL), empty = build_full_uki("");
	struct file initrd = file_of("070702", 6);
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 2, without, initrd));
	assert_span(payload.module[0].image.bytes, "070702");
	assert_error(find(&payload, 2, with, initrd), ERROR_INITRD_TWICE);
	assert_error(find(&payload, 2, without, with), ERROR_INITRD_KERNEL);
	/* An empty section is no initrd. */
	assert_fine(find(&payload, 1, empty, initrd));
	assert_int_equal(payload_modules_size(&payload), 0);
	assert_fine(find(&payload, 2, empty, initrd));
	assert_span(payload.module[0].image.bytes, "070702");
	file_free(&with);
	file_free(&without);
	file_free(&empty);
	file_free(&initrd);
}

/* What gzip makes of nothing stands beside an initrd, and for one; and so do zeros. */
static void no_archive(void **state)
{
	static const char nothing[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0";
	static const char something[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\1";
	struct file uki = build_full_uki("070701"), without = build_full_uki(NULL);
	/* The last byte of each is the string's own end. */
	struct file none = file_of(nothing, sizeof(nothing)), some = file_of(something, sizeof(something));
	struct file cut = file_of(nothing, 3), zeros = file_of("\0\0\0", 4), empty = { NULL, 0 };
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 2, uki, none));
	assert_span(payload.module[0].image.bytes, "070701");
	assert_fine(find(&payload, 2, without, none));
	assert_int_equal(payload.module[0].image.bytes.size, sizeof(nothing));
	assert_fine(find(&payload, 2, uki, zeros));
	assert_span(payload.module[0].image.bytes, "070701");
	assert_error(find(&payload, 2, uki, some), ERROR_INITRD_TWICE);
	assert_error(find(&payload, 2, uki, cut), ERROR_INITRD_TWICE);
	assert_error(find(&payload, 2, uki, empty), ERROR_INITRD_EMPTY);
	file_free(&uki);
	file_free(&without);
	file_free(&none);
	file_free(&some);
	file_free(&cut);
	file_free(&zeros);
}

static void embedded_images(void **state)
{
	struct file uki = build_full_uki(NULL), initrd = file_of("070701", 6), kernel = build_pvh(64, 0x100000);
	struct payload_source source = { .embedded = image_of(uki, MODULE_AT) };
	struct payload payload;

	(void)state;
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "of the uki\n");
	/* As firmware has loaded it, where that is another place for all that lull reads. */
	source.embedded_is_loaded = true;
	assert_fine(payload_find(&source, &payload));
	assert_span(cmdline_chosen(&payload.lines), "of the uki\n");
	file_put(uki, uki_header(0) + 12, uki.size, 4);
	assert_error(payload_find(&source, &payload), ERROR_PE_SECTION_END);
	source.embedded_is_loaded = false;
	source.module_count = 1;
	source.module[0] = image_of(initrd, 2 * MODULE_AT);
	source.module_cmdline[0] = "not the kernel's";
	assert_fine(payload_find(&source, &payload));
	assert_int_equal(payload.module[0].image.start, 2 * MODULE_AT);
	assert_span(payload.module[0].line, "not the kernel's");
	assert_span(cmdline_chosen(&payload.lines), "of the uki\n");
	source.module[0] = image_of(kernel, 2 * MODULE_AT);
	assert_error(payload_find(&source, &payload), ERROR_INITRD_KERNEL);
	source.module_count = BOOT_MAX_MODULES + 1;
	assert_error(payload_find(&source, &payload), ERROR_MODULE_COUNT);
	source.module_count = 0;
	source.embedded.bytes = span("junk", 4);
	assert_error(payload_find(&source, &payload), ERROR_PAYLOAD_UNKNOWN);
	file_free(&uki);
	file_free(&initrd);
	file_free(&kernel);
}

static void broken_ukis(void **state)
{
	struct file inner = build_full_uki(NULL), initrd = file_of("x", 1);
	struct file nested = build_uki((struct pe_section[]){ { ".linux", inner.at, inner.size } }, 1);
	struct file junk = build_uki((struct pe_section[]){ { ".linux", "\x1f\x8c", 2 } }, 1);
	struct file program = build_uki((struct pe_section[]){ { ".text", "x", 1 } }, 1);
	struct file prefix = file_prefix(inner, 40);
	struct payload payload;

	(void)state;
	assert_error(find(&payload, 1, nested, initrd), ERROR_PAYLOAD_NESTED);
	assert_error(find(&payload, 1, junk, initrd), ERROR_PAYLOAD_UNKNOWN);
	assert_error(find(&payload, 1, program, initrd), ERROR_UKI_NO_LINUX);
	assert_error(find(&payload, 1, prefix, initrd), ERROR_PE_TRUNCATED);
	file_free(&inner);
	file_free(&initrd);
	file_free(&nested);
	file_free(&junk);
	file_free(&program);
	file_free(&prefix);
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

static struct error find_any(struct file *notes, struct payload *payload)
{
	struct file kernel = kernel_with_notes(*notes);
	struct payload_source source = { .module_count = 1, .module = { { file_span(kernel), 0x200000 } } };
	struct error error;

	/* e_entry. */
	file_put(kernel, 24, 0x100002, 8);
	error = payload_find_any(source, payload);
	file_free(&kernel);
	return error;
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

/* The kernel inside a bzImage takes its place, but not its name. */
static void unpacked_kernels(void **state)
{
	struct file bzimage = build_bzimage(), kernel = build_pvh(64, 0x100000), notes = file_new(0), other;
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 1, bzimage, (struct file){ 0 }));
	assert_fine(payload_take_vmlinux(image_of(kernel, 0x40000000), &payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	assert_string_equal(payload.kind_name, "linux-bzimage");
	assert_string_equal(payload.version, "6.1.0-test");
	assert_int_equal(payload.cmdline_limit, 2047);
	assert_int_equal(payload.kernel.start, 0x40000000);
	assert_int_equal(payload.kernel.bytes.size, kernel.size);
	assert_int_equal(payload.pvh_entry, 0x100000);
	assert_int_equal(payload.elf.memory.start, 0x100000);

	assert_fine(find(&payload, 1, bzimage, (struct file){ 0 }));
	assert_error(payload_take_vmlinux(image_of(bzimage, 0), &payload), ERROR_ELF_KIND);
	other = build_elf(64, (struct elf_part[]){ { 1, 5, 0x100000, 0x100000, "code", 4, 64, 16 } }, 1);
	assert_error(payload_take_vmlinux(image_of(other, 0), &payload), ERROR_LINUX_NO_PVH);
	file_free(&other);
	build_note_number(&notes, 1, 0x100000, 8);
	other = build_elf(64, (struct elf_part[]){ { 1, 5, 0x100000, 0x100000, "code", 4, 64, 16 },
						   { 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 } }, 2);
	assert_error(payload_take_vmlinux(image_of(other, 0), &payload), ERROR_LINUX_NO_PVH);
	assert_int_equal(payload.kind, PAYLOAD_LINUX_BZIMAGE);
	/* Its decompressor needs no note. */
	file_put(other, 24, 0x100001, 8);
	assert_fine(payload_take_vmlinux(image_of(other, 0), &payload));
	assert_int_equal(payload.kind, PAYLOAD_LINUX_ELF64);
	assert_true(payload.has_startup);
	file_free(&other);
	file_free(&notes);
	file_free(&kernel);
	file_free(&bzimage);
}

/* A compressed ELF file is the ELF file that it unpacks to, from a module or in a UKI. */
static void compressed_kernels(void **state)
{
	struct file packed = file_of("\x1f\x8b\x08 and so on", 13), kernel = build_pvh(64, 0x100000);
	struct file other = kernel_with_notes((struct file){ 0 });
	struct file uki = build_uki((struct pe_section[]){ { ".linux", packed.at, packed.size },
							   { ".uname", "1.2-uki", 7 } }, 2);
	struct payload payload;
	struct error error;

	(void)state;
	assert_fine(find(&payload, 1, packed, (struct file){ 0 }));
	assert_int_equal(payload.kind, PAYLOAD_COMPRESSED);
	assert_int_equal(payload.compression, COMPRESSION_GZIP);
	assert_true(payload_is_packed(&payload));
	error = payload_take_unpacked((struct image){ span("070701", 6), 0 }, &payload);
	assert_error(error, ERROR_PAYLOAD_COMPRESSED);
	assert_int_equal(error.found, 0x30373037);
	assert_string_equal(error.subject, "gzip");
	assert_error(payload_take_unpacked(image_of(other, 0), &payload), ERROR_ELF_NO_PVH);
	assert_fine(payload_take_unpacked(image_of(kernel, 0x40000000), &payload));
	assert_false(payload_is_packed(&payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	assert_string_equal(payload.kind_name, "pvh-elf64");
	assert_string_equal(payload.version, "unknown");
	assert_int_equal(payload.kernel.start, 0x40000000);
	assert_true(payload.cmdline_limit == UINT64_MAX);
	assert_span(cmdline_chosen(&payload.lines), "of the module");
	assert_fine(find(&payload, 1, uki, (struct file){ 0 }));
	assert_fine(payload_take_unpacked(image_of(kernel, 0), &payload));
	assert_string_equal(payload.version, "1.2-uki");
	file_free(&uki);
	file_free(&other);
	file_free(&kernel);
	file_free(&packed);
}

/* What lull pack stored: what was in a bzImage keeps what its setup code says. */
static void stored_kernels(void **state)
{
	static const struct stored_part part = { 0, 200, STORED_RAW };
	struct file bzimage = build_bzimage(), kernel = build_pvh(64, 0x100000);
	struct file stored = pack_stored(file_span(kernel), span(bzimage.at, BZIMAGE_CODE), &part, 1);
	struct payload payload;

	(void)state;
	assert_fine(find(&payload, 1, stored, (struct file){ 0 }));
	assert_int_equal(payload.kind, PAYLOAD_STORED);
	assert_true(payload_is_packed(&payload));
	assert_string_equal(payload.kind_name, "linux-vmlinux");
	assert_int_equal(payload.bzimage.setup_header.size, 0x202 + 0x6a - 0x1f1);
	assert_fine(payload_take_unpacked(image_of(kernel, 0x40000000), &payload));
	assert_int_equal(payload.kind, PAYLOAD_PVH_ELF64);
	assert_string_equal(payload.kind_name, "linux-vmlinux");
	assert_string_equal(payload.version, "6.1.0-test");
	assert_int_equal(payload.cmdline_limit, 2047);
	file_put(stored, sizeof(struct stored_header) + sizeof(struct stored_extent) + 0x1fe, 0, 2);
	assert_error(find(&payload, 1, stored, (struct file){ 0 }), ERROR_LINUX_FIELD);
	file_put(stored, offsetof(struct stored_header, version), 2, 4);
	assert_error(find(&payload, 1, stored, (struct file){ 0 }), ERROR_STORED_FIELD);
	assert_error(find(&payload, 2, bzimage, stored), ERROR_INITRD_KERNEL);
	file_free(&stored);
	stored = pack_stored(file_span(kernel), span("", 0), &part, 1);
	assert_fine(find(&payload, 1, stored, (struct file){ 0 }));
	assert_error(payload_take_unpacked(image_of(bzimage, 0), &payload), ERROR_ELF_KIND);
	assert_fine(payload_take_unpacked(image_of(kernel, 0), &payload));
	assert_string_equal(payload.kind_name, "pvh-elf64");
	file_free(&stored);
	file_free(&kernel);
	file_free(&bzimage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_kernels),
		cmocka_unit_test(stored_kernels),
		cmocka_unit_test(bzimage_alone),
		cmocka_unit_test(bzimage_that_is_pe),
		cmocka_unit_test(initrd_module),
		cmocka_unit_test(pvh_kernels),
		cmocka_unit_test(behind_the_pv_door),
		cmocka_unit_test(whichever_door),
		cmocka_unit_test(bzimage_behind_the_pv_door),
		cmocka_unit_test(elf_without_pvh),
		cmocka_unit_test(versions_are_printable),
		cmocka_unit_test(version_of_linux),
		cmocka_unit_test(uki_alone),
		cmocka_unit_test(uki_with_more_than_is_used),
		cmocka_unit_test(uki_and_initrds),
		cmocka_unit_test(no_archive),
		cmocka_unit_test(embedded_images),
		cmocka_unit_test(broken_ukis),
		cmocka_unit_test(broken_kernels),
		cmocka_unit_test(no_kernels),
		cmocka_unit_test(startup_entry),
		cmocka_unit_test(alignments),
		cmocka_unit_test(unpacked_kernels),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
