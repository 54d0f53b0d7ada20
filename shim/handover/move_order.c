/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/handover/move_order.h>

static bool overwrites(const struct move *writer, const struct move *reader)
{
	struct range written = { writer->to, writer->to + writer->size + writer->zero };
	struct range read = { reader->from, reader->from + reader->size };

	return range_overlaps(written, read);
}

/* True when the move at `index` can run before all others from `first` on. */
static bool can_go_first(const struct move *moves, uint32_t first, uint32_t count, uint32_t index)
{
	for (uint32_t i = first; i < count; i++)
		if (i != index && overwrites(&moves[index], &moves[i]))
			return false;
	return true;
}

bool move_order(struct move *moves, uint32_t count)
{
	for (uint32_t done = 0; done < count; done++) {
		uint32_t next = done;
		struct move chosen;

		while (next < count && !can_go_first(moves, done, count, next))
			next++;
		if (next == count)
			return false;
		chosen = moves[next];
		for (; next > done; next--)
			moves[next] = moves[next - 1];
		moves[done] = chosen;
	}
	return true;
}
