/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The input is a UKI's .cmdline section. */
#include <string.h>

#include <shim/payload/cmdline.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span none = span("", 0), value;
	struct span line = cmdline_choose(none, none, span(data, size));
	char once[512], twice[512];
	uint64_t length, again;

	PROMISE(lies_in(span(data, size), line));
	cmdline_option(line, "linux_sites", &value);
	PROMISE(value.size == 0 || lies_in(line, value));
	if (failed(cmdline_filter(line, 500, once, sizeof(once), &length)))
		return 0;
	PROMISE(length == strlen(once) && length <= 500);
	/* What is left has no word of lull's, so that a second filter changes nothing. */
	PROMISE(!failed(cmdline_filter(cmdline_of(once), 500, twice, sizeof(twice), &again)));
	PROMISE(again == length && strcmp(once, twice) == 0);
	PROMISE(!cmdline_option(cmdline_of(once), "linux_sites", &value));
	return 0;
}
