/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a boot that cannot go on: one framed block, then the platform's crash status.
 */
#include <core/check.h>
#include <core/error_text.h>
#include <core/fatal.h>
#include <core/machine.h>
#include <shim/say/console.h>

#define SENTENCE_SIZE 320
#define FRAME "================"

/* Set once the block is being written: a fault inside it must not write another. */
static bool dying;

static void sentence(const char *label, const char *text, const struct error *error)
{
	char line[SENTENCE_SIZE];

	error_sentence(line, sizeof(line), text, error);
	console_printf("%s%s\n", label, line);
}

/* What else the block says; NULL: nothing. */
static void (*more)(void);

void fatal_add(void (*say)(void)) { more = say; }

_Noreturn void fatal(struct error error)
{
	const struct error_text *text = error_text(error.code);

	machine_sites_ready(false);
	if (dying)
		machine_crash();
	dying = true;
	console_be_urgent();
	console_printf("\n%s lull error %u: %s %s\n", FRAME, (unsigned)error.code, text->title, FRAME);
	sentence("expected: ", text->expected, &error);
	sentence("found:    ", text->found, &error);
	if (more)
		more();
	sentence("do:       ", text->action, &error);
	console_puts(FRAME FRAME FRAME FRAME "==\n");
	machine_crash();
}

_Noreturn void check_failed(const char *condition, const char *file, unsigned line)
{
	console_be_urgent();
	console_printf("\n%s:%u\n", file, line);
	fatal(error_make(ERROR_CHECK, condition, 0, line));
}

/* Called by gcc when -fstack-protector finds the stack overwritten. */
_Noreturn void __stack_chk_fail(void);
_Noreturn void __stack_chk_fail(void)
{
	check_failed("the stack canary holds", "stack", 0);
}
