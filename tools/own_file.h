/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_file.c: where the shim and the EFI boot stub are that belong to this program.
 */
#ifndef LULL_TOOLS_OWN_FILE_H
#define LULL_TOOLS_OWN_FILE_H

#include <limits.h>

/* Room for a name that own_file() makes. */
#define OWN_FILE_SIZE (PATH_MAX + 32)

/*
 * Writes the name of a file of lull's: beside this program where it lies there, as in a build directory; otherwise in
 * the directory that `make install` was told.
 */
void own_file(char path[OWN_FILE_SIZE], const char *name);

#endif
