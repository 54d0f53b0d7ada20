/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's own patch sites: from the notes of its file to a plan, which is sound or is none. */
#include <string.h>

#include "fuzz.h"
#include "../unit/sites_reference.h"

#include <pv/engine/sites_lull.h>
#include <shim/payload/lull_notes.h>

/* More records than a mutated small file ever names. */
#define MOST_RECORDS 4096
/* More than the files that the fuzzer begins with have; the reference takes each with each. */
#define FEW_RECORDS  64

static void check_plan(const struct plan *plan)
{
	uint64_t end = 0, bytes = 0;

	for (uint32_t i = 0; i < plan->edit_count; i++) {
		PROMISE(plan->edit[i].offset >= end);
		PROMISE(plan->edit[i].length > 0);
		end = (uint64_t)plan->edit[i].offset + plan->edit[i].length;
		PROMISE(end <= plan->text->length);
		PROMISE(memcmp(plan->old_bytes + bytes, plan->text->run + plan->edit[i].offset, plan->edit[i].length) == 0);
		bytes += plan->edit[i].length;
	}
	PROMISE(bytes == plan->byte_count);
	PROMISE(plan->selected_count <= plan->site_count);
}

/* What is planned is what the table says. */
static void check_text(const struct plan *plan, const struct sites_lull *tables, const struct lull_features *features)
{
	const struct patched_text *text = plan->text;
	uint8_t *said = malloc(text->length + 1), *planned = malloc(text->length + 1);
	const uint8_t *bytes = plan->new_bytes;

	PROMISE(sites_reference(tables, features, text, said));
	memcpy(planned, text->run, text->length);
	for (uint32_t i = 0; i < plan->edit_count; bytes += plan->edit[i++].length)
		memcpy(planned + plan->edit[i].offset, bytes, plan->edit[i].length);
	PROMISE(memcmp(planned, said, text->length) == 0);
	free(said);
	free(planned);
}

static void plan_sites(const struct lull_part *part, const struct lull_features *features)
{
	const struct sites_lull tables = {
		.sites = part[LULL_NOTE_SITES].bytes,
		.sites_address = part[LULL_NOTE_SITES].address,
		.images = { part[LULL_NOTE_IMAGES].bytes, part[LULL_NOTE_IMAGES].address },
		.data = part[LULL_NOTE_DATA].bytes,
		.data_address = part[LULL_NOTE_DATA].address,
	};
	/* Not writable at all: `write` is nowhere. */
	const struct patched_text text = {
		.run = part[LULL_NOTE_TEXT].bytes.at,
		.address = part[LULL_NOTE_TEXT].address,
		.length = part[LULL_NOTE_TEXT].bytes.size,
	};
	struct plan_input input = { .text = &text };
	struct arena arena = { .size = MOST_RECORDS * 640 };
	struct plan plan;

	arena.at = malloc(arena.size);
	if (tables.sites.size / 16 <= MOST_RECORDS && !failed(sites_lull_read(&tables, features, &arena, &input)) &&
	    !failed(plan_make(&plan, &input, &arena))) {
		check_plan(&plan);
		if (input.count > 0 && input.count <= FEW_RECORDS)
			check_text(&plan, &tables, features);
	}
	free(arena.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lull_features features = { { 0, 0 } };
	struct elf_image image;
	struct lull_notes notes;

	if (failed(elf_parse(span(data, size), &image)) || failed(lull_notes_find(&image, &notes)))
		return 0;
	for (unsigned type = 0; type <= LULL_NOTE_RECEIPT; type++)
		PROMISE(lies_in(image.file, notes.part[type].bytes));
	if (!notes.present)
		return 0;
	plan_sites(notes.part, &features);
	lull_features_set(&features, LULL_FEATURE_ONE_CPU);
	plan_sites(notes.part, &features);
	return 0;
}
