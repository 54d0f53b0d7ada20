/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addon.c: reads an add-on, a PE file beside a UKI that adds to it (UAPI Group specification "Unified Kernel Image", "PE Addons";
 * systemd-stub(7)): words for its command line, an initrd, microcode.  Add-ons lie in loader/addons and in NAME.efi.extra.d, of the
 * file system that the UKI is in, and their names end in ".addon.efi".
 */
#ifndef LULL_SHIM_PAYLOAD_ADDON_H
#define LULL_SHIM_PAYLOAD_ADDON_H

#include <core/boot_info.h>

/* Of one UKI. */
#define ADDONS_MOST     16
#define ADDON_FILE_MOST (UINT64_C(256) << 20)

/* The sections of an add-on that are used. */
enum addon_section { ADDON_CMDLINE, ADDON_INITRD, ADDON_UCODE, ADDON_SECTIONS };

/* Where its sections are; an empty range where it has none. */
struct addon {
	struct range section[ADDON_SECTIONS];
	struct range uname;
};

/* The words of add-ons, with one blank between two add-ons', and a terminator. */
struct addon_line {
	uint64_t length;
	char text[BOOT_CMDLINE_SIZE];
};

/* ".cmdline" and so on. */
const char *addon_section_name(enum addon_section section);

/* Whether a file's name is that of an add-on: it ends so, in any case of its letters, and begins with something more. */
bool addon_is_named(struct span name);

/*
 * Where the name of a UKI counts its starts, as in "NAME+3-1.efi" (UAPI.1, "Boot counting"); empty for one that does not.  The
 * directory of its add-ons is named without.
 */
struct range addon_tries(struct span name);

/*
 * Reads the headers of an add-on of `size` bytes; what lies behind `headers` is not looked at.  `is_loaded` is as in struct uki_form.
 * Errors: ADDON_UKI (it has a .linux), PE_SECTION_END, ADDON_EMPTY (it has nothing that is used), and those of uki_check_pe().
 */
struct error addon_read(struct span headers, uint64_t size, bool is_loaded, struct addon *out);

/* Whether an add-on with this section .uname is for the kernel of a UKI with that one.  Where either has none, it is. */
bool addon_is_for(struct span its_uname, struct span uname);

/* Adds what stands in a section .cmdline up to its first NUL.  Errors: CMDLINE_BUFFER; the line is then as it was. */
struct error addon_line_add(struct addon_line *line, struct span section);

#endif
