/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <string.h>

#include <shim/payload/linux_relocs.h>
#include <shim/payload/linux_tables.h>

static struct arena arena_of(uint64_t size)
{
	return (struct arena){ malloc(size ? size : 8), size, 0 };
}

/* Plans all that can be planned; every store must lie in the window, and be told by what it replaces. */
static void plan_all(const struct sites_linux *sites, const struct sites_linux_found *found)
{
	static const struct sites_linux_cpuid cpuid = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
	const struct sites_linux_choice choice = { true, &cpuid };
	struct arena records = arena_of(sites_linux_space(sites, &choice)), arena;
	struct patched_text text;
	struct plan_input input = { .text = &text };
	const uint8_t *old;
	struct plan plan;

	PROMISE(!failed(sites_linux_text(sites, &text)));
	PROMISE(!failed(sites_linux_read(sites, found, &choice, &records, &input)));
	arena = arena_of(plan_space(input.record, input.count));
	if (failed(plan_make(&plan, &input, &arena)))
		PROMISE(plan.edit_count == 0);
	old = plan.old_bytes;
	for (uint32_t i = 0; i < plan.edit_count; i++) {
		const struct edit *edit = &plan.edit[i];

		PROMISE(edit->offset <= text.length && edit->length <= text.length - edit->offset);
		PROMISE(memcmp(old, text.run + edit->offset, edit->length) == 0);
		old += edit->length;
	}
	free(arena.at);
	free(records.at);
}

/* Each word of a list is changed, and neither the lists nor the header by which the file is read. */
static void move_copy(const struct elf_image *image, const struct linux_relocs *relocs)
{
	const uint64_t delta = 0x12600000;
	uint8_t *copy = malloc(image->file.size);
	struct elf_image moved = *image;
	uint64_t changed = 0;

	memcpy(copy, image->file.at, image->file.size);
	moved.file.at = copy;
	linux_relocs_apply(&moved, relocs, delta);
	for (uint64_t i = 0; i < image->file.size; i++)
		changed += copy[i] != image->file.at[i];
	for (unsigned i = 0; i < LINUX_RELOCS; i++)
		PROMISE(changed >= relocs->list[i].size / 4);
	for (unsigned i = 0; i < LINUX_RELOCS; i++)
		PROMISE(relocs->list[i].size == 0 ||
			memcmp(relocs->list[i].at - image->file.at + copy, relocs->list[i].at, relocs->list[i].size) == 0);
	PROMISE(memcmp(copy, image->file.at, 64) == 0);
	free(copy);
}

/* Whatever is behind the kernel: lists that are found lie there. */
static void find_relocs(const struct elf_image *image)
{
	struct linux_relocs relocs;

	if (failed(linux_relocs_find(image, &relocs)))
		return;
	PROMISE(relocs.lists == 0 || relocs.lists == 2 || relocs.lists == 3);
	for (unsigned i = 0; i < LINUX_RELOCS; i++)
		PROMISE(relocs.list[i].size == 0 || lies_in(image->file, relocs.list[i]));
	if (image->is_64)
		move_copy(image, &relocs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sites_linux_found found;
	struct sites_linux tables;
	struct elf_image image;
	struct arena arena;

	if (failed(elf_parse(span(data, size), &image)))
		return 0;
	find_relocs(&image);
	if (failed(linux_tables_find(&image, &tables)))
		return 0;
	for (unsigned i = 0; i < SITES_LINUX_SECTIONS; i++)
		PROMISE(lies_in(image.file, tables.section[i].bytes));
	for (unsigned i = 0; i < tables.executable_count; i++)
		PROMISE(lies_in(image.file, tables.executable[i].bytes));
	arena = arena_of(sites_linux_verify_space(&tables));
	if (!failed(sites_linux_verify(&tables, &arena, &found))) {
		if (!failed(found.unsound[SITES_LINUX_LOCKS]))
			PROMISE(found.locks == found.locks_there + found.locks_gone + found.locks_other);
		PROMISE(found.lock_sites <= found.locks && found.alternative_sites <= found.alternatives);
		plan_all(&tables, &found);
	}
	PROMISE(arena.used <= arena.size);
	free(arena.at);
	return 0;
}
