/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/memory/work_memory.h>
#include <shim/unpack/kernel.h>
#include <shim/unpack/libraries.h>
#include <shim/unpack/unpack.h>

struct error unpack_kernel(const struct boot_info *info, struct payload *payload)
{
	const struct span packed = payload->bzimage.compressed;
	const enum compression compression = payload->bzimage.compression;
	struct free_memory room = work_memory(info, payload);
	struct range kernel, block;
	struct unpack_heap heap = { 0 };
	uint64_t size;

	libraries_start();
	TRY(linux_check_compressed(&payload->bzimage));
	TRY(unpack_size(packed, compression, &size));
	TRY(room_take(&room, size, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &kernel));
	TRY(room_take(&room, unpack_heap_size(packed, compression), ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &block));
	heap.at = (uint8_t *)block.start;
	heap.size = range_size(block);
	TRY(unpack(packed, compression, (uint8_t *)kernel.start, size, &heap));
	return payload_take_vmlinux((struct image){ span((const void *)kernel.start, size), kernel.start }, payload);
}
