/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
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
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <core/check.h>
#include <tools/message.h>
#include <tools/output.h>

/* Large enough to be fast, small enough that a signal is answered soon. */
#define CHUNK (UINT64_C(4) << 20)
#define MAX_OUTPUTS 2
/* So many names in a row that somebody has already are no chance. */
#define MAX_NAMES 100

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

static bool replace_output(const struct output *old, struct output *new)
{
	for (unsigned i = 0; i < MAX_OUTPUTS; i++) {
		if (named_outputs[i] == old) {
			named_outputs[i] = new;
			return true;
		}
	}
	return false;
}

void output_block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
}

void output_unblock_signals(const sigset_t *before)
{
	const int number = errno;

	sigprocmask(SIG_SETMASK, before, NULL);
	errno = number;
}

bool output_say(const struct output *out)
{
	message("cannot write %s: %s", out->name, strerror(errno));
	return false;
}

/* A short name in the same directory, so that it is no longer than what the file system takes. */
static bool choose_name(struct output *out)
{
	const char *slash = strrchr(out->place, '/');
	const int directory = slash ? (int)(slash - out->place) + 1 : 0;
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return false;
	if ((size_t)snprintf(out->temporary, sizeof(out->temporary), "%.*s.lull-%08x", directory, out->place, number) <
	    sizeof(out->temporary))
		return true;
	errno = ENAMETOOLONG;
	return false;
}

bool output_make_temporary(struct output *out, int (*make)(struct output *out))
{
	for (unsigned i = 0; i < MAX_NAMES && choose_name(out); i++) {
		if (make(out) >= 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	out->temporary[0] = '\0';
	return false;
}

/* A file in the same directory that has no name.  Its name is made by way of /proc. */
static bool open_nameless(struct output *out)
{
	char directory[PATH_MAX];

	strcpy(directory, out->place);
	if (access("/proc/self/fd", X_OK) == 0)
		out->descriptor = open(dirname(directory), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	return out->descriptor >= 0;
}

static int make_file(struct output *out)
{
	return out->descriptor = open(out->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static bool open_named(struct output *out)
{
	sigset_t before;
	bool done;

	output_block_signals(&before);
	done = output_make_temporary(out, make_file);
	if (done) {
		catch_signals();
		CHECK(replace_output(NULL, out));
	}
	output_unblock_signals(&before);
	return done;
}

/* Finds where the file is to lie.  False where it cannot lie there, after a message. */
static bool find_place(struct output *out)
{
	struct stat named, placed;
	const bool is_there = stat(out->name, &named) == 0;

	if (is_there && S_ISDIR(named.st_mode)) {
		errno = EISDIR;
		return output_say(out);
	}
	if (is_there && !S_ISREG(named.st_mode)) {
		message("cannot write %s: it is no regular file, and would be replaced by one", out->name);
		return false;
	}
	if (is_there) {
		/* A link of /proc may lead to a file that has no name any more. */
		if (realpath(out->name, out->place) && stat(out->place, &placed) == 0 && placed.st_ino == named.st_ino &&
		    placed.st_dev == named.st_dev)
			return true;
		message("cannot write %s: what it leads to has no name", out->name);
		return false;
	}
	if (errno == ENOENT && lstat(out->name, &named) == 0) {
		message("cannot write %s: it is a symbolic link to what is not there", out->name);
		return false;
	}
	if ((size_t)snprintf(out->place, sizeof(out->place), "%s", out->name) < sizeof(out->place))
		return true;
	errno = ENAMETOOLONG;
	return output_say(out);
}

bool output_open(struct output *out, const char *name)
{
	*out = (struct output){ .descriptor = -1, .name = name };
	if (!find_place(out))
		return false;
	if (open_nameless(out) || open_named(out))
		return true;
	return output_say(out);
}

bool output_open_any(struct output *out, const char *name)
{
	struct stat named, standard;
	bool is_standard;

	if (stat(name, &named) != 0 || S_ISDIR(named.st_mode))
		return output_open(out, name);
	/* Opened once more, a file would be written from its beginning, and a socket could not be opened. */
	is_standard = fstat(STDOUT_FILENO, &standard) == 0 && named.st_dev == standard.st_dev && named.st_ino == standard.st_ino;
	if (!is_standard && !S_ISFIFO(named.st_mode) && !S_ISCHR(named.st_mode))
		return output_open(out, name);
	*out = (struct output){ .descriptor = -1, .name = name, .is_stream = true };
	out->descriptor = is_standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	return out->descriptor >= 0 || output_say(out);
}

bool output_write(struct output *out, struct span bytes)
{
	uint64_t done = 0;

	while (done < bytes.size) {
		const uint64_t left = bytes.size - done;
		const ssize_t put = write(out->descriptor, bytes.at + done, left < CHUNK ? left : CHUNK);

		if (put < 0 && errno != EINTR)
			return output_say(out);
		if (put > 0)
			done += (uint64_t)put;
	}
	return true;
}

void output_abandon(struct output *out)
{
	if (out->descriptor >= 0)
		close(out->descriptor);
	out->descriptor = -1;
	if (out->temporary[0] != '\0')
		unlink(out->temporary);
	out->temporary[0] = '\0';
	replace_output(out, NULL);
}
