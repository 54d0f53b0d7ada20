/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include <tools/verdict.h>

const char *answer_name(enum answer answer)
{
	static const char *const names[] = {
		[ANSWER_TAKES] = "takes",
		[ANSWER_REFUSES] = "refuses",
		[ANSWER_MISREADS] = "misreads",
	};

	return names[answer];
}

static void explain(struct verdict *verdict, const char *action, const char *why, va_list arguments)
{
	snprintf(verdict->action, sizeof(verdict->action), "%s", action);
	vsnprintf(verdict->why, sizeof(verdict->why), why, arguments);
}

struct verdict takes(const char *door, uint64_t entry)
{
	return (struct verdict){ .answer = ANSWER_TAKES, .door = door, .entry = entry };
}

struct verdict takes_but(const char *door, uint64_t entry, const char *action, const char *why, ...)
{
	struct verdict verdict = takes(door, entry);
	va_list arguments;

	va_start(arguments, why);
	explain(&verdict, action, why, arguments);
	va_end(arguments);
	return verdict;
}

struct verdict refuses(const char *action, const char *why, ...)
{
	struct verdict verdict = { .answer = ANSWER_REFUSES };
	va_list arguments;

	va_start(arguments, why);
	explain(&verdict, action, why, arguments);
	va_end(arguments);
	return verdict;
}

struct verdict misreads(const char *action, const char *why, ...)
{
	struct verdict verdict = { .answer = ANSWER_MISREADS };
	va_list arguments;

	va_start(arguments, why);
	explain(&verdict, action, why, arguments);
	va_end(arguments);
	return verdict;
}

void verdict_sentences(const struct verdict *verdict, char text[VERDICT_SENTENCES])
{
	snprintf(text, VERDICT_SENTENCES, "%s%s%s%s", verdict->why, verdict->why[0] ? ". " : "", verdict->action,
		 verdict->action[0] ? "." : "");
	for (char *at = text; *at != '\0'; at++)
		*at = *at >= ' ' && *at < 0x7f ? *at : '?';
}
