/* SPDX-License-Identifier: MIT */
/*
 * PLAN: everything about patching that can fail.  Runs unmasked, reads text and writes none of it.
 *
 * Records come from a table reader (sites_lull.h), in the table's own order.  Every site is folded to its one final
 * image: the last selected record wins, nested sites included; the image is relocated, filled with NOPs and compared
 * with what is there.  An error names the record (expected = its index), its site, and why; then there is no plan.  Every
 * choice is checked, whether its feature is there or not: only SITE_UNCHOSEN depends on the features.
 *
 * Nothing here allocates: the plan lives in the caller's arena.
 */
#ifndef LULL_PV_ENGINE_PLAN_H
#define LULL_PV_ENGINE_PLAN_H

#include <core/error.h>
#include <core/span.h>

/* Memory of the caller's, 8-byte aligned, given out front to back in multiples of 8 bytes. */
struct arena {
	uint8_t *at;
	uint64_t size;
	uint64_t used;
};

/* Takes `size` bytes; NULL when there are not enough left. */
void *arena_take(struct arena *arena, uint64_t size);

/*
 * Text that can be patched.  It is executed and read at one place and written through an alias at another, so that no
 * mapping is ever both writable and executable.
 */
struct patched_text {
	/* Where it is read, before and after. */
	const uint8_t *run;
	/* Writable alias of the same memory, at another virtual address. */
	uint8_t *write;
	/* Virtual address at which it runs; the address that sites are named by. */
	uint64_t address;
	/* At most 4 GiB. */
	uint64_t length;
};

/* Virtual addresses [start, end) that no site may touch: the code of the patcher itself. */
struct code_range {
	uint64_t start;
	uint64_t end;
};

/* Replacement bytes, and the virtual address they were linked at: relative branches count from there. */
struct linked_bytes {
	struct span bytes;
	uint64_t address;
};

enum record_flags {
	/* Its feature is there: its bytes are the site's, unless a later record's are. */
	RECORD_SELECTED = 1,
	/* `bytes` and `old` lie in the input's images; a branch they begin with is relocated to the site. */
	RECORD_RELOCATE = 2,
	/* The site holds int3 all over. */
	RECORD_TRAPPED = 4,
	/* What the site holds must not stay: some selected record must replace all of it. */
	RECORD_MUST = 8,
	/* It declares a site of its own: its bytes are no other such record's, unless that one is around it. */
	RECORD_SITE = 16,
};

/* One record of any table, as its reader understood it. */
struct plan_record {
	/* Virtual address of the site's first byte. */
	uint64_t site;
	/* Replacement, `length` bytes; the rest of the site becomes NOPs.  NULL only when length is 0. */
	const uint8_t *bytes;
	/* What the site must hold now, `old_length` bytes and then single-byte NOPs; NULL when the table does not say. */
	const uint8_t *old;
	/* Its number in the table, for messages. */
	uint32_t index;
	uint8_t site_length;
	uint8_t length;
	uint8_t old_length;
	/* enum record_flags. */
	uint8_t flags : 5;
	/* The reader's own number of the kind of site that this record declares; 0 when it only adds to one. */
	uint8_t kind : 3;
};

/* Kinds that a reader can count, the 0 that is not counted included. */
#define PLAN_KINDS 8

/* Records that may describe one site, those nested in it included.  A limit keeps PLAN linear. */
#define PLAN_RECORDS_PER_SITE 64

struct plan_input {
	/* What the table is called in messages: ".lull_sites". */
	const char *table;
	const struct plan_record *record;
	uint32_t count;
	const struct patched_text *text;
	struct linked_bytes images;
	const struct code_range *forbidden;
	uint32_t forbidden_count;
};

/* One store: `length` bytes at `offset` of the text.  Its bytes follow those of the edit before it. */
struct edit {
	uint32_t offset;
	uint32_t length;
};

/* Edits in ascending order, disjoint; old and new bytes of all of them, one behind the other. */
struct plan {
	const struct patched_text *text;
	struct edit *edit;
	uint32_t edit_count;
	uint64_t byte_count;
	const uint8_t *new_bytes;
	const uint8_t *old_bytes;
	/* Distinct sites (a nest counts as one), and how many of them some selected record decides. */
	uint32_t site_count;
	uint32_t selected_count;
	/* By plan_record.kind, each site of a nest by itself: those of which all bytes are replaced, and the others. */
	struct plan_tally {
		uint32_t patched;
		uint32_t left;
	} kind[PLAN_KINDS];
};

/* The bytes of arena that plan_make() takes for these records. */
uint64_t plan_space(const struct plan_record *record, uint32_t count);

/* Makes the plan.  On an error the plan is empty and the arena as it was. */
struct error plan_make(struct plan *plan, const struct plan_input *input, struct arena *arena);

/*
 * Cuts a plan into groups, each to be committed in a window of its own: as many edits as have `bytes` bytes together, one
 * at least.  Edits are whole sites, so no site is ever between two groups.  `group` is empty ({ 0 }) for the first one and
 * then the one before; false when there are no more.  A group lives as long as its plan, and counts its edits as sites.
 */
bool plan_next_group(const struct plan *plan, uint64_t bytes, struct plan *group);

#endif
