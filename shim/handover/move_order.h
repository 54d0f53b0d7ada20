/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move_order.c: puts the moves of a layout in an order in which none writes what a later one still reads.
 */
#ifndef LULL_SHIM_HANDOVER_MOVE_ORDER_H
#define LULL_SHIM_HANDOVER_MOVE_ORDER_H

#include <core/leave.h>

/*
 * Orders `count` moves in place, keeping their order where nothing forces another.  A move that overlaps itself is
 * fine: each is done as memmove does it.  False, the moves then in no useful order, when they form a ring.
 */
bool move_order(struct move *moves, uint32_t count);

#endif
