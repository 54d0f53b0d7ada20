/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment block, in which a backslash stands before a backslash and before an end of line. */
#include "grub_scene.h"

static void escapes(void **state)
{
	static const struct { const char *block, *options; } all[] = {
		{ "o=a\\\\x2db\n", "a\\x2db" }, { "o=\\\\\n", "\\" }, { "o=a\\\\\n####", "a\\" }, { "o=a\\\nb\n", "a\nb" },
		{ "p=a\\\no=c\no=d\n", "d" }, { "o=\\\\\\\\\n", "\\\\" }, { "o=a\\", "a\\" }, { "o=a\\\\", "a\\" }, { "o=\n", "" },
		{ "o=a", "a" },
		{ "# o=b\\\no=c\no=d\n", "d" }, { "\n\no=a\n", "a" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ext_files files = system_with("load_env\nmenuentry x { linux /k \"$o\"\n}\n");
		char block[100];
		uint32_t most;

		snprintf(block, sizeof(block), "# GRUB Environment Block\n%s", all[i].block);
		ext_files_text(&files, "boot/grub/grubenv", block);
		find(&files.image, 1);
		if (strcmp(entry_of("x")->options, all[i].options) != 0)
			fail_msg("%s: %s", all[i].block, entry_of("x")->options);
		most = list.pool_used;
		for (uint32_t size = 0; size < most; size++)
			find_in(&files.image, 1, size, ENTRY_TEXT_SIZE, UINT64_MAX);
		file_free(&files.image);
	}
}

/* What Fedora's entries take from it. */
static void kernelopts(void **state)
{
	struct ext_files files = system_with("load_env -f /boot/grub2/grubenv\nblscfg\n");

	(void)state;
	ext_files_text(&files, "boot/grub2/grubenv", "# GRUB Environment Block\nkernelopts=root=/dev/mapper/a\\\\x2db ro\n");
	ext_files_text(&files, "loader/entries/x.conf", "linux /k\noptions $kernelopts quiet\n");
	find(&files.image, 1);
	assert_string_equal(entry_of("x.conf")->options, "root=/dev/mapper/a\\x2db ro quiet");
	file_free(&files.image);
}

int main(void)
{
	return RUN_TESTS("grub_env", escapes, kernelopts);
}
