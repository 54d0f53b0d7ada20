/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patch sites of a PV kernel (lull/site.h): what lull makes of them before we run.  Xen itself starts us with them as they
 * were linked.
 */
#include "pv.h"

#include <lull/note.h>
#include <lull/receipt.h>
#include <lull/site.h>

LULL_NOTE(LULL_NOTE_SITES, sites_start, sites_end)
LULL_NOTE(LULL_NOTE_IMAGES, images_start, images_end)
LULL_NOTE(LULL_NOTE_TEXT, image_start, text_end)
LULL_NOTE(LULL_NOTE_RECEIPT, receipt, receipt + LULL_RECEIPT_SIZE)

struct lull_receipt receipt = LULL_RECEIPT;

void check_sites(void)
{
	bool good = lull_self_test() == LULL_SELF_TEST_PATCHED && lull_branch(LULL_FEATURE_MASK_BYTE) &&
		    !lull_branch_taken(LULL_FEATURE_MASK_FLAG) && receipt.backend == LULL_FEATURE_BACKEND_XEN_PV;

	fact("sites %u of %u patched, backend %u, windows %u", receipt.patched, receipt.sites, receipt.backend,
	     receipt.windows);
	if (asked("patched") && !good)
		wrong("our patch sites are as they were linked");
}
