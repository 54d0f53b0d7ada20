/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack_efi.c: what lull pack puts into OUT.efi beside kernel, initrd and command line: the EFI boot stub, and what describes
 * the system.
 */
#ifndef LULL_TOOLS_PACK_EFI_H
#define LULL_TOOLS_PACK_EFI_H

#include <stdbool.h>

#include <tools/own_file.h>
#include <tools/uki_write.h>

struct pack_efi {
	/* Files as the user named them; NULL for the default. */
	const char *stub_name;
	const char *os_release_name;
	const char *ucode_name;
	const char *splash_name;
	/* Memory for the default of stub_name. */
	char stub_path[OWN_FILE_SIZE];

	struct span stub_file;
	struct span os_release;
	struct span ucode;
	struct span splash;
	struct uki_stub stub;
};

/* Names the files that the user has not: lull.efi where own_file() finds it, and the os-release of this system where it has one. */
void pack_efi_default(struct pack_efi *efi);

/* Reads the files.  Says why when it cannot. */
bool pack_efi_read(struct pack_efi *efi);

/* Builds OUT.efi of the parts that `parts` has already and of these.  Says why when it cannot. */
bool pack_efi_build(const struct pack_efi *efi, struct uki_parts parts, struct span *out);

/* Gives the memory of the files back. */
void pack_efi_release(struct pack_efi *efi);

#endif
