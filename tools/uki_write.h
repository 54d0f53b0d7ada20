/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uki_write.c: makes a Unified Kernel Image, the PE32+ file that shim/payload/uki.c reads (UAPI Group specification
 * "Unified Kernel Image"): an EFI boot stub and the sections that it starts, or those sections alone.
 */
#ifndef LULL_TOOLS_UKI_WRITE_H
#define LULL_TOOLS_UKI_WRITE_H

#include <stdbool.h>

#include <tools/uki_stub.h>

/* What goes into the sections; a span of no bytes gives no section. */
struct uki_parts {
	struct span osrel;
	struct span uname;
	struct span cmdline;
	struct span ucode;
	struct span splash;
	struct span initrd;
	/* A section .modules (shim/payload/modules.h). */
	struct span modules;
	struct span kernel;
};

/*
 * Builds a container in memory, to be given back with free(): firmware has nothing to start in it.  All parts together must
 * fit in the 4 GiB of a PE file.  False when there is not enough memory.
 */
bool uki_build(const struct uki_parts *parts, struct span *out);

/*
 * The same of a stub and what it starts.  Errors: PE_SECTION_COUNT, when the stub's headers have no room for more sections;
 * PE_SECTION_TWICE, when it has one of them already; PE_SECTION_END, when they do not fit in 4 GiB.  An empty file and no error: there is not enough memory.
 */
struct error uki_build_stub(const struct uki_stub *stub, const struct uki_parts *parts, struct span *out);

#endif
