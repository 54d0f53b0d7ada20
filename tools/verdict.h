/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.c: what a boot loader does with a file, and why.
 */
#ifndef LULL_TOOLS_VERDICT_H
#define LULL_TOOLS_VERDICT_H

#include <stdint.h>

enum answer {
	ANSWER_TAKES,
	ANSWER_REFUSES,
	/* It starts something that the file does not mean, or crashes by itself. */
	ANSWER_MISREADS,
};

#define VERDICT_TEXT      240
/* Both texts as sentences. */
#define VERDICT_SENTENCES (2 * VERDICT_TEXT + 8)

struct verdict {
	enum answer answer;
	/* Of a file that is taken: by which protocol it is entered, and where. */
	const char *door;
	uint64_t entry;
	/* One sentence each, without a full stop; empty where there is nothing to say. */
	char why[VERDICT_TEXT];
	char action[VERDICT_TEXT];
};

/* The file is started, at this address. */
struct verdict takes(const char *door, uint64_t entry);

/* The same, with something that one should know. */
struct verdict takes_but(const char *door, uint64_t entry, const char *action, const char *why, ...)
	__attribute__((format(printf, 4, 5)));

/* The file is not started, or is started as what it is not; the texts are those of struct verdict. */
struct verdict refuses(const char *action, const char *why, ...) __attribute__((format(printf, 2, 3)));
struct verdict misreads(const char *action, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* Why, and what to do, with full stops; what cannot be printed is a '?', because a file may have it in a name. */
void verdict_sentences(const struct verdict *verdict, char text[VERDICT_SENTENCES]);

/* "takes", "refuses", "misreads". */
const char *answer_name(enum answer answer);

#endif
