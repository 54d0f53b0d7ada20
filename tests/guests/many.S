/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More sites than one window takes: linked with the example, they make lull patch it in groups. */
#include <lull/site.h>

	.text
	.rept	8000
	LULL_BRANCH(LULL_FEATURE_ALWAYS, many_end)
	.endr
many_end:
	ret
	.section .note.GNU-stack, "", @progbits
