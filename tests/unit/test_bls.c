/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the Boot Loader Specification as GRUB of Fedora and RHEL reads them; test_entries.c has what all boot loaders do. */
#include "entry_scene.h"

#define BLOCK "# GRUB Environment Block\n"
/* What grub2-mkconfig of EL 8 writes, as far as it matters. */
#define CONFIG "if [ -f ${config_directory}/grubenv ]; then\n load_env -f ${config_directory}/grubenv\nelif [ -s $prefix/grubenv ]; then\n load_env\nfi\n" \
	"set default=\"${saved_entry}\"\nif [ -z \"${kernelopts}\" ]; then\n set kernelopts=\"root=/dev/fallback ro\"\nfi\nset timeout=4\n" \
	"menuentry none { linux /none\n}\nsubmenu sub { menuentry none { linux /none\n}\n}\ninsmod blscfg\nblscfg\n"

static struct ext_files boot(void)
{
	struct ext_files files = ext_files_new("\x11", "boot");

	ext_files_text(&files, "k", "kernel");
	ext_files_text(&files, "i", "initrd");
	ext_files_text(&files, "i2", "initrd");
	ext_files_text(&files, "ucode", "initrd");
	return files;
}

/* The entry of a file with this text, on a disk with a configuration and a block, or without. */
static const struct entry *entry_in(const char *lines, const char *config, const char *block)
{
	struct ext_files files = boot();

	ext_files_text(&files, "loader/entries/x.conf", lines);
	if (config != NULL)
		ext_files_text(&files, "grub2/grub.cfg", config);
	if (block != NULL)
		ext_files_text(&files, "grub2/grubenv", block);
	find(&files.image, 1);
	file_free(&files.image);
	return entry_of("x.conf");
}

/* Fedora's entries on a btrfs: in a subvolume that has /boot, or in one that is /boot; the paths in them begin at the top. */
static void bls_subvolumes(void **state)
{
	static const char *const boots[] = { "root/boot", "boot" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct ext_files files = ext_files_new("\x11", "root");
		char name[64], config[128];

		snprintf(name, sizeof(name), "%s/vmlinuz-6.19", boots[i]);
		ext_files_text(&files, name, "x");
		snprintf(config, sizeof(config), "linux /%s/vmlinuz-6.19\noptions $kernelopts\n", boots[i]);
		snprintf(name, sizeof(name), "%s/loader/entries/x.conf", boots[i]);
		ext_files_text(&files, name, config);
		snprintf(name, sizeof(name), "%s/grub2/grubenv", boots[i]);
		ext_files_text(&files, name, "# GRUB Environment Block\nkernelopts=rootflags=subvol=root\n");
		find(&files.image, 1);
		assert_string_equal(entry_of("x.conf")->options, "rootflags=subvol=root");
		assert_int_equal(entry_of("x.conf")->source, ENTRY_BLS);
		file_free(&files.image);
	}
}

/* Options, where GRUB has variables, and where there is no GRUB. */
static void options(void **state)
{
	static const char lines[] = "linux /k\noptions $kernelopts a$ $tuned_params x$Y$|\noptions $kernelopts";

	(void)state;
	assert_string_equal(entry_in(lines, CONFIG, BLOCK "kernelopts=root=/dev/x ro\nY=1")->options, "root=/dev/x ro a$  x1$| root=/dev/x ro");
	assert_string_equal(entry_in(lines, CONFIG, NULL)->options, "root=/dev/fallback ro a$  x$| root=/dev/fallback ro");
	assert_string_equal(entry_in(lines, NULL, BLOCK "kernelopts=root=/dev/x ro\n")->options, "root=/dev/x ro a$  x$| root=/dev/x ro");
	assert_string_equal(entry_in(lines, NULL, NULL)->options, "$kernelopts a$ $tuned_params x$Y$| $kernelopts");
	/* A configuration of another kind, and a block that is none. */
	assert_string_equal(entry_in(lines, "set kernelopts=x\n", "kernelopts=y")->options, "$kernelopts a$ $tuned_params x$Y$| $kernelopts");
	assert_string_equal(entry_in("linux /$k1\noptions x\n", "k1=k\nblscfg\n", NULL)->kernel, "/k");
	/* Where an entry has no options. */
	assert_string_equal(entry_in("linux /k\n", "default_kernelopts=\"root=/dev/y $z\"\nz=later\nblscfg\n", NULL)->options, "root=/dev/y ");
	assert_string_equal(entry_in("linux /k\n", "default_kernelopts='root=/dev/y $z'\nz=later\nblscfg\n", NULL)->options, "root=/dev/y later");
	assert_null(entry_in("linux /k\n", NULL, NULL)->options);
}

/* tuned adds a variable to the line of the initrd, which is empty on most machines. */
static void initrds(void **state)
{
	const struct entry *entry;

	(void)state;
	grub.variable_count = GRUB_VARIABLES_MOST;
	for (unsigned has_grub = 0; has_grub < 2; has_grub++) {
		entry = entry_in("linux /k\ninitrd /i $tuned_initrd\ninitrd  /i2\t/i\n", has_grub ? CONFIG : NULL, NULL);
		assert_int_equal(entry->initrd_count, 3);
		assert_string_equal(entry->initrd[0], "/i");
		assert_string_equal(entry->initrd[1], "/i2");
		assert_string_equal(entry->initrd[2], "/i");
	}
	assert_int_equal(entry_in("linux /k\ninitrd $tuned_initrd /i\n", CONFIG, NULL)->initrd_count, 1);
	entry = entry_in("linux /k\ninitrd $tuned_initrd /i\n", CONFIG, BLOCK "tuned_initrd=/i2\n");
	assert_int_equal(entry->initrd_count, 2);
	assert_string_equal(entry->initrd[0], "/i2");
	/* What comes before them, in the directory that they are in. */
	entry = entry_in("linux /k\ninitrd /i\n", "early_initrd=' ucode  i2'\nblscfg\n", NULL);
	assert_int_equal(entry->initrd_count, 3);
	assert_string_equal(entry->initrd[0], "/ucode");
	assert_string_equal(entry->initrd[1], "/i2");
	assert_string_equal(entry->initrd[2], "/i");
	entry = entry_in("linux /k\n", "early_initrd=ucode\nblscfg\n", NULL);
	assert_int_equal(entry->initrd_count, 1);
	assert_string_equal(entry->initrd[0], "/ucode");
	/* A path without a directory has nothing beside it. */
	assert_int_equal(entry_in("linux k\ninitrd i\n", "early_initrd=ucode\nblscfg\n", NULL)->initrd_count, 1);
}

/* Where GRUB is on an ESP, its configuration and its block are there too. */
static void firmware(void **state)
{
	static const struct { const char *config, *block, *options; } all[] = {
		{ CONFIG, BLOCK "kernelopts=root=/dev/esp\nsaved_entry=a", "root=/dev/esp" }, { CONFIG, NULL, "root=/dev/fallback ro" },
		{ "search --no-floppy --set=dev --label boot\nset prefix=($dev)/grub3\nconfigfile $prefix/grub.cfg\n", NULL, "root=/dev/boot" },
		{ "true\n", NULL, "$kernelopts" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct ext_files system = boot(), esp = ext_files_new("\x22", "esp");
		struct file images[3] = { file_new(4096) };

		ext_files_text(&system, "loader/entries/b.conf", "linux /k\noptions $kernelopts\n");
		ext_files_text(&system, "loader/entries/a.conf", "linux /k\noptions $kernelopts\n");
		ext_files_text(&system, "grub3/grub.cfg", "kernelopts=root=/dev/boot\nblscfg\nfrobnicate");
		ext_files_text(&esp, "EFI/other/file", "x");
		ext_files_text(&esp, "EFI/redhat/grub.cfg", all[i].config);
		if (all[i].block != NULL)
			ext_files_text(&esp, "EFI/redhat/grubenv", all[i].block);
		images[1] = system.image;
		images[2] = esp.image;
		find(images, 3);
		assert_string_equal(entry_of("b.conf")->options, all[i].options);
		assert_int_equal(entry_of("a.conf")->is_default, i == 0);
		assert_string_equal(list.entry[entries_default(&list)].id, i == 0 ? "a.conf" : "b.conf");
		assert_int_equal(list.timeout, i < 2 ? 4 : -1);
		assert_int_equal(list.note_count, 0);
		for (unsigned image = 0; image < 3; image++)
			file_free(&images[image]);
	}
}

/* Many directories on an ESP: not all of them are read. */
static void many_configurations(void **state)
{
	for (unsigned number = ENTRY_ENVIRONMENTS_MOST; number <= ENTRY_ENVIRONMENTS_MOST + 1; number++) {
		struct ext_files files = boot();

		(void)state;
		ext_files_text(&files, "loader/entries/x.conf", "linux /k\noptions $x\n");
		for (unsigned i = 0; i < number; i++) {
			char name[40];

			snprintf(name, sizeof(name), "EFI/d%02u/grub.cfg", i);
			ext_files_text(&files, name, i + 1 < number ? "x=no\n" : "x=yes\nblscfg\n");
		}
		find(&files.image, 1);
		assert_string_equal(entry_of("x.conf")->options, number == ENTRY_ENVIRONMENTS_MOST ? "yes" : "$x");
		file_free(&files.image);
	}
}

/* The saved entry in its forms. */
static void defaults(void **state)
{
	static const struct { const char *saved, *id; } all[] = {
		{ "m-4.18.0-500.el8.x86_64", "m-4.18.0-500.el8.x86_64.conf" }, { "m-4.18.0-500.el8.x86_64.conf", "m-4.18.0-500.el8.x86_64.conf" },
		{ "The old", "m-4.18.0-500.el8.x86_64.conf" }, { "1", "m-4.18.0-500.el8.x86_64.conf" }, { "0", "m-4.18.0-553.el8.x86_64.conf" },
		{ "m-4.18.0-50", NULL }, { "2", NULL }, { "", NULL },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		/* With a configuration, with the block alone, and with a configuration of other entries. */
		for (unsigned kind = 0; kind < 3; kind++) {
			struct ext_files files = boot();
			char block[100];
			const char *id = kind == 2 ? NULL : all[i].id;

			ext_files_text(&files, "loader/entries/m-4.18.0-500.el8.x86_64.conf", "title The old\nlinux /k\n");
			ext_files_text(&files, "loader/entries/m-4.18.0-553.el8.x86_64.conf", "title The new\nlinux /k\n");
			snprintf(block, sizeof(block), BLOCK "saved_entry=%s\n", all[i].saved);
			ext_files_text(&files, "grub2/grubenv", block);
			if (kind != 1)
				ext_files_text(&files, "grub2/grub.cfg", kind == 0 ? CONFIG : "set default=1\n");
			find(&files.image, 1);
			for (uint32_t entry = 0; entry < list.count; entry++)
				if (list.entry[entry].is_default != (id != NULL && strcmp(list.entry[entry].id, id) == 0))
					fail_msg("%s %u", all[i].saved, kind);
			assert_string_equal(list.entry[entries_default(&list)].id, id != NULL ? id : "m-4.18.0-553.el8.x86_64.conf");
			file_free(&files.image);
		}
	}
}

/* Entries for machines of another kind are not shown (UAPI.1, "architecture"). */
static void architectures(void **state)
{
	struct ext_files files = boot();

	(void)state;
	ext_files_text(&files, "loader/entries/a.conf", "linux /k\narchitecture aa64\n");
	ext_files_text(&files, "loader/entries/b.conf", "linux /k\narchitecture X64\n");
	ext_files_text(&files, "loader/entries/c.conf", "linux /k\narchitecture\n");
	find(&files.image, 1);
	assert_string_equal(all_ids(), "c.conf b.conf ");
	assert_int_equal(list.note_count, 0);
	file_free(&files.image);
}

/* A small memory, and reads that fail: less is found, and nothing else happens. */
static void hardship(void **state)
{
	struct ext_files files = boot(), esp = ext_files_new("\x22", "esp");
	struct file images[2];
	uint32_t most;

	(void)state;
	ext_files_text(&files, "loader/entries/a.conf", "linux /k\ninitrd /i $x\noptions $kernelopts more\n");
	ext_files_text(&files, "loader/entries/b.conf", "linux /k\n");
	ext_files_text(&esp, "EFI/redhat/grub.cfg", "early_initrd='ucode i2'\ndefault_kernelopts=y\n" CONFIG);
	ext_files_text(&esp, "EFI/redhat/grubenv", BLOCK "saved_entry=a\nkernelopts=x\n");
	images[0] = files.image;
	images[1] = esp.image;
	find(images, 2);
	assert_int_equal(list.count, 2);
	most = list.pool_used;
	for (uint32_t size = 0; size < most; size++) {
		find_in(images, 2, size, ENTRY_TEXT_SIZE, UINT64_MAX);
		assert_true(list.pool_used <= size && list.count <= 2);
	}
	for (uint64_t n = 0;; n++) {
		find_in(images, 2, ENTRY_POOL_SIZE, ENTRY_TEXT_SIZE, n);
		assert_true(list.count <= 2);
		if (disks[0].reads <= n)
			break;
	}
	file_free(&images[0]);
	file_free(&images[1]);
}

int main(void)
{
	return RUN_TESTS("bls", bls_subvolumes, options, initrds, firmware, many_configurations, defaults, architectures, hardship);
}
