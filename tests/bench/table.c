/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <core/error_text.h>
#include <pv/engine/linux/linux_alternatives.h>
#include <pv/engine/replacement.h>
#include <shim/payload/linux_tables.h>
#include <tools/file.h>
#include <tools/subject.h>

#include "table.h"

#define PAGE       UINT64_C(4096)
#define LARGE_PAGE (UINT64_C(2) << 20)

_Noreturn void give_up(const char *what, const struct error *error)
{
	fprintf(stderr, "bench: %s: %s\n", what, error ? error_text(error->code)->title : "failed");
	exit(1);
}

void *take(uint64_t size)
{
	uint64_t whole = (size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	void *memory = size < LARGE_PAGE ? malloc(size) : aligned_alloc(LARGE_PAGE, whole);

	if (memory == NULL)
		give_up("memory", NULL);
	if (size >= LARGE_PAGE)
		madvise(memory, whole, MADV_HUGEPAGE);
	memset(memory, 0, size);
	return memory;
}

/* The tables of a kernel's file, and the size of their records. */
static void open_kernel(const char *file, struct sites_linux *tables, const struct alternative_layout **layout)
{
	static struct subject subject;
	struct sites_linux_found found;
	struct arena arena;
	struct error error;
	struct span bytes;

	if (!file_read(file, FILE_MAX_SIZE, &bytes))
		exit(1);
	subject_examine(&subject, bytes);
	if (!subject.has_elf)
		give_up(file, NULL);
	error = linux_tables_find(&subject.elf, tables);
	if (failed(error))
		give_up(file, &error);
	arena = (struct arena){ .size = sites_linux_verify_space(tables) };
	arena.at = take(arena.size);
	error = sites_linux_verify(tables, &arena, &found);
	if (!failed(error))
		error = found.unsound[SITES_LINUX_ALTERNATIVES];
	if (failed(error) || found.record_size == 0)
		give_up(file, &error);
	free(arena.at);
	*layout = alternative_layout(found.record_size);
}

/* All of the kernel's text in one window, at the distances at which it is linked. */
static struct patched_text copy_text(const struct sites_linux *tables)
{
	uint64_t start = UINT64_MAX, end = 0;
	uint8_t *copy;

	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_EXIT_TEXT; i++) {
		const struct linked_bytes *section = &tables->section[i];

		if (section->bytes.size == 0)
			continue;
		if (start > section->address)
			start = section->address;
		if (end < section->address + section->bytes.size)
			end = section->address + section->bytes.size;
	}
	copy = take(end - start);
	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_EXIT_TEXT; i++)
		if (tables->section[i].bytes.size != 0)
			memcpy(copy + (tables->section[i].address - start), tables->section[i].bytes.at,
			       tables->section[i].bytes.size);
	return (struct patched_text){ copy, copy, start, end - start };
}

static bool can_be_moved(const struct alternative *from, const uint8_t *bytes)
{
	uint8_t copy[UINT8_MAX];
	uint64_t target;

	memcpy(copy, bytes, from->replacement_length);
	return image_relocate(copy, from->replacement_length, from->replacement, from->site, &target);
}

static struct plan_record make_record(const struct linked_bytes *images, const struct alternative *from, uint32_t index)
{
	const uint8_t *bytes = images->bytes.at + (from->replacement - images->address);
	bool selected = can_be_moved(from, bytes);

	return (struct plan_record){
		.site = from->site,
		.bytes = bytes,
		.index = index,
		.site_length = from->length,
		.length = from->replacement_length,
		.flags = selected ? RECORD_RELOCATE | RECORD_SELECTED : 0,
	};
}

struct table table_load(const char *file)
{
	const struct alternative_layout *layout;
	struct sites_linux tables;
	struct table table = { 0 };
	uint32_t count;

	open_kernel(file, &tables, &layout);
	count = alternative_count(&tables, layout);
	table.text = copy_text(&tables);
	table.record = take(count * sizeof(*table.record));
	for (uint32_t i = 0; i < count; i++) {
		struct alternative from = alternative_read(&tables, layout, i);

		table.record[i] = make_record(&tables.section[SITES_LINUX_REPLACEMENTS], &from, i);
		table.refused += (table.record[i].flags & RECORD_SELECTED) == 0;
	}
	table.input = (struct plan_input){
		.table = file,
		.record = table.record,
		.count = count,
		.images = tables.section[SITES_LINUX_REPLACEMENTS],
	};
	return table;
}

/* For each page of the text, 1 behind its number among those that have sites, or 0; returns how many have. */
static uint32_t number_pages(const struct table *table, uint32_t *number)
{
	uint32_t pages = 0;

	for (uint32_t i = 0; i < table->input.count; i++) {
		uint64_t offset = table->record[i].site - table->text.address;

		number[offset / PAGE] = 1;
		number[(offset + table->record[i].site_length - 1) / PAGE] = 1;
	}
	for (uint64_t page = 0; page <= table->text.length / PAGE; page++)
		if (number[page] != 0)
			number[page] = ++pages;
	return pages;
}

static void copy_pages(uint8_t *to, const struct patched_text *text, const uint32_t *number)
{
	for (uint64_t at = 0; at < text->length; at += PAGE)
		if (number[at / PAGE] != 0)
			memcpy(to + (number[at / PAGE] - 1) * PAGE, text->run + at,
			       text->length - at < PAGE ? text->length - at : PAGE);
}

struct table table_repeat(const struct table *table, uint32_t records)
{
	uint32_t *number = take((table->text.length / PAGE + 1) * sizeof(*number));
	uint64_t size = number_pages(table, number) * PAGE;
	uint32_t times = (records + table->input.count - 1) / table->input.count;
	struct table out = *table;
	uint8_t *text = take(times * size);

	out.text = (struct patched_text){ text, text, table->text.address, times * size };
	for (uint32_t i = 0; i < times; i++)
		copy_pages(text + i * size, &table->text, number);
	out.record = take(records * sizeof(*out.record));
	for (uint32_t i = 0; i < records; i++) {
		uint64_t offset;

		out.record[i] = table->record[i % table->input.count];
		offset = out.record[i].site - table->text.address;
		out.record[i].site = table->text.address + i / table->input.count * size +
				     (number[offset / PAGE] - 1) * PAGE + offset % PAGE;
		out.record[i].index = i;
	}
	out.input.record = out.record;
	out.input.count = records;
	free(number);
	return out;
}
