/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of UKIs, which is that of entries of the Boot Loader Specification of the other type. */
#include "entry_scene.h"

static void add(struct ext_files *files, const char *name, const char *release)
{
	const struct pe_section sections[] = { { ".linux", "kernel", 6 }, { ".osrel", release, strlen(release) } };
	struct file uki = build_uki(sections, 2);
	char path[64];

	snprintf(path, sizeof(path), "EFI/Linux/%s", name);
	ext_files_add(files, path, uki.at, uki.size);
	file_free(&uki);
}

/* Whose tries are used up comes last, whatever its version is; one that is tried is where it would be without. */
static void boot_counting(void **state)
{
	struct ext_files files = ext_files_new("\x11", "esp");

	(void)state;
	add(&files, "arch-2+0-3.efi", "ID=arch\nVERSION=2\n");
	add(&files, "arch-1.efi", "ID=arch\nVERSION=1\n");
	add(&files, "arch-3+2-1.efi", "ID=arch\nVERSION=3\n");
	add(&files, "arch-4+0.EFI", "ID=arch\nVERSION=4\n");
	add(&files, "arch+5.efi", "ID=arch\n");
	find(&files.image, 1);
	assert_string_equal(all_ids(), "arch-3+2-1.efi arch-1.efi arch+5.efi arch-4+0.EFI arch-2+0-3.efi ");
	assert_int_equal(entry_of("arch-2+0-3.efi")->tries_left, 0);
	assert_int_equal(entry_of("arch-4+0.EFI")->tries_left, 0);
	assert_int_equal(entry_of("arch-3+2-1.efi")->tries_left, 2);
	assert_int_equal(entry_of("arch+5.efi")->tries_left, 5);
	assert_int_equal(entry_of("arch-1.efi")->tries_left, -1);
	assert_int_equal(entries_default(&list), 0);
	file_free(&files.image);
}

/* The key is IMAGE_ID or ID; then the newer version is first, and without a key, behind all others, the newer name. */
static void keys_and_versions(void **state)
{
	struct ext_files files = ext_files_new("\x11", "esp");

	(void)state;
	add(&files, "a-9.efi", "NAME=a\n");
	add(&files, "a-10.efi", "NAME=a\n");
	add(&files, "z.efi", "ID=debian\nVERSION_ID=12.9\n");
	add(&files, "y.efi", "ID=debian\nVERSION_ID=12.10\n");
	add(&files, "x.efi", "ID=zorin\nIMAGE_ID=appliance\nVERSION_ID=1\nIMAGE_VERSION=0.1\n");
	find(&files.image, 1);
	assert_string_equal(all_ids(), "x.efi y.efi z.efi a-10.efi a-9.efi ");
	assert_string_equal(entry_of("x.efi")->sort_key, "appliance");
	assert_string_equal(entry_of("x.efi")->version, "0.1");
	file_free(&files.image);
}

int main(void)
{
	return RUN_TESTS("entry_uki", boot_counting, keys_and_versions);
}
