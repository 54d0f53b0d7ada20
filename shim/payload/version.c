/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/version.h>

#define BANNER "Linux version "
#define BANNER_SIZE (sizeof(BANNER) - 1)

/* The word behind the banner in some bytes, if it is there: the format string of /proc/version begins otherwise. */
static bool find_banner(struct span bytes, struct span *out)
{
	for (uint64_t at = 0; span_has(bytes, at, BANNER_SIZE); at++) {
		uint64_t end = at + BANNER_SIZE;

		if (bytes.at[at] != 'L' || !span_is(bytes, at, BANNER, BANNER_SIZE))
			continue;
		while (end < bytes.size && bytes.at[end] != ' ')
			end++;
		*out = span(bytes.at + at + BANNER_SIZE, end - at - BANNER_SIZE);
		return true;
	}
	return false;
}

struct span elf_kernel_version(const struct elf_image *elf, const struct xen_notes *notes)
{
	struct span os = xen_note_text(notes, XEN_NOTE_GUEST_OS), version;

	for (uint32_t i = 0; i < elf->segment_count && span_is(os, 0, "linux", 5); i++) {
		const struct elf_segment *segment = &elf->segment[i];

		if (find_banner(span(elf->file.at + segment->offset, segment->file_size), &version))
			return version;
	}
	return xen_note_text(notes, XEN_NOTE_GUEST_VERSION);
}
