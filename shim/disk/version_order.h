/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version_order.c: which of two versions is newer, by UAPI.10 "Version Format Specification". */
#ifndef LULL_SHIM_DISK_VERSION_ORDER_H
#define LULL_SHIM_DISK_VERSION_ORDER_H

#include <core/span.h>

/* Below 0 when the first is older, above 0 when it is newer, 0 when they are as old. */
int version_compare(struct span one, struct span other);

#endif
