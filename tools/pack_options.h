/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack_options.c: what the command line of lull pack asks for.
 */
#ifndef LULL_TOOLS_PACK_OPTIONS_H
#define LULL_TOOLS_PACK_OPTIONS_H

#include <limits.h>

#include <core/boot_info.h>
#include <shim/payload/stored.h>
#include <tools/pack_efi.h>

#define PACK_MAX_INITRDS BOOT_MAX_MODULES

struct pack_request {
	const char *kernel_name;
	const char *initrd_name[PACK_MAX_INITRDS];
	/* Of each; NULL where none is given. */
	const char *initrd_line[PACK_MAX_INITRDS];
	unsigned initrd_count;
	const char *cmdline;
	/* With --cmdline @FILE what was in that file, to be freed. */
	char *cmdline_text;
	/* The kernel's version; NULL for what the kernel says. */
	const char *uname;
	const char *output;
	/* OUT ends in .bzimage, and is all that is written. */
	bool as_bzimage;
	const char *shim_name;
	struct pack_efi efi;
	/* The kernel goes into OUT.elf as it is. */
	bool keep;
	/* How else; as --store names it, or NULL. */
	const char *store_name;
	enum stored_how how;
	/* Memory for the default of shim_name. */
	char shim_path[OWN_FILE_SIZE];
	/* What the shim with the image in it is called; and OUT.efi, "" where that is not written. */
	char elf_name[PATH_MAX];
	char efi_name[PATH_MAX];
};

/* Returns EXIT_OK to go on, or the code to end with; *done is set when there is nothing more to do. */
int pack_parse(int argc, char **argv, struct pack_request *request, bool *done);

/* Puts the text of the file that --cmdline @FILE names in the place of the name.  Says why when it cannot. */
bool pack_read_cmdline(struct pack_request *request);

#endif
