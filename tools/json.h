/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.c: writes JSON (RFC 8259), one value a line, indented, or all in one line.  A key is NULL inside an array and at the top.
 */
#ifndef LULL_TOOLS_JSON_H
#define LULL_TOOLS_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <core/span.h>

struct json {
	FILE *out;
	unsigned depth;
	/* True right behind an opening bracket. */
	bool first;
	/* All in one line, and so that nothing in it can end the element of an HTML page that holds it. */
	bool in_page;
};

/* Opens an object with '{' or an array with '['. */
void json_open(struct json *json, const char *key, char bracket);
/* Closes it with '}' or ']'. */
void json_close(struct json *json, char bracket);

/* A string.  Bytes that are not UTF-8 become U+FFFD. */
void json_text(struct json *json, const char *key, struct span text);
void json_number(struct json *json, const char *key, uint64_t value);
void json_flag(struct json *json, const char *key, bool value);

#endif
