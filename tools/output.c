/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The half of file.h that writes.
 *
 * An output has no name before all of it is there (O_TMPFILE), so that whatever ends the tool, SIGKILL too, leaves
 * nothing behind.  Where a file system cannot do that, it has a temporary name, which every signal but SIGKILL removes.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

/* The outputs that have a temporary name, for the signal handler. */
static struct output *named_outputs[MAX_OUTPUTS];

static void remove_all(void)
{
	for (unsigned i = 0; i < MAX_OUTPUTS; i++)
		if (named_outputs[i])
			unlink(named_outputs[i]->temporary);
}

static void on_end(int number)
{
	remove_all();
	signal(number, SIG_DFL);
	raise(number);
}

/* True for a signal that ends the tool unless it is handled, and that progress.c and main.c do not handle. */
static bool ends(int number)
{
	static const int others[] = { SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH,
				      SIGALRM, SIGXFSZ };

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (number == others[i])
			return false;
	return true;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_end }, before;

	for (int number = 1; number < NSIG; number++)
		/* A signal that was ignored when the tool started (nohup) stays ignored.  Some numbers belong to the C library. */
		if (ends(number) && sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(number, &action, NULL);
}

static void replace_output(struct output *old, struct output *new)
{
	catch_signals();
	for (unsigned i = 0; i < MAX_OUTPUTS; i++) {
		if (named_outputs[i] == old) {
			named_outputs[i] = new;
			return;
		}
	}
	CHECK(old != NULL || new == NULL);
}

/* A signal between a name and its place in the list would leave the file behind. */
static void block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
}

static void unblock_signals(const sigset_t *before)
{
	const int number = errno;

	sigprocmask(SIG_SETMASK, before, NULL);
	errno = number;
}

static bool say(const char *name)
{
	message("cannot write %s: %s", name, strerror(errno));
	return false;
}

/* A file in the same directory that has no name.  Its name is made by way of /proc. */
static bool open_nameless(struct output *out)
{
	char directory[PATH_MAX];

	strcpy(directory, out->name);
	if (access("/proc/self/fd", X_OK) == 0)
		out->descriptor = open(dirname(directory), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	return out->descriptor >= 0;
}

static bool open_named(struct output *out)
{
	const mode_t mask = umask(0);
	sigset_t before;

	umask(mask);
	if ((size_t)snprintf(out->temporary, sizeof(out->temporary), "%s.XXXXXX", out->name) >= sizeof(out->temporary)) {
		errno = ENAMETOOLONG;
		return false;
	}
	block_signals(&before);
	out->descriptor = mkstemp(out->temporary);
	if (out->descriptor >= 0)
		replace_output(NULL, out);
	unblock_signals(&before);
	/* mkstemp() makes files that only their owner can read. */
	return out->descriptor >= 0 && fchmod(out->descriptor, 0666 & ~mask) == 0;
}

bool output_open(struct output *out, const char *name)
{
	struct stat status;

	*out = (struct output){ .descriptor = -1 };
	if ((size_t)snprintf(out->name, sizeof(out->name), "%s", name) >= sizeof(out->name)) {
		errno = ENAMETOOLONG;
		return say(name);
	}
	if (stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return say(name);
	}
	if (open_nameless(out) || open_named(out))
		return true;
	say(name);
	output_abandon(out);
	return false;
}

bool output_write(struct output *out, struct span bytes)
{
	uint64_t done = 0;

	while (done < bytes.size) {
		const uint64_t left = bytes.size - done;
		const ssize_t put = write(out->descriptor, bytes.at + done, left < CHUNK ? left : CHUNK);

		if (put < 0 && errno != EINTR)
			return say(out->name);
		if (put > 0)
			done += (uint64_t)put;
	}
	return true;
}

/* Gives a file without a name its own; where another has that, a name beside it first, to be renamed. */
static bool commit_nameless(struct output *out)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out->descriptor);
	if (linkat(AT_FDCWD, self, AT_FDCWD, out->name, AT_SYMLINK_FOLLOW) == 0)
		return true;
	if (errno != EEXIST ||
	    (size_t)snprintf(out->temporary, sizeof(out->temporary), "%s.%d", out->name, getpid()) >= sizeof(out->temporary))
		return false;
	unlink(out->temporary);
	if (linkat(AT_FDCWD, self, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW) != 0)
		return false;
	if (rename(out->temporary, out->name) == 0)
		return true;
	unlink(out->temporary);
	return false;
}

/* Closed first: a network file system may report only then that there was no room. */
static bool commit_named(struct output *out)
{
	const bool closed = close(out->descriptor) == 0;

	out->descriptor = -1;
	if (closed && rename(out->temporary, out->name) == 0) {
		replace_output(out, NULL);
		return true;
	}
	say(out->name);
	unlink(out->temporary);
	replace_output(out, NULL);
	return false;
}

/* Signals are blocked. */
static bool commit(struct output *out)
{
	bool done;

	if (out->temporary[0] != '\0')
		return commit_named(out);
	done = commit_nameless(out) || say(out->name);
	close(out->descriptor);
	out->descriptor = -1;
	return done;
}

bool output_commit(struct output *const *outputs, unsigned count)
{
	sigset_t before;
	unsigned done = 0;

	block_signals(&before);
	while (done < count && commit(outputs[done]))
		done++;
	for (unsigned i = 0; done < count && i < done; i++)
		unlink(outputs[i]->name);
	unblock_signals(&before);
	return done == count;
}

void output_abandon(struct output *out)
{
	if (out->descriptor < 0)
		return;
	close(out->descriptor);
	out->descriptor = -1;
	if (out->temporary[0] == '\0')
		return;
	unlink(out->temporary);
	replace_output(out, NULL);
}
