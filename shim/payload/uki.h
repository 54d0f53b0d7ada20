/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uki.c: reads a Unified Kernel Image, a PE32+ file whose sections hold a kernel, an initrd and a command line
 * (UAPI Group specification "Unified Kernel Image"; the format that ukify and objcopy make).
 */
#ifndef LULL_SHIM_PAYLOAD_UKI_H
#define LULL_SHIM_PAYLOAD_UKI_H

#include <core/addr.h>
#include <core/error.h>
#include <core/span.h>

/* The sections of a UKI that count, and are read. */
enum uki_section {
	UKI_LINUX,
	UKI_INITRD,
	UKI_CMDLINE,
	UKI_UNAME,
	UKI_OSREL,
	UKI_UCODE,
	UKI_SPLASH,
	/* lull's own (modules.h). */
	UKI_MODULES,
	UKI_SECTIONS,
};

/*
 * Sections that the specification has for the system that is started, and that lull does not use (uki_unused_name()).  The
 * two that have names are used at the UEFI door alone.
 */
#define UKI_UNUSED 7
#define UKI_UNUSED_UCODE  0
#define UKI_UNUSED_SPLASH 4

struct uki {
	/* The bytes of each section inside the file; `present` tells an empty section from none. */
	struct span section[UKI_SECTIONS];
	bool present[UKI_SECTIONS];
	/* A bit for each section of UKI_UNUSED that is there and has bytes. */
	uint32_t unused;
};

/* The name of a section as the file has it: ".linux". */
const char *uki_section_name(enum uki_section section);

/* The name of a section that lull does not read, by its bit in `unused`. */
const char *uki_unused_name(unsigned bit);

/* True when the file begins like any PE or DOS file ("MZ").  A bzImage with an EFI stub does too. */
bool uki_is_pe(struct span file);

/* Whether the headers are those of a 64-bit PE file for x86, sections or not.  Errors: PE_TRUNCATED, PE_FIELD, PE_SECTION_COUNT. */
struct error uki_check_pe(struct span file);

/*
 * True when the file is a PE file with a section .linux: other programs for UEFI have sections of the other names.  Reads
 * as far as the file goes: a truncated or broken UKI is still one when the section's header can be read.
 */
bool uki_is(struct span file);

/* How a UKI lies before us, and which of its profiles counts. */
struct uki_form {
	/* Firmware has loaded it: sections are where their addresses say, counted from its beginning. */
	bool loaded;
	/* Counted from 0, which is also what a UKI without profiles has. */
	uint32_t profile;
};

/*
 * Reads the section table.  Taken are the sections before the first profile and those of profile `form.profile`; where both have
 * one of a name, the profile's counts (UKI specification, "Multi-Profile UKIs").
 * Errors: PE_TRUNCATED, PE_FIELD (signature, machine, optional header magic), PE_SECTION_COUNT, PE_SECTION_END, PE_SECTION_OVERLAP,
 * PE_SECTION_TWICE, UKI_PROFILE (there is no such profile), UKI_NO_LINUX.
 * On an error, `out` holds nothing to use.
 */
struct error uki_parse_form(struct span file, struct uki_form form, struct uki *out);

/* The same of a file, as its first profile is to start. */
struct error uki_parse(struct span file, struct uki *out);

/*
 * Finds any section by its name, by the same rules for profiles; of the file only its headers are read, and the section may lie
 * behind its end.  False, and an empty range, when there is none that has bytes.
 */
bool uki_find(struct span file, struct uki_form form, const char *name, struct range *out);

/*
 * Finds any section of a loaded image by its name, by the same rules for profiles.  False, and an empty span, when there is none
 * inside the image.
 */
bool uki_find_loaded(struct span image, uint32_t profile, const char *name, struct span *out);

#endif
