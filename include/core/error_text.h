/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors in words (shim/say/error_text.c): for a console, the shim's or the host command's.  A kernel that uses the engine
 * alone has the numbers, and error_list.h.
 */
#ifndef LULL_CORE_ERROR_TEXT_H
#define LULL_CORE_ERROR_TEXT_H

#include <core/error.h>

/* The sentences of one error. */
struct error_text {
	enum error_code code;
	const char *title;
	const char *expected;
	const char *found;
	const char *action;
};

/* The sentences for a code; never NULL (an unknown code, which only a bug makes, has sentences that say so). */
const struct error_text *error_text(enum error_code code);

/*
 * Writes one sentence of an error with its values filled in (error.h), always terminated, cut where `size` ends.
 * Returns the length it wrote.
 */
unsigned error_sentence(char *out, unsigned size, const char *sentence, const struct error *error);

/* An error that does not end the boot, as its warning says it: "TITLE: expected ...; found ...". */
#define ERROR_BRIEF_SIZE 400
void error_brief(char out[ERROR_BRIEF_SIZE], const struct error *error);

#endif
