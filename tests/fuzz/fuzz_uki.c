/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <shim/payload/uki.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span(data, size);
	struct uki uki;

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
