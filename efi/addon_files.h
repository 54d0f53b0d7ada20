/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addon_files.c: finds and reads the files of add-ons.
 */
#ifndef LULL_EFI_ADDON_FILES_H
#define LULL_EFI_ADDON_FILES_H

#include <efi.h>

#include <core/span.h>

/* A name of FAT has at most 255 units. */
struct addon_name {
	CHAR16 text[256];
};

/* The directories in which they may be, of which the first is the same for each UKI. */
enum addon_place { ADDON_PLACE_ALL, ADDON_PLACE_OWN, ADDON_PLACES };

/*
 * Lists the add-ons of a place in the order of their names: at most `most`, and returns how many there are.  0 where firmware does
 * not say which file the image is from.
 */
unsigned addon_files_list(enum addon_place place, struct addon_name *names, unsigned most);

/* Reads one of them into memory that firmware_release() takes back; no bytes when it cannot be read. */
struct span addon_files_read(enum addon_place place, const struct addon_name *name);

#endif
