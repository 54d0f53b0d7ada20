/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doors.c: by which protocols and loaders a file can be started, for lull inspect.
 */
#ifndef LULL_TOOLS_DOORS_H
#define LULL_TOOLS_DOORS_H

#include <tools/report.h>
#include <tools/subject.h>

/* Writes the list "starts_by": one row for each door, empty when nothing starts it. */
void doors_report(struct report *report, const struct subject *subject);

/* The error by which the shim would refuse this file as its only module (payload_find_any()); none if it would take it. */
struct error doors_lull(const struct subject *subject);

#endif
