/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three things need room at the end: the payload's image, its modules and the hand-over block.  Each has a few sensible
 * places; place() tries their combinations, the most wanted first, and takes the first that fits and can be moved to.
 */
#include <core/check.h>
#include <shim/handover/move_order.h>
#include <shim/handover/place.h>
#include <shim/memory/free_memory.h>
#include <shim/payload/initrds.h>

/* Below the first MiB are a firmware's tables and, on most machines, the ISA hole: nothing is put there by choice. */
#define LOWEST          MIB
/* A bzImage is entered through, and the trampoline of machine_leave() runs in, memory that 32 bits reach. */
#define HIGHEST         (4 * GIB)
/* Linux, entered by PVH, has mapped only the first GiB when it reads what it was told (arch/x86/platform/pvh/head.S). */
#define HIGHEST_TOLD    (1 * GIB)

enum handover_place { HANDOVER_ABOVE_IMAGE, HANDOVER_HIGH, HANDOVER_LOW, HANDOVER_PLACES };

/*
 * Where a moved module goes: clear of what will be there, or also clear of everything there is now.  An initrd as high as it
 * goes, as every loader puts it: below the kernel it takes memory that Linux needs while it unpacks itself, where memory is scarce.
 * What is wanted is given up last for a place that fits.
 */
enum modules_place { MODULES_WANTED, MODULES_CLEAR, MODULES_FIT, MODULES_PLACES };

struct attempt {
	/* The kernel file first steps aside, which costs a second copy of it. */
	bool aside;
	/* A relocatable bzImage as high as it goes: that leaves more memory in one block below. */
	bool image_high;
	enum handover_place handover;
	enum modules_place modules;
};

static struct range module_range(const struct payload *payload, uint32_t index)
{
	return image_range(payload->module[index].image);
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
	free_memory_take(room, image_range(request->payload->kernel));
	for (uint32_t i = 0; i < request->payload->module_count; i++)
		free_memory_take(room, module_range(request->payload, i));
	for (uint32_t i = 0; i < request->keep_count; i++)
		free_memory_take(room, request->keep[i]);
}

static void add_segment(const struct elf_segment *segment, uint64_t moved, struct layout *out)
{
	out->part[out->part_count++] = (struct move){ segment->memory.start + moved, segment->offset, segment->file_size,
						      range_size(segment->memory) - segment->file_size };
}

/* All segments of a kernel that lies at `load`; returns how far that is from where it is linked. */
static uint64_t add_moved_segments(const struct elf_image *elf, struct layout *out)
{
	uint64_t moved = out->load - elf->memory.start;

	for (uint32_t i = 0; i < elf->segment_count; i++)
		add_segment(&elf->segment[i], moved, out);
	return moved;
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
	out->modules_end = HIGHEST;
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
	out->load = out->image.start;
	moved = add_moved_segments(elf, out);
	out->entry = elf->entry.v + moved;
	out->mode = LEAVE_LINUX64;
	out->modules_end = HIGHEST;
	out->told_end = HIGHEST;
	return error_none();
}

/* Whether a multiboot kernel may, and wants to, lie where it is linked. */
static bool multiboot_stays(const struct place_request *request)
{
	const struct multiboot_kernel *kernel = &request->payload->multiboot;
	struct range linked = request->payload->elf.memory;

	return !kernel->relocatable || (kernel->preference == MULTIBOOT_ANYWHERE && linked.start >= kernel->lowest &&
					linked.end <= kernel->end && !(linked.start & (kernel->alignment - 1)) &&
					memory_is_ram(request->memory, linked));
}

/* A relocatable one goes to the lowest or to the highest place within its bounds. */
static struct error place_multiboot(const struct place_request *request, bool high, struct layout *out)
{
	const struct multiboot_kernel *kernel = &request->payload->multiboot;
	const struct elf_image *elf = &request->payload->elf;
	struct free_memory room = free_between(request, kernel->lowest, kernel->end);
	uint64_t size = range_size(elf->memory);
	bool fits;

	if (multiboot_stays(request))
		TRY(place_segments(request, high, out));
	if (out->part_count == 0) {
		if (high != (kernel->preference == MULTIBOOT_HIGHEST))
			fits = free_memory_highest(&room, size, kernel->alignment, &out->image);
		else
			fits = free_memory_lowest(&room, size, kernel->alignment, &out->image);
		if (!fits)
			return no_room(ERROR_PLACE_KERNEL, &room, size);
		out->load = out->image.start;
		add_moved_segments(elf, out);
	}
	out->entry = kernel->entry + (out->load - elf->memory.start);
	out->mode = LEAVE_MULTIBOOT;
	out->modules_end = HIGHEST;
	out->told_end = HIGHEST_TOLD;
	out->modules_low = true;
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
	out->modules_end = kernel->initrd_addr_max + 1;
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

static bool module_can_stay(const struct place_request *request, const struct layout *layout, uint32_t index)
{
	struct range now = module_range(request->payload, index);

	return !(now.start & PAGE_MASK) && now.end <= layout->modules_end &&
	       memory_is_ram(request->memory, now) && !range_overlaps(now, layout->image);
}

/* Finds a place for what goes together; clear of what will be there, as layout->module[] has it. */
static struct error find_place(const struct place_request *request, enum modules_place where, uint64_t size,
			       const struct layout *layout, struct range *out)
{
	uint64_t low = layout->modules_low && where == MODULES_WANTED ? layout->image.end : LOWEST;
	struct free_memory room = free_between(request, low, layout->modules_end);
	bool found;

	free_memory_take(&room, layout->image);
	free_memory_take(&room, layout->handover);
	for (uint32_t i = 0; i < request->payload->module_count; i++)
		free_memory_take(&room, layout->module[i]);
	if (where == MODULES_CLEAR)
		take_present(&room, request);
	if (where == MODULES_FIT || layout->modules_low)
		found = free_memory_lowest(&room, size, PAGE_SIZE, out);
	else
		found = free_memory_highest(&room, size, PAGE_SIZE, out);
	return found ? error_none() : no_room(ERROR_PLACE_INITRD, &room, size);
}

/* Several parts of an initrd, one behind the other. */
static struct error place_parts(const struct place_request *request, enum modules_place where, struct layout *out)
{
	uint64_t size = payload_modules_size(request->payload), at;

	TRY(find_place(request, where, size, out, &out->initrd));
	at = out->initrd.start;
	for (uint32_t i = 0; i < request->payload->module_count; i++) {
		range_make(initrd_start(at), request->payload->module[i].image.bytes.size, &out->module[i]);
		at = out->module[i].end;
	}
	return error_none();
}

static struct error place_modules(const struct place_request *request, enum modules_place where, struct layout *out)
{
	const struct payload *payload = request->payload;

	if (payload_joins_modules(payload) && payload->module_count > 1)
		return place_parts(request, where, out);
	for (uint32_t i = 0; i < payload->module_count; i++)
		if (module_can_stay(request, out, i))
			out->module[i] = module_range(payload, i);
	for (uint32_t i = 0; i < payload->module_count; i++)
		if (range_empty(out->module[i]))
			TRY(find_place(request, where, payload->module[i].image.bytes.size, out, &out->module[i]));
	if (payload->module_count == 1)
		out->initrd = out->module[0];
	return error_none();
}

_Static_assert(ELF_MAX_SEGMENTS + BOOT_MAX_MODULES + 1 <= LEAVE_MAX_MOVES, "every segment and module, and a kernel laid aside");

static void add_move(struct layout *out, uint64_t to, uint64_t from, uint64_t size, uint64_t zero)
{
	if (to != from || zero != 0)
		out->move[out->move_count++] = (struct move){ to, from, size, zero };
}

/* Zeros fill the gap up to the next part of an initrd. */
static void move_modules(const struct payload *payload, struct layout *out)
{
	for (uint32_t i = 0; i < payload->module_count; i++) {
		struct image image = payload->module[i].image;
		bool last = i + 1 == payload->module_count || range_empty(out->initrd);

		add_move(out, out->module[i].start, image.start, image.bytes.size,
			 last ? 0 : out->module[i + 1].start - out->module[i].end);
	}
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
	struct range kernel = image_range(request->payload->kernel);
	struct free_memory room = free_between(request, LOWEST, HIGHEST);

	free_memory_take(&room, layout->image);
	free_memory_take(&room, layout->handover);
	free_memory_take(&room, kernel);
	for (uint32_t i = 0; i < request->payload->module_count; i++) {
		free_memory_take(&room, layout->module[i]);
		free_memory_take(&room, module_range(request->payload, i));
	}
	if (!free_memory_highest(&room, range_size(kernel), PAGE_SIZE, out))
		return no_room(ERROR_PLACE_ASIDE, &room, range_size(kernel));
	return error_none();
}

/* Lists the moves in their order.  Laid aside first, the kernel file is in nobody's way, so there is no ring then. */
static struct error plan_moves(const struct place_request *request, bool aside, struct layout *out)
{
	const struct payload *payload = request->payload;
	struct range kernel = image_range(payload->kernel), spare = kernel;
	uint32_t first = 0;

	out->move_count = 0;
	if (aside) {
		TRY(find_aside(request, out, &spare));
		add_move(out, spare.start, kernel.start, range_size(kernel), 0);
		first = 1;
	}
	move_modules(payload, out);
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
	[PAYLOAD_MULTIBOOT1] = place_multiboot,
	[PAYLOAD_MULTIBOOT2] = place_multiboot,
};

static struct error try_layout(const struct place_request *request, const struct attempt *attempt, struct layout *out)
{
	*out = (struct layout){ 0 };
	TRY(place_image[request->payload->kind](request, attempt->image_high, out));
	TRY(place_handover(request, attempt->handover, out));
	TRY(place_modules(request, attempt->modules, out));
	return plan_moves(request, attempt->aside, out);
}

struct error place(const struct place_request *request, struct layout *out)
{
	struct error error = error_none();

	CHECK(request->keep_count <= PLACE_MAX_KEEP);
	for (unsigned i = 0; i < 4 * HANDOVER_PLACES * MODULES_PLACES; i++) {
		struct attempt attempt = {
			.modules = i % MODULES_PLACES,
			.handover = i / MODULES_PLACES % HANDOVER_PLACES,
			.image_high = i / (MODULES_PLACES * HANDOVER_PLACES) % 2,
			.aside = i / (MODULES_PLACES * HANDOVER_PLACES) / 2,
		};

		error = try_layout(request, &attempt, out);
		if (!failed(error))
			return error;
	}
	return error;
}
