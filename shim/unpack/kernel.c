/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/machine.h>
#include <shim/memory/work_memory.h>
#include <shim/unpack/kernel.h>
#include <shim/unpack/libraries.h>
#include <shim/unpack/unpack.h>

/* The highest place for `size` bytes, taken and made reachable; none is needed for none. */
static struct error take_highest(struct free_memory *free, uint64_t size, struct range *out)
{
	*out = (struct range){ 0 };
	if (size == 0)
		return error_none();
	if (!free_memory_highest(free, size, PAGE_SIZE, out))
		return error_make(ERROR_UNPACK_MEMORY, NULL, size / KIB + 1, free_memory_largest(free) / KIB);
	free_memory_take(free, *out);
	return machine_reach(*out) ? error_none() : error_make(ERROR_REACH, NULL, 0, out->start);
}

struct error unpack_kernel(const struct boot_info *info, const struct payload *payload, struct image *out)
{
	const struct span packed = payload->bzimage.compressed;
	const enum compression compression = payload->bzimage.compression;
	struct free_memory free = work_memory(info, payload);
	struct range kernel, memory;
	struct unpack_heap heap = { 0 };
	uint64_t size;

	libraries_start();
	TRY(linux_check_compressed(&payload->bzimage));
	TRY(unpack_size(packed, compression, &size));
	TRY(take_highest(&free, size, &kernel));
	TRY(take_highest(&free, unpack_heap_size(packed, compression), &memory));
	heap.at = (uint8_t *)memory.start;
	heap.size = range_size(memory);
	*out = (struct image){ span((const void *)kernel.start, size), kernel.start };
	return unpack(packed, compression, (uint8_t *)kernel.start, size, &heap);
}
