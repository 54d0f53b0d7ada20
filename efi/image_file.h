/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_file.c: the image that firmware loaded, as the file of a UKI that lull.elf reads.
 */
#ifndef LULL_EFI_IMAGE_FILE_H
#define LULL_EFI_IMAGE_FILE_H

#include <efi/addons.h>

/*
 * Rewrites the section table so that the image, as it lies in memory, is the file of a UKI.  Where add-ons have initrds, that is a
 * copy of it, whose .initrd is its own and theirs.
 * Errors: EFI_SERVICE, PE_SECTION_END (more than a section can have).
 */
struct error image_file_make(const struct addons *addons, struct range *out);

#endif
