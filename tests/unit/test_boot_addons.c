/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What add-ons on a disk give to the kernel: their words, and their initrds behind the UKI's own. */
#include "boot_scene.h"

#include <shim/boot_search.h>

static struct ext_files files;

/* Where a file begins on the disk. */
static uint64_t add_pe(const char *path, const struct pe_section *sections, unsigned count)
{
	struct file file = build_uki(sections, count);
	const uint64_t at = ext_block_at(files.block);

	ext_files_add(&files, path, file.at, file.size);
	file_free(&file);
	return at;
}

/* Two UKIs: one whose initrd does not end at a multiple of 4, and one without any, which comes second. */
static void begin_disk(void)
{
	begin(NULL);
	files = ext_files_new("1", "esp");
	add_pe("EFI/Linux/b.efi", (struct pe_section[]){ { ".linux", "kernel", 6 }, { ".initrd", "first", 5 }, { ".uname", "6.1", 3 } }, 3);
	add_pe("EFI/Linux/a.efi", (struct pe_section[]){ { ".linux", "kernel", 6 } }, 1);
}

static void end_disk(void)
{
	images[image_count++] = files.image.at;
	add(file_span(files.image));
}

static void assert_added(const char *line, const char *initrd, uint64_t size)
{
	assert_string_equal(info.added.line, line);
	assert_int_equal(range_size(info.added.initrd), size);
	if (size != 0)
		assert_memory_equal((void *)info.added.initrd.start, initrd, size);
	assert_int_equal(info.added.initrd.start % PAGE_SIZE, 0);
}

static void words_and_initrds(void **state)
{
	(void)state;
	begin_disk();
	add_pe("loader/addons/z.addon.efi", (struct pe_section[]){ { ".cmdline", "z=1", 3 }, { ".initrd", "second", 6 } }, 2);
	add_pe("EFI/Linux/b.efi.extra.d/a.addon.efi", (struct pe_section[]){ { ".cmdline", "a=1", 3 }, { ".initrd", "third", 5 } }, 2);
	add_pe("EFI/Linux/b.efi.extra.d/b.addon.efi", (struct pe_section[]){ { ".ucode", "micro", 5 } }, 1);
	add_pe("EFI/Linux/b.efi.extra.d/c.addon.efi", (struct pe_section[]){ { ".cmdline", "c=1", 3 }, { ".uname", "6.2", 3 } }, 2);
	end_disk();
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 1);
	assert_added("z=1 a=1", "first\0\0\0second\0\0third", 8 + 8 + 5);
	assert_false(range_overlaps(info.added.initrd, info.module[0].where));
	assert_said("lull: disk xvda ext4 entry=\"b.efi\" file=/EFI/Linux/b.efi read=");
	assert_said("lull: warning not used: section .ucode of the add-on /EFI/Linux/b.efi.extra.d/b.addon.efi\n");
	assert_said("lull: warning disk xvda/EFI/Linux/b.efi.extra.d/c.addon.efi is passed over: addon-uname: ");
	/* One without an initrd of its own, and without a release. */
	said[0] = '\0';
	info.module_count = 0;
	info.cmdline = "lull.entry=a.efi";
	assert_fine(boot_disk(&info));
	assert_added("z=1", "second", 6);
	assert_null(strstr(said, "warning"));
}

static void words_alone(void **state)
{
	(void)state;
	begin_disk();
	add_pe("loader/addons/z.addon.efi", (struct pe_section[]){ { ".cmdline", "z=1", 3 } }, 1);
	end_disk();
	assert_fine(boot_disk(&info));
	assert_added("z=1", "", 0);
}

/* A kernel of a profile, which the loader names; no number is an error of who reads the words. */
static void profiles(void **state)
{
	(void)state;
	begin_disk();
	add_pe("EFI/Linux/c.efi", (struct pe_section[]){ { ".linux", "kernel", 6 }, { ".profile", "x", 1 }, { ".profile", "y", 1 },
							 { ".initrd", "other", 5 } }, 4);
	add_pe("loader/addons/z.addon.efi", (struct pe_section[]){ { ".initrd", "second", 6 } }, 1);
	end_disk();
	info.cmdline = "lull.profile=1";
	assert_fine(boot_disk(&info));
	assert_added("", "other\0\0\0second", 14);
	info.module_count = 0;
	info.cmdline = "lull.profile=x";
	assert_fine(boot_disk(&info));
	assert_added("", "", 0);
}

/* An initrd that cannot be read: its add-on's words are not used either, and the others are. */
static void unreadable(void **state)
{
	static const char *const names[] = { "loader/addons/a.addon.efi", "loader/addons/b.addon.efi", "loader/addons/c.addon.efi" };
	static const char *const lines[] = { "b=1 c=1", "a=1 c=1", "a=1 b=1" };
	static char initrd[3][20000];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		memset(initrd[i], 'a' + (int)i, sizeof(initrd[i]));
	for (unsigned bad = 0; bad < 3; bad++) {
		const uint8_t *found;
		uint64_t at[3];

		begin_disk();
		ext_files_add(&files, "loader/addons", NULL, 0);
		/* What is looked at to know the file system lies in front. */
		ext_files_add(&files, "filler", initrd, sizeof(initrd));
		for (unsigned i = 0; i < 3; i++) {
			const char words[] = { (char)('a' + i), '=', '1' };

			at[i] = add_pe(names[i], (struct pe_section[]){ { ".cmdline", words, 3 }, { ".initrd", initrd[i], 20000 - i } }, 2);
		}
		end_disk();
		/* Behind its headers, and what is read with them. */
		memory_disk[0].bad = at[bad] + 16384;
		assert_fine(boot_disk(&info));
		assert_string_equal(info.added.line, lines[bad]);
		assert_int_equal(range_size(info.added.initrd), 8 + 20000 + (bad == 0 ? 19998 : bad == 1 ? 19998 : 19999));
		found = (const uint8_t *)info.added.initrd.start;
		assert_memory_equal(found, "first\0\0", 8);
		assert_memory_equal(found + 8, initrd[bad == 0], 19999);
		assert_memory_equal(found + 8 + 20000, initrd[bad == 2 ? 1 : 2], 19998);
		assert_said(".addon.efi is passed over: disk-read");
	}
}

/* What its sections should be is said by those who take it apart; and the next entry may be one without words. */
static void broken_images(void **state)
{
	struct file file = build_uki((struct pe_section[]){ { ".linux", "kernel", 6 }, { ".initrd", "first", 5 } }, 2);

	(void)state;
	begin_disk();
	file_put(file, uki_header(1) + 20, 1 << 20, 4);
	ext_files_add(&files, "EFI/Linux/c.efi", file.at, file.size);
	file_free(&file);
	add_pe("loader/addons/z.addon.efi", (struct pe_section[]){ { ".cmdline", "z=1", 3 }, { ".initrd", "second", 6 } }, 2);
	end_disk();
	assert_fine(boot_disk(&info));
	assert_said("file=/EFI/Linux/c.efi");
	assert_added("", "", 0);
}

/* No memory for an initrd is an error of the entry, as of any initrd. */
static void no_memory(void **state)
{
	bool had_room = false;

	(void)state;
	begin_disk();
	add_pe("EFI/Linux/a.efi.extra.d/z.addon.efi", (struct pe_section[]){ { ".cmdline", "z=1", 3 } }, 1);
	add_pe("EFI/Linux/b.efi.extra.d/z.addon.efi", (struct pe_section[]){ { ".initrd", "second", 6 } }, 1);
	end_disk();
	for (uint64_t size = RAM_SIZE; size > 0; size -= PAGE_SIZE) {
		info.memory.region[0].size = size;
		info.module_count = 0;
		info.cmdline = "";
		said[0] = '\0';
		if (failed(boot_disk(&info)))
			break;
		had_room = strstr(said, "/EFI/Linux/b.efi is passed over: disk-memory") != NULL;
		assert_string_equal(info.added.line, had_room ? "z=1" : "");
	}
	assert_true(had_room);
}

int main(void)
{
	return RUN_TESTS_WITH(begin, end, "boot_addons", words_and_initrds, words_alone, profiles, unreadable, broken_images, no_memory);
}
