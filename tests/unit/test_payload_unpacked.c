/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads that are found packed, and become the kernel that was in them. */
#include "payload_scene.h"
#include "packer.h"

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
	file_put(stored, offsetof(struct stored_header, version), STORED_VERSION + 1, 4);
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
	return RUN_TESTS("payload unpacked", unpacked_kernels, compressed_kernels, stored_kernels);
}
