/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version that a payload is said to have. */
#include "payload_scene.h"

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

int main(void)
{
	return RUN_TESTS("payload version", versions_are_printable, version_of_linux);
}
