/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of file.h that writes. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <core/check.h>
#include <tools/file.h>
#include <tools/message.h>

/* Large enough to be fast, small enough that a signal is answered soon. */
#define CHUNK (UINT64_C(4) << 20)
#define MAX_OUTPUTS 2

/* The temporary files there are, for the signal handler. */
static struct output *open_outputs[MAX_OUTPUTS];

static void on_end(int number)
{
	for (unsigned i = 0; i < MAX_OUTPUTS; i++)
		if (open_outputs[i])
			unlink(open_outputs[i]->temporary);
	signal(number, SIG_DFL);
	raise(number);
}

static void replace_output(struct output *old, struct output *new)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction action = { .sa_handler = on_end };

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL);
	for (unsigned i = 0; i < MAX_OUTPUTS; i++) {
		if (open_outputs[i] == old) {
			open_outputs[i] = new;
			return;
		}
	}
	check_failed("a place in open_outputs", __FILE__, __LINE__);
}

bool output_open(struct output *out, const char *name)
{
	const mode_t mask = umask(0);
	sigset_t all, before;

	umask(mask);
	/* A signal between the file and its place in the list would leave the file behind. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	out->descriptor = -1;
	if ((size_t)snprintf(out->name, sizeof(out->name), "%s", name) >= sizeof(out->name) ||
	    (size_t)snprintf(out->temporary, sizeof(out->temporary), "%s.XXXXXX", name) >= sizeof(out->temporary))
		errno = ENAMETOOLONG;
	else
		out->descriptor = mkstemp(out->temporary);
	if (out->descriptor >= 0)
		replace_output(NULL, out);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (out->descriptor < 0) {
		message("cannot write %s: %s", name, strerror(errno));
		return false;
	}
	/* mkstemp() makes files that only their owner can read. */
	if (fchmod(out->descriptor, 0666 & ~mask) == 0)
		return true;
	message("cannot write %s: %s", name, strerror(errno));
	output_abandon(out);
	return false;
}

bool output_write(struct output *out, struct span bytes)
{
	uint64_t done = 0;

	while (done < bytes.size) {
		const uint64_t left = bytes.size - done;
		const ssize_t put = write(out->descriptor, bytes.at + done, left < CHUNK ? left : CHUNK);

		if (put < 0 && errno != EINTR) {
			message("cannot write %s: %s", out->name, strerror(errno));
			return false;
		}
		if (put > 0)
			done += (uint64_t)put;
	}
	return true;
}

bool output_commit(struct output *out)
{
	const int closed = close(out->descriptor);

	out->descriptor = -1;
	if (closed != 0 || rename(out->temporary, out->name) != 0) {
		message("cannot write %s: %s", out->name, strerror(errno));
		unlink(out->temporary);
		replace_output(out, NULL);
		return false;
	}
	replace_output(out, NULL);
	return true;
}

void output_abandon(struct output *out)
{
	if (out->descriptor < 0)
		return;
	close(out->descriptor);
	out->descriptor = -1;
	unlink(out->temporary);
	replace_output(out, NULL);
}
