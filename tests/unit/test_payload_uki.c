/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes with a kernel: a UKI's sections, an embedded image, initrds; and whose command line counts. */
#include "payload_scene.h"

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

/* What add-ons have: an initrd in place of the UKI's, which it begins with, and words behind all. */
static void added_to_uki(void **state)
{
	struct file with = build_full_uki("070701"), without = build_full_uki(NULL), initrd = file_of("070701 and more", 15);
	struct payload_source source = {
		.module_count = 1, .module = { image_of(with, MODULE_AT) }, .initrd = image_of(initrd, 2 * MODULE_AT), .added = "a=1 lull.proto=pvh",
	};
	struct payload payload;
	char line[64];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_fine(payload_find(&source, &payload));
		assert_int_equal(payload.module_count, 1);
		assert_int_equal(payload.packed_modules, 1);
		assert_span(payload.module[0].image.bytes, "070701 and more");
		assert_int_equal(payload.module[0].image.start, 2 * MODULE_AT);
		assert_int_equal(payload.options.value[LULL_PROTO], PROTO_PVH);
		assert_fine(cmdline_write(&payload.lines, 64, "", line, sizeof(line)));
		assert_string_equal(line, "of the uki\n a=1");
		source.module[0] = image_of(without, MODULE_AT);
	}
	source.added = "lull.proto=none";
	assert_error(payload_find(&source, &payload), ERROR_CMDLINE_PROTO);
	file_free(&with);
	file_free(&without);
	file_free(&initrd);
}

int main(void)
{
	return RUN_TESTS("payload uki", added_to_uki, initrd_module, uki_alone, uki_with_more_than_is_used, uki_and_initrds,
			 no_archive, embedded_images, broken_ukis);
}
