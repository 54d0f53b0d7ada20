/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a table of sites says, worked out a second time, straight from the words of lull/site.h and sharing no code with the
 * engine: slow, and short enough to be seen to be right.
 */
#ifndef LULL_TESTS_SITES_REFERENCE_H
#define LULL_TESTS_SITES_REFERENCE_H

#include <pv/engine/sites_lull.h>

/*
 * Fills `out`, as large as the text, with what the text is to become.  False when the table does not say: a record is no
 * record, a choice is nobody's, sites share bytes, or the text is not what was linked.
 */
bool sites_reference(const struct sites_lull *tables, const struct lull_features *features, const struct patched_text *text,
		     uint8_t *out);

#endif
