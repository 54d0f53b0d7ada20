/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c: a kernel's whole alternatives table as the engine takes it, and a copy of its text to patch.
 */
#ifndef LULL_BENCH_TABLE_H
#define LULL_BENCH_TABLE_H

#include <pv/engine/linux/sites_linux.h>

/* Prints a message and ends the program. */
_Noreturn void give_up(const char *what, const struct error *error);

/* Memory that was written to, so that no page of it is missing when the clock runs; ends the program when there is none. */
void *take(uint64_t size);

/* What plan_make() takes.  The text is a copy, which nothing runs: `write` is `run`. */
struct table {
	struct plan_input input;
	struct patched_text text;
	/* The memory of input.record. */
	struct plan_record *record;
	/* Records that the engine would refuse, because a short branch leaves them; they are there, and not selected. */
	uint32_t refused;
};

/* The table of the kernel in a bzImage or vmlinux, with every record selected that can be.  Its memory is never freed. */
struct table table_load(const char *file);

/*
 * As many records as asked for: the table over and over, each time with a copy of the pages of text that have sites.  They
 * lie one behind the other, from where the text was.
 */
struct table table_repeat(const struct table *table, uint32_t records);

#endif
