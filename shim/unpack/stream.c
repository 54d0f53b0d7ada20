/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/unpack/stream.h>

struct error unpack_steps(struct unpack_job *job, void *stream, stream_function step)
{
	const uint64_t room = job->room - job->made;
	uint8_t spare;
	uint64_t made, more = 0;
	enum stream_step how = step(stream, job->out + job->made, room, &made);

	job->made += made;
	if (how == STREAM_MORE && made == room)
		how = step(stream, &spare, 1, &more);
	if (more != 0)
		return unpack_long(job);
	/* Neither at its end nor out of room: out of input. */
	return how == STREAM_END ? error_none() : unpack_broken(job);
}

void unpack_give_back(void *heap, void *taken)
{
	(void)heap;
	(void)taken;
}
