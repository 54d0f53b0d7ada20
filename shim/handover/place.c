/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three things need room at the end: the payload's image, its initrd and the hand-over block.  Each has a few sensible
 * places; place() tries their combinations, the most wanted first, and takes the first that fits and can be moved to.
 */
#include <core/check.h>
#include <shim/handover/move_order.h>
#include <shim/handover/place.h>
#include <shim/memory/free_memory.h>

/* Below the first MiB are a firmware's tables and, on most machines, the ISA hole: nothing is put there by choice. */
#define LOWEST          MIB
/* A bzImage is entered through, and the trampoline of machine_leave() runs in, memory that 32 bits reach. */
#define HIGHEST         (4 * GIB)
/* Linux, entered by PVH, has mapped only the first GiB when it reads what it was told (arch/x86/platform/pvh/head.S). */
#define HIGHEST_TOLD    (1 * GIB)

enum handover_place { HANDOVER_ABOVE_IMAGE, HANDOVER_HIGH, HANDOVER_LOW, HANDOVER_PLACES };

/*
 * Where a moved initrd goes: clear of what will be there, or also clear of everything there is now.  As high as it goes, as
 * every loader puts it: below the kernel it takes memory that Linux needs while it unpacks itself, where memory is scarce.
 */
enum initrd_place { INITRD_HIGH, INITRD_CLEAR, INITRD_LOW, INITRD_PLACES };

struct attempt {
	/* The kernel file first steps aside, which costs a second copy of it. */
	bool aside;
	/* A relocatable bzImage as high as it goes: that leaves more memory in one block below. */
	bool image_high;
	enum handover_place handover;
	enum initrd_place initrd;
};

static struct range file_range(struct image image)
{
	struct range range;

	range_make(image.start, image.bytes.size, &range);
	return range;
}

static uint64_t kib(uint64_t bytes)
{
	return bytes / KIB + (bytes % KIB != 0);
}

static struct error no_room(enum error_code code, const struct free_memory *room, uint64_t size)
{
	return error_make(code, NULL, kib(size), free_memory_largest(room) / KIB);
}

static struct free_memory free_between(const struct place_request *request, uint64_t low, uint64_t high)
{
	return (struct free_memory){
		.memory = request->memory,
		.limits = { low > LOWEST ? low : LOWEST, high },
	};
}

/* Takes all that is in memory now and must not be overwritten yet. */
static void take_present(struct free_memory *room, const struct place_request *request)
{
	free_memory_take(room, request->shim);
	free_memory_take(room, file_range(request->payload->kernel));
	free_memory_take(room, file_range(request->payload->initrd));
	for (uint32_t i = 0; i < request->keep_count; i++)
		free_memory_take(room, request->keep[i]);
}

static void add_segment(const struct elf_segment *segment, uint64_t moved, struct layout *out)
{
	out->part[out->part_count++] = (struct move){ segment->memory.start + moved, segment->offset, segment->file_size,
						      range_size(segment->memory) - segment->file_size };
}

/* ELF segments are linked at fixed addresses; the image is all between them too, which kernels use as their own. */
static struct error place_segments(const struct place_request *request, bool high, struct layout *out)
{
	const struct elf_image *elf = &request->payload->elf;

	(void)high;
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segment[i];
		uint64_t size = range_size(segment->memory);

		if (!memory_is_ram(request->memory, segment->memory))
			return error_make(ERROR_PLACE_SEGMENT_RAM, NULL, size, segment->memory.start);
		add_segment(segment, 0, out);
	}
	out->image = elf->memory;
	out->load = elf->memory.start;
	out->entry = request->payload->pvh_entry;
	out->mode = LEAVE_PVH;
	out->initrd_end = HIGHEST;
	out->told_end = HIGHEST_TOLD;
	return error_none();
}

/*
 * An unpacked Linux that is entered by startup_64 runs wherever it is, at its alignment: where its segments say (which KASLR
 * may have chosen), or else as a bzImage does, above where it is linked.
 */
static struct error place_vmlinux(const struct place_request *request, bool high, struct layout *out)
{
	const struct elf_image *elf = &request->payload->elf;
	uint64_t size = range_size(elf->memory), alignment = payload_alignment(request->payload), moved;
	struct free_memory room = free_between(request, elf->memory.start - request->payload->moved.physical, HIGHEST);
	bool fits = memory_is_ram(request->memory, elf->memory), aligned = !(elf->memory.start & (alignment - 1));

	out->image = elf->memory;
	if (aligned && high)
		fits = free_memory_highest(&room, size, alignment, &out->image);
	else if (aligned && !fits)
		fits = free_memory_lowest(&room, size, alignment, &out->image);
	if (!fits)
		return no_room(ERROR_PLACE_KERNEL, &room, size);
	moved = out->image.start - elf->memory.start;
	for (uint32_t i = 0; i < elf->segment_count; i++)
		add_segment(&elf->segment[i], moved, out);
	out->load = out->image.start;
	out->entry = elf->entry.v + moved;
	out->mode = LEAVE_LINUX64;
	out->initrd_end = HIGHEST;
	out->told_end = HIGHEST;
	return error_none();
}

/*
 * A bzImage runs at pref_address, or above it at a multiple of kernel_alignment when it is relocatable.  Loading it
 * lower gains nothing: it would unpack itself to pref_address all the same (boot.rst, init_size, "runtime_start").
 */
static struct error place_bzimage(const struct place_request *request, bool high, struct layout *out)
{
	const struct linux_kernel *kernel = &request->payload->bzimage;
	struct free_memory room = free_between(request, kernel->pref_address, HIGHEST);
	uint64_t alignment = kernel->relocatable ? kernel->kernel_alignment : 1;
	bool fits = !(kernel->pref_address & (alignment - 1)) &&
		    range_make(kernel->pref_address, kernel->init_size, &out->image) &&
		    out->image.end <= HIGHEST && memory_is_ram(request->memory, out->image);

	if (kernel->relocatable && high)
		fits = free_memory_highest(&room, kernel->init_size, alignment, &out->image);
	else if (kernel->relocatable && !fits)
		fits = free_memory_lowest(&room, kernel->init_size, alignment, &out->image);
	if (!kernel->relocatable)
		room.limits.end = out->image.end;
	if (!fits)
		return no_room(ERROR_PLACE_KERNEL, &room, kernel->init_size);
	out->load = out->image.start;
	out->entry = out->load + LINUX_ENTRY_64;
	out->mode = LEAVE_LINUX64;
	out->part[out->part_count++] = (struct move){ out->load, kernel->code_offset, kernel->code_size, 0 };
	out->initrd_end = kernel->initrd_addr_max + 1;
	out->told_end = HIGHEST;
	return error_none();
}

/* Above the image is where FreeBSD wants it: all memory above the highest thing it is told of, it takes as free. */
static struct error place_handover(const struct place_request *request, enum handover_place where, struct layout *out)
{
	uint64_t low = where == HANDOVER_ABOVE_IMAGE ? out->image.end : LOWEST;
	struct free_memory room = free_between(request, low, out->told_end);
	uint64_t size;
	bool found;

	if (!round_up(request->handover_size, PAGE_SIZE, &size))
		return error_make(ERROR_PLACE_HANDOVER, NULL, kib(request->handover_size), 0);
	take_present(&room, request);
	free_memory_take(&room, out->image);
	if (where == HANDOVER_HIGH)
		found = free_memory_highest(&room, size, PAGE_SIZE, &out->handover);
	else
		found = free_memory_lowest(&room, size, PAGE_SIZE, &out->handover);
	return found ? error_none() : no_room(ERROR_PLACE_HANDOVER, &room, size);
}

static bool initrd_can_stay(const struct place_request *request, const struct layout *layout, struct range now)
{
	return !(now.start & PAGE_MASK) && now.end <= layout->initrd_end &&
	       memory_is_ram(request->memory, now) && !range_overlaps(now, layout->image);
}

static struct error place_initrd(const struct place_request *request, enum initrd_place where, struct layout *out)
{
	struct range now = file_range(request->payload->initrd);
	struct free_memory room = free_between(request, LOWEST, out->initrd_end);
	bool found;

	out->initrd = now;
	if (range_empty(now) || initrd_can_stay(request, out, now))
		return error_none();
	free_memory_take(&room, out->image);
	free_memory_take(&room, out->handover);
	if (where == INITRD_CLEAR)
		take_present(&room, request);
	if (where == INITRD_LOW)
		found = free_memory_lowest(&room, range_size(now), PAGE_SIZE, &out->initrd);
	else
		found = free_memory_highest(&room, range_size(now), PAGE_SIZE, &out->initrd);
	return found ? error_none() : no_room(ERROR_PLACE_INITRD, &room, range_size(now));
}

_Static_assert(ELF_MAX_SEGMENTS + 2 <= LEAVE_MAX_MOVES, "every segment, the initrd, and a kernel laid aside");

static void add_move(struct layout *out, uint64_t to, uint64_t from, uint64_t size, uint64_t zero)
{
	if (to != from || zero != 0)
		out->move[out->move_count++] = (struct move){ to, from, size, zero };
}

/* The moves of the payload's parts out of its file, wherever that is by then. */
static void move_image(uint64_t file, struct layout *out)
{
	for (uint32_t i = 0; i < out->part_count; i++)
		add_move(out, out->part[i].to, file + out->part[i].from, out->part[i].size, out->part[i].zero);
}

/* Where the kernel file can lie, out of every other move's way. */
static struct error find_aside(const struct place_request *request, const struct layout *layout, struct range *out)
{
	struct range kernel = file_range(request->payload->kernel);
	struct free_memory room = free_between(request, LOWEST, HIGHEST);

	free_memory_take(&room, layout->image);
	free_memory_take(&room, layout->handover);
	free_memory_take(&room, layout->initrd);
	free_memory_take(&room, kernel);
	free_memory_take(&room, file_range(request->payload->initrd));
	if (!free_memory_highest(&room, range_size(kernel), PAGE_SIZE, out))
		return no_room(ERROR_PLACE_ASIDE, &room, range_size(kernel));
	return error_none();
}

/* Lists the moves in their order.  Laid aside first, the kernel file is in nobody's way, so there is no ring then. */
static struct error plan_moves(const struct place_request *request, bool aside, struct layout *out)
{
	const struct payload *payload = request->payload;
	struct range kernel = file_range(payload->kernel), spare = kernel;
	uint32_t first = 0;

	out->move_count = 0;
	if (aside) {
		TRY(find_aside(request, out, &spare));
		add_move(out, spare.start, kernel.start, range_size(kernel), 0);
		first = 1;
	}
	add_move(out, out->initrd.start, payload->initrd.start, payload->initrd.bytes.size, 0);
	move_image(spare.start, out);
	if (move_order(out->move + first, out->move_count - first))
		return error_none();
	return error_make(ERROR_PLACE_ASIDE, NULL, kib(range_size(kernel)), 0);
}

/* By the kind of payload; behind the Xen PV door nothing is moved, and place() not called. */
static struct error (*const place_image[])(const struct place_request *request, bool high, struct layout *out) = {
	[PAYLOAD_LINUX_BZIMAGE] = place_bzimage,
	[PAYLOAD_PVH_ELF64] = place_segments,
	[PAYLOAD_PVH_ELF32] = place_segments,
	[PAYLOAD_LINUX_ELF64] = place_vmlinux,
};

static struct error try_layout(const struct place_request *request, const struct attempt *attempt, struct layout *out)
{
	*out = (struct layout){ 0 };
	TRY(place_image[request->payload->kind](request, attempt->image_high, out));
	TRY(place_handover(request, attempt->handover, out));
	TRY(place_initrd(request, attempt->initrd, out));
	return plan_moves(request, attempt->aside, out);
}

struct error place(const struct place_request *request, struct layout *out)
{
	struct error error = error_none();

	CHECK(request->keep_count <= PLACE_MAX_KEEP);
	for (unsigned i = 0; i < 4 * HANDOVER_PLACES * INITRD_PLACES; i++) {
		struct attempt attempt = {
			.initrd = i % INITRD_PLACES,
			.handover = i / INITRD_PLACES % HANDOVER_PLACES,
			.image_high = i / (INITRD_PLACES * HANDOVER_PLACES) % 2,
			.aside = i / (INITRD_PLACES * HANDOVER_PLACES) / 2,
		};

		error = try_layout(request, &attempt, out);
		if (!failed(error))
			return error;
	}
	return error;
}
