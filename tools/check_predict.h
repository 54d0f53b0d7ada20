/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_predict.c: the part of lull check that patches a copy of the kernel's text.
 */
#ifndef LULL_TOOLS_CHECK_PREDICT_H
#define LULL_TOOLS_CHECK_PREDICT_H

#include <pv/engine/linux/sites_linux.h>
#include <tools/report.h>

struct prediction {
	/* CPUs that can ever exist, at least 1. */
	unsigned cpus;
	/* The safe set of alternatives too, for the CPU that this runs on. */
	bool safe;
};

/* Memory for plans, to be given back with free(arena->at); false, with a message, when there is none. */
bool check_memory(uint64_t size, struct arena *arena);

/*
 * Patches a copy of the text of sound tables and writes the part "prediction" about it.  False, with a message, when
 * there is no memory.
 */
bool check_predict(struct report *report, const struct sites_linux *sites, const struct sites_linux_found *found,
		   const struct prediction *prediction);

#endif
