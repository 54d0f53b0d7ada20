/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk with a configuration of GRUB, for the tests of how that is read. */
#ifndef LULL_TESTS_GRUB_SCENE_H
#define LULL_TESTS_GRUB_SCENE_H

#include "entry_scene.h"

#define ROOT_UUID "11111111-1111-1111-1111-111111111111"

/* A system with two kernels and a configuration. */
static inline struct ext_files system_with(const char *config)
{
	struct ext_files files = ext_files_new("\x11", "root");

	ext_files_text(&files, "boot/vmlinuz-6.1.0-56-amd64", "kernel");
	ext_files_text(&files, "boot/initrd.img-6.1.0-56-amd64", "initrd");
	ext_files_text(&files, "boot/vmlinuz-6.1.0-9-amd64", "kernel");
	ext_files_text(&files, "boot/initrd.img-6.1.0-9-amd64", "initrd");
	ext_files_text(&files, "k", "kernel");
	ext_files_text(&files, "i", "initrd");
	ext_files_add(&files, "empty", "", 0);
	ext_files_text(&files, "boot/grub/grub.cfg", config);
	return files;
}

/* What is found on such a system. */
static inline void run(const char *config)
{
	struct ext_files files = system_with(config);

	find(&files.image, 1);
	file_free(&files.image);
}

#endif
