/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <shim/payload/linux.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span(data, size);
	struct linux_kernel kernel;

	if (failed(linux_parse(file, &kernel)))
		return 0;
	PROMISE(linux_is(file));
	PROMISE(span_has(file, kernel.code_offset, kernel.code_size));
	PROMISE(kernel.code_size > LINUX_ENTRY_64 && kernel.init_size >= kernel.code_size);
	PROMISE(kernel.setup_header.at == file.at + LINUX_SETUP_HEADER && span_has(file, LINUX_SETUP_HEADER, kernel.setup_header.size));
	PROMISE(lies_in(file, kernel.compressed) && lies_in(file, kernel.version));
	PROMISE(__builtin_popcountll(kernel.kernel_alignment) == 1);
	PROMISE(compression_name(kernel.compression) != NULL);
	PROMISE(failed(linux_check_compressed(&kernel)) == (kernel.compressed.size == 0));
	linux_check_entry64(&kernel);
	return 0;
}
