/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include <tools/own_file.h>

/* Made by the make files: LULL_FILES, the directory of an installed lull. */
#include "configured.h"

void own_file(char path[OWN_FILE_SIZE], const char *name)
{
	char self[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length > 0) {
		self[length] = '\0';
		snprintf(path, OWN_FILE_SIZE, "%s/%s", dirname(self), name);
		if (access(path, F_OK) == 0)
			return;
	}
	snprintf(path, OWN_FILE_SIZE, "%s/%s", LULL_FILES, name);
}
