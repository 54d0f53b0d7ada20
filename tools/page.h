/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.c: one HTML page with boots in it, that needs nothing else.  Its parts are the files in tools/page/.
 */
#ifndef LULL_TOOLS_PAGE_H
#define LULL_TOOLS_PAGE_H

#include <stdbool.h>

#include <tools/boots.h>

/* Writes the page; prints a message where it cannot. */
bool page_write(const struct boots *boots, const char *name);

#endif
