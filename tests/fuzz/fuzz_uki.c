/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <shim/payload/addon.h>
#include <shim/payload/uki.h>

/* The same file as an add-on, of which maybe only the beginning is read. */
static void read_addon(struct span file)
{
	const struct span headers = span(file.at, file.size / 2);
	struct addon addon;

	for (unsigned i = 0; i < 4; i++) {
		if (failed(addon_read(i & 1 ? headers : file, file.size, i >> 1, &addon)))
			continue;
		for (unsigned section = 0; section < ADDON_SECTIONS; section++)
			PROMISE(span_has(file, addon.section[section].start, range_size(addon.section[section])));
		PROMISE(span_has(file, addon.uname.start, range_size(addon.uname)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span(data, size);
	struct uki uki;

	read_addon(file);
	if (failed(uki_parse(file, &uki)))
		return 0;
	PROMISE(uki_is(file) && uki_is_pe(file));
	PROMISE(uki.section[UKI_LINUX].size != 0);
	for (unsigned i = 0; i < UKI_SECTIONS; i++) {
		PROMISE(lies_in(file, uki.section[i]));
		PROMISE(uki.present[i] || uki.section[i].size == 0);
	}
	return 0;
}
