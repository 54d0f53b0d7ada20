/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uki_stub.c: reads an EFI boot stub, the PE32+ file that a UKI is made of by adding sections: build/lull.efi, or
 * somebody else's.
 */
#ifndef LULL_TOOLS_UKI_STUB_H
#define LULL_TOOLS_UKI_STUB_H

#include <core/error.h>
#include <shim/payload/pe.h>

struct uki_stub {
	struct span file;
	struct pe_header header;
	/* Where its first section begins in memory, and its last ends. */
	uint64_t first, end;
};

/*
 * Reads the headers.  Errors: PE_TRUNCATED, PE_FIELD, PE_SECTION_COUNT, PE_SECTION_END; PE_SECTION_TWICE when it has a .linux
 * and so is a UKI already.
 */
struct error uki_stub_read(struct span file, struct uki_stub *out);

/* True when the stub has a section of that name, at most 8 bytes. */
bool uki_stub_has(const struct uki_stub *stub, const char *name);

#endif
