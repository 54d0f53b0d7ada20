/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any file as module 0 of a machine with 256 MiB: found, and placed, with the layout judged by a simulation of it. */
#include <tests/unit/layout_check.h>

#include "fuzz.h"

#define MODULE_AT (8 * MIB)

static void check_place(const struct payload *payload, uint64_t module_size)
{
	static const struct memory_map memory = { .count = 1, .region = { { 0, 256 * MIB, REGION_RAM } } };
	struct place_request request = {
		.memory = &memory, .payload = payload, .shim = { MIB, 2 * MIB }, .handover_size = 64 * KIB,
		.keep_count = 1, .keep = { { MODULE_AT, MODULE_AT + module_size } },
	};
	struct layout layout;

	if (!failed(place(&request, &layout)))
		PROMISE(layout_fault(&request, &layout) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span(data, size);
	struct payload_source source = { .module_count = 1, .module = { { file, MODULE_AT } } };
	struct payload payload;

	if (failed(payload_find(&source, &payload)))
		return 0;
	PROMISE(payload.kernel.bytes.size != 0 && lies_in(file, payload.kernel.bytes));
	PROMISE(lies_in(file, payload.module[0].image.bytes) && lies_in(file, cmdline_chosen(&payload.lines)));
	PROMISE(payload.kernel.start == MODULE_AT + (uint64_t)(payload.kernel.bytes.at - data));
	PROMISE(__builtin_strlen(payload.version) < PAYLOAD_VERSION_SIZE);
	/* A packed kernel is unpacked before it is placed, and is of another kind then. */
	if (!payload_is_packed(&payload))
		check_place(&payload, size);
	return 0;
}
