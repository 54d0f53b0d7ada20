/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/memory/work_memory.h>
#include <shim/unpack/extents.h>
#include <shim/unpack/kernel.h>
#include <shim/unpack/libraries.h>

#include <string.h>

static struct image image_of(struct range range)
{
	return (struct image){ span((const void *)range.start, range_size(range)), range.start };
}

static struct error take_heap(struct free_memory *room, uint64_t size, struct unpack_heap *heap)
{
	struct range block;

	TRY(room_take(room, size, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &block));
	*heap = (struct unpack_heap){ .at = (uint8_t *)block.start, .size = range_size(block) };
	return error_none();
}

struct error unpack_kernel(const struct boot_info *info, struct payload *payload)
{
	const struct span packed = payload->bzimage.compressed;
	const enum compression compression = payload->bzimage.compression;
	struct free_memory room = work_memory(info, payload);
	struct unpack_heap heap;
	struct range kernel;
	uint64_t size;

	libraries_start();
	TRY(linux_check_compressed(&payload->bzimage));
	TRY(unpack_size(packed, compression, &size));
	TRY(room_take(&room, size, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &kernel));
	TRY(take_heap(&room, unpack_heap_size(packed, compression), &heap));
	TRY(unpack(packed, compression, (uint8_t *)kernel.start, size, &heap));
	return payload_take_vmlinux(image_of(kernel), payload);
}

/* Where the kernel will run, or else as high as it goes.  In a Xen PV guest nothing is moved, wherever it is. */
static struct error take_place(struct free_memory *room, const struct payload *payload, struct range *out)
{
	const struct stored_header *header = &payload->stored.header;
	const uint64_t load = header->load + payload->ahead.physical;
	struct free_memory there = *room;

	there.limits = (struct range){ load, load + header->unpacked_size };
	if (load < room->limits.start || payload->as_xen_pv ||
	    failed(room_take(&there, header->unpacked_size, ROOM_LOWEST, ERROR_UNPACK_MEMORY, out)))
		return room_take(room, header->unpacked_size, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, out);
	free_memory_take(room, *out);
	return error_none();
}

static struct error unpack_stored(struct free_memory room, const struct payload *payload, struct range *kernel)
{
	struct unpack_heap heap;

	TRY(take_place(&room, payload, kernel));
	TRY(take_heap(&room, unpack_extents_heap_size(&payload->stored), &heap));
	return unpack_extents(&payload->stored, (uint8_t *)kernel->start, &heap);
}

/*
 * Nobody says how large it gets, so it is unpacked to the beginning of all the room there is in one block, and then moved to
 * the end, where it is in nobody's way.
 */
static struct error unpack_compressed(struct free_memory room, const struct payload *payload, struct range *kernel)
{
	const struct span packed = payload->kernel.bytes;
	struct unpack_heap heap;
	struct range block;
	struct error error;
	uint64_t size, made;

	TRY(take_heap(&room, unpack_heap_size(packed, payload->compression), &heap));
	/* Neither end of that block need be a page's. */
	size = free_memory_largest(&room);
	size = size > PAGE_SIZE ? round_down(size - PAGE_SIZE, PAGE_SIZE) : 0;
	size = size < UNPACK_LIMIT ? size : UNPACK_LIMIT;
	TRY(room_take(&room, size, ROOM_HIGHEST, ERROR_UNPACK_MEMORY, &block));
	error = unpack_file(packed, payload->compression, (uint8_t *)block.start, size, &heap, &made);
	if (error.code == ERROR_UNPACK_LONG)
		return error_make(ERROR_UNPACK_MEMORY, NULL, size / KIB + 1, size / KIB);
	TRY(error);
	kernel->start = round_down(block.end - made, PAGE_SIZE);
	kernel->end = kernel->start + made;
	memmove((void *)kernel->start, (const void *)block.start, made);
	return error_none();
}

struct error unpack_packed(const struct boot_info *info, struct payload *payload)
{
	struct free_memory room = work_memory(info, payload);
	struct range kernel;

	libraries_start();
	if (payload->kind == PAYLOAD_STORED)
		TRY(unpack_stored(room, payload, &kernel));
	else
		TRY(unpack_compressed(room, payload, &kernel));
	return payload_take_unpacked(image_of(kernel), payload);
}
