/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack_modules.c: what lull pack makes of the files that go to the kernel beside itself: one initrd, or modules.
 */
#ifndef LULL_TOOLS_PACK_MODULES_H
#define LULL_TOOLS_PACK_MODULES_H

#include <stdbool.h>

#include <core/span.h>
#include <tools/pack_options.h>

/*
 * The limit of one input, and of all that go together.  Two such fit in a PE file, which ends below 4 GiB; no loader could place a
 * larger initrd.
 */
#define PACK_MAX_SIZE (UINT64_C(3) << 29)

struct pack_modules {
	/* The kernel takes each file by itself, and `section` is a section .modules; else `initrd` is all of them. */
	bool separate;
	struct span initrd;
	struct span section;
	/* The memory of `initrd` is that of the one file. */
	bool is_the_file;
};

/*
 * Makes an initrd or a section of the files.  Prints why when it cannot, and warns of lines that nobody will read.  To be ended
 * with pack_modules_release().
 */
bool pack_modules_make(const struct pack_request *request, struct span kernel, const struct span *files,
		       struct pack_modules *out);
void pack_modules_release(struct pack_modules *modules);

#endif
