/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * named_sites.c: the patch sites of a kernel that names them (lull/note.h), from its notes to a plan.  Pure: nothing is
 * written but the arena, so that the shim, which patches, and the host's tools, which only look, judge a kernel alike.
 */
#ifndef LULL_SHIM_PAYLOAD_NAMED_SITES_H
#define LULL_SHIM_PAYLOAD_NAMED_SITES_H

#include <pv/engine/plan.h>
#include <pv/engine/sites_lull.h>
#include <shim/payload/lull_notes.h>

/* What plan_make() is asked for.  `input` points into the same structure and into the arena. */
struct named_sites {
	struct patched_text text;
	struct plan_input input;
};

/* The bytes of arena that named_sites_read() takes at most. */
uint64_t named_sites_space(const struct lull_notes *notes);

/*
 * Reads the table of sites that the notes name.  The text is patched where it lies in the file.  Errors: those of
 * sites_lull_read(); those of plan_make() come after it.
 */
struct error named_sites_read(const struct lull_notes *notes, const struct lull_features *features, struct arena *arena,
			     struct named_sites *out);

/* The bytes of arena that named_sites_check() takes at most. */
uint64_t named_sites_check_space(const struct lull_notes *notes);

/*
 * Says what the shim says of these sites on every machine, and no error when there is a machine on which it patches them.
 * A machine is a backend, one CPU or several, and what CPUID can say of it (lull/site.h).  The errors are those of
 * named_sites_read() and plan_make(); of these only SITE_UNCHOSEN depends on the machine.
 */
struct error named_sites_check(const struct lull_notes *notes, struct arena *arena);

#endif
