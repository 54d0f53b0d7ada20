/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How outputs get their names: all of them or none, and where it is none, each file that was there before is there again.
 *
 * Each first has a temporary name in its directory, in which there must be room for that.  The last one then takes the place of
 * an old file by rename(), in one step.  Each before it exchanges its name with the old file's, so that it can be undone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tools/message.h>
#include <tools/output.h>

/* Gives a file without a name a temporary one. */
static int link_file(struct output *out)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out->descriptor);
	return linkat(AT_FDCWD, self, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW);
}

/* Closed before it has its name: a network file system may report only then that there was no room. */
static bool prepare(struct output *out)
{
	bool done = out->is_stream || out->temporary[0] != '\0' || output_make_temporary(out, link_file);

	if (close(out->descriptor) != 0)
		done = false;
	out->descriptor = -1;
	return done || output_say(out);
}

/* Gives the old file a temporary name, and leaves it its own where the file system knows hard links. */
static int keep_old(struct output *out)
{
	const int linked = link(out->place, out->temporary);

	return linked == 0 || errno == EEXIST || errno == ENOENT ? linked : rename(out->place, out->temporary);
}

static bool put_old_back(struct output *out)
{
	if (rename(out->temporary, out->place) != 0) {
		message("cannot put the old %s back: %s; it is %s now", out->name, strerror(errno), out->temporary);
		return false;
	}
	/* rename() of one name of a file to another of it leaves both. */
	unlink(out->temporary);
	return true;
}

/* Puts a file in its place in two steps, where the file system cannot exchange two. */
static bool put_in_steps(struct output *out)
{
	char fresh[PATH_MAX];
	int number;

	strcpy(fresh, out->temporary);
	out->has_old = output_make_temporary(out, keep_old);
	if ((out->has_old || errno == ENOENT) && rename(fresh, out->place) == 0) {
		out->is_new = !out->has_old;
		return true;
	}
	number = errno;
	if (out->has_old)
		put_old_back(out);
	out->has_old = false;
	strcpy(out->temporary, fresh);
	errno = number;
	return false;
}

/* Puts a file in its place; the old one, where there is one, then has the temporary name. */
static bool put_and_keep(struct output *out)
{
	if (renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->place, RENAME_EXCHANGE) == 0)
		return out->has_old = true;
	if (errno == ENOENT && renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->place, RENAME_NOREPLACE) == 0)
		return out->is_new = true;
	return (errno == EINVAL || errno == ENOSYS) && put_in_steps(out);
}

static bool put(struct output *out, bool is_last)
{
	if (out->is_stream)
		return true;
	if (is_last ? rename(out->temporary, out->place) != 0 : !put_and_keep(out))
		return output_say(out);
	if (!out->has_old)
		out->temporary[0] = '\0';
	return true;
}

static void take_back(struct output *out)
{
	if (out->is_new)
		unlink(out->place);
	/* What cannot go back must not be removed. */
	if (out->has_old) {
		put_old_back(out);
		out->temporary[0] = '\0';
	}
}

bool output_commit(struct output *const *outputs, unsigned count)
{
	unsigned ready = 0, done = 0;
	sigset_t before;

	output_block_signals(&before);
	while (ready < count && prepare(outputs[ready]))
		ready++;
	while (ready == count && done < count && put(outputs[done], done + 1 == count))
		done++;
	for (unsigned i = 0; i < count; i++) {
		if (done < count)
			take_back(outputs[i]);
		output_abandon(outputs[i]);
	}
	output_unblock_signals(&before);
	return done == count;
}
