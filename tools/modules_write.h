/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules_write.c: makes the section .modules that shim/payload/modules.c reads.
 */
#ifndef LULL_TOOLS_MODULES_WRITE_H
#define LULL_TOOLS_MODULES_WRITE_H

#include <stdbool.h>

#include <core/span.h>

struct module_parts {
	struct span bytes;
	/* Its command line; NULL when it has none. */
	const char *line;
};

/*
 * Builds the section in memory, to be given back with free().  False when there is not enough memory.
 */
bool modules_build(const struct module_parts *modules, unsigned count, struct span *out);

#endif
