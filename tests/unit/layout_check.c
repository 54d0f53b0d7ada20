/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "layout_check.h"

/* Bytes [start, end) hold what was at first at `origin`..., or zeros. */
struct extent {
	uint64_t start, end, origin;
	bool zero;
};

/* Memory, where it is not as it was at first; the extents do not overlap. */
struct model {
	struct extent extent[1024];
	unsigned count;
};

static void forget(struct model *model, uint64_t start, uint64_t end)
{
	struct model next = { .count = 0 };

	for (unsigned i = 0; i < model->count; i++) {
		struct extent e = model->extent[i];

		if (e.start < start)
			next.extent[next.count++] = (struct extent){ e.start, e.end < start ? e.end : start, e.origin, e.zero };
		if (e.end > end) {
			uint64_t from = e.start > end ? e.start : end;

			next.extent[next.count++] = (struct extent){ from, e.end, e.origin + (from - e.start), e.zero };
		}
	}
	*model = next;
}

/* What is at `at` now, up to `end` at most: one extent that begins there. */
static struct extent look(const struct model *model, uint64_t at, uint64_t end)
{
	struct extent found = { at, end, at, false };

	for (unsigned i = 0; i < model->count; i++) {
		struct extent e = model->extent[i];

		if (e.start <= at && at < e.end)
			return (struct extent){ at, e.end < end ? e.end : end, e.origin + (at - e.start), e.zero };
		if (e.start > at && e.start < found.end)
			found.end = e.start;
	}
	return found;
}

/* As memmove: everything is read before anything is written. */
static void run_move(struct model *model, const struct move *move)
{
	struct extent read[512];
	unsigned count = 0;

	for (uint64_t at = move->from; at < move->from + move->size; at = read[count++].end)
		read[count] = look(model, at, move->from + move->size);
	forget(model, move->to, move->to + move->size + move->zero);
	for (unsigned i = 0; i < count; i++) {
		read[i].start += move->to - move->from;
		read[i].end += move->to - move->from;
		model->extent[model->count++] = read[i];
	}
	if (move->zero != 0)
		model->extent[model->count++] = (struct extent){
			move->to + move->size, move->to + move->size + move->zero, 0, true
		};
}

static bool holds(const struct model *model, uint64_t at, uint64_t origin, uint64_t size, bool zero)
{
	uint64_t end = at + size;

	while (at < end) {
		struct extent e = look(model, at, end);

		if (e.zero != zero || (!zero && e.origin != origin))
			return false;
		origin += e.end - e.start;
		at = e.end;
	}
	return true;
}

static bool is_ram(const struct memory_map *map, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < map->count && start < end; i++)
		if (map->region[i].type == REGION_RAM && map->region[i].start <= start &&
		    start - map->region[i].start < map->region[i].size)
			start = map->region[i].start + map->region[i].size;
	return start >= end;
}

static bool share(struct range a, struct range b)
{
	return a.start < a.end && b.start < b.end && a.start < b.end && b.start < a.end;
}

static struct range module_now(const struct payload *payload, unsigned index)
{
	const struct image *image = &payload->module[index].image;

	return (struct range){ image->start, image->start + image->bytes.size };
}

static const char *check_handover(const struct place_request *request, const struct layout *layout)
{
	const struct payload *payload = request->payload;
	struct range kernel = { payload->kernel.start, payload->kernel.start + payload->kernel.bytes.size };
	struct range block = layout->handover;
	bool is_linux = payload->kind == PAYLOAD_LINUX_BZIMAGE || payload->kind == PAYLOAD_LINUX_ELF64;

	if (block.start % 4096 || block.end % 4096 || block.end - block.start < request->handover_size)
		return "the hand-over block is not whole pages, or too small";
	if (block.start < 0x100000 || block.end > (is_linux ? 0x100000000 : 0x40000000))
		return "the hand-over block is too low or too high";
	if (!is_ram(request->memory, block.start, block.end))
		return "the hand-over block is not RAM";
	if (share(block, request->shim) || share(block, kernel) || share(block, layout->image) || share(block, layout->initrd))
		return "the hand-over block covers something";
	for (unsigned i = 0; i < payload->module_count; i++)
		if (share(block, module_now(payload, i)) || share(block, layout->module[i]))
			return "the hand-over block covers a module";
	for (unsigned i = 0; i < request->keep_count; i++)
		if (share(block, request->keep[i]))
			return "the hand-over block covers what must be kept";
	for (unsigned i = 0; i < layout->move_count; i++) {
		const struct move *move = &layout->move[i];

		if (share(block, (struct range){ move->to, move->to + move->size + move->zero }) ||
		    share(block, (struct range){ move->from, move->from + move->size }))
			return "a move touches the hand-over block";
	}
	return NULL;
}

static const char *check_moves(const struct place_request *request, const struct layout *layout, struct model *model)
{
	if (layout->move_count > LEAVE_MAX_MOVES)
		return "too many moves";
	for (unsigned i = 0; i < layout->move_count; i++) {
		const struct move *move = &layout->move[i];

		if (!is_ram(request->memory, move->to, move->to + move->size + move->zero))
			return "a move writes outside RAM";
		run_move(model, move);
	}
	return NULL;
}

/* A kernel file that is laid aside, which a later move reads, lies in the way of nothing. */
static const char *check_aside(const struct place_request *request, const struct layout *layout)
{
	const struct payload *payload = request->payload;
	const struct move *first = &layout->move[0];
	struct range aside = { first->to, first->to + first->size };
	bool is_aside = false;

	for (unsigned i = 1; i < layout->move_count; i++)
		is_aside = is_aside || share(aside, (struct range){ layout->move[i].from,
								    layout->move[i].from + layout->move[i].size });
	for (unsigned i = 0; i < payload->module_count; i++)
		if (is_aside && share(aside, layout->module[i]))
			return "the kernel file is laid aside in the way of a module";
	if (is_aside && (share(aside, layout->image) || share(aside, (struct range){ payload->kernel.start,
						      payload->kernel.start + payload->kernel.bytes.size })))
		return "the kernel file is laid aside in the way of something";
	return NULL;
}

static uint64_t entry_of(const struct payload *payload)
{
	switch (payload->kind) {
	case PAYLOAD_LINUX_ELF64: return payload->elf.entry.v;
	case PAYLOAD_MULTIBOOT1:
	case PAYLOAD_MULTIBOOT2: return payload->multiboot.entry;
	default: return payload->pvh_entry;
	}
}

static const char *check_image(const struct payload *payload, const struct layout *layout, const struct model *model)
{
	uint64_t file = payload->kernel.start, moved = layout->load - payload->elf.memory.start;

	if (payload->kind == PAYLOAD_LINUX_BZIMAGE) {
		const struct linux_kernel *kernel = &payload->bzimage;

		if (layout->load < kernel->pref_address || (!kernel->relocatable && layout->load != kernel->pref_address))
			return "the kernel is where it cannot run";
		if (layout->load != kernel->pref_address && layout->load % kernel->kernel_alignment)
			return "the kernel is not aligned";
		if (layout->entry != layout->load + 0x200 || layout->image.end - layout->load != kernel->init_size)
			return "the kernel's entry or size is wrong";
		return holds(model, layout->load, file + kernel->code_offset, kernel->code_size, false) ?
		       NULL : "the kernel's code is not there";
	}
	if (payload->kind == PAYLOAD_LINUX_ELF64 && moved != 0 && layout->load % (2 << 20))
		return "a moved vmlinux is not aligned";
	if (payload->kind != PAYLOAD_LINUX_ELF64 && !payload->multiboot.relocatable && moved != 0)
		return "a kernel is not where it is linked";
	if (payload->multiboot.relocatable &&
	    (layout->load < payload->multiboot.lowest || layout->image.end > payload->multiboot.end ||
	     layout->load % payload->multiboot.alignment))
		return "a relocatable kernel is out of its bounds";
	if (layout->entry != entry_of(payload) + moved)
		return "the entry is wrong";
	for (unsigned i = 0; i < payload->elf.segment_count; i++) {
		const struct elf_segment *segment = &payload->elf.segment[i];
		struct range memory = { segment->memory.start + moved, segment->memory.end + moved };
		uint64_t zeros = memory.start + segment->file_size;

		if (!holds(model, memory.start, file + segment->offset, segment->file_size, false))
			return "a segment is not there";
		if (!holds(model, zeros, 0, memory.end - zeros, true))
			return "a segment has no zeros behind it";
		if (memory.start < layout->image.start || memory.end > layout->image.end)
			return "a segment is outside the image";
	}
	return NULL;
}

/* A module that may be anywhere: for itself, or the first part of an initrd. */
static const char *check_module(const struct place_request *request, const struct layout *layout, unsigned index,
				const struct model *model)
{
	const struct payload *payload = request->payload;
	struct range now = module_now(payload, index), then = layout->module[index];
	uint64_t limit = payload->kind == PAYLOAD_LINUX_BZIMAGE ? payload->bzimage.initrd_addr_max + 1 : 0x100000000;
	bool alone = !payload_joins_modules(payload) || payload->module_count == 1;

	if (then.end - then.start != now.end - now.start)
		return "a module has another size";
	if ((then.start % 4096 && (alone || index == 0)) || then.start % 4 || then.end > limit)
		return "a module is not aligned or too high";
	if (share(then, layout->image))
		return "a module is in the kernel's way";
	if (!is_ram(request->memory, then.start, then.end))
		return "a module is not in RAM";
	if (!holds(model, then.start, now.start, then.end - then.start, false))
		return "a module is not there";
	if (alone && then.start != now.start && now.start % 4096 == 0 && now.end <= limit && !share(now, layout->image) &&
	    is_ram(request->memory, now.start, now.end))
		return "a module was moved for nothing";
	if (then.start != now.start && then.start < 0x100000)
		return "a module was moved below 1 MiB";
	for (unsigned i = 0; i < index; i++)
		if (share(then, layout->module[i]))
			return "two modules share memory";
	return NULL;
}

/* Parts of an initrd follow one another, with zeros between. */
static const char *check_parts(const struct payload *payload, const struct layout *layout, const struct model *model)
{
	for (unsigned i = 1; i < payload->module_count; i++) {
		uint64_t end = layout->module[i - 1].end, start = layout->module[i].start;

		if (start < end || start - end > 3 || !holds(model, end, 0, start - end, true))
			return "a part of an initrd does not follow the one before";
	}
	return NULL;
}

static const char *check_modules(const struct place_request *request, const struct layout *layout,
				 const struct model *model)
{
	const struct payload *payload = request->payload;
	unsigned last = payload->module_count - 1;
	bool one = payload->module_count == 1 || (payload->module_count != 0 && payload_joins_modules(payload));

	for (unsigned i = 0; i < payload->module_count; i++) {
		const char *fault = check_module(request, layout, i, model);

		if (fault)
			return fault;
	}
	if (one ? layout->initrd.start != layout->module[0].start || layout->initrd.end != layout->module[last].end :
		  layout->initrd.start < layout->initrd.end)
		return "the initrd is something else";
	return one ? check_parts(payload, layout, model) : NULL;
}

const char *layout_fault(const struct place_request *request, const struct layout *layout)
{
	struct model model = { .count = 0 };
	const char *fault = check_moves(request, layout, &model);

	if (!fault && !is_ram(request->memory, layout->image.start, layout->image.end) &&
	    layout->mode == LEAVE_LINUX64)
		fault = "the kernel needs memory that is no RAM";
	if (!fault)
		fault = check_handover(request, layout);
	if (!fault)
		fault = check_aside(request, layout);
	if (!fault)
		fault = check_image(request->payload, layout, &model);
	if (!fault)
		fault = check_modules(request, layout, &model);
	return fault;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Between two neighbouring ends of regions and ranges, all bytes are alike. */
uint64_t largest_block(const struct memory_map *map, uint64_t limit, const struct range *taken, unsigned count)
{
	uint64_t ends[512], largest = 0, run = 0;
	unsigned n = 0;

	ends[n++] = 0x100000;
	ends[n++] = limit;
	for (unsigned i = 0; i < map->count; i++) {
		ends[n++] = map->region[i].start;
		ends[n++] = map->region[i].start + map->region[i].size;
	}
	for (unsigned i = 0; i < count; i++) {
		ends[n++] = taken[i].start;
		ends[n++] = taken[i].end;
	}
	qsort(ends, n, sizeof(ends[0]), compare);
	for (unsigned i = 0; i + 1 < n; i++) {
		struct range piece = { ends[i], ends[i + 1] };
		bool free = piece.start >= 0x100000 && piece.end <= limit && is_ram(map, piece.start, piece.end);

		for (unsigned j = 0; free && j < count; j++)
			free = !share(piece, taken[j]);
		run = free ? run + (piece.end - piece.start) : 0;
		largest = run > largest ? run : largest;
	}
	return largest;
}
