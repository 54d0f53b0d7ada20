/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <tools/progress.h>

#define SECONDS 2

/* Written only while the timer is off, read by the signal handler. */
static char line[512];
static size_t line_length;

static void on_alarm(int number)
{
	ssize_t written;

	(void)number;
	/* A line that cannot be written is not worth a failure. */
	written = write(STDERR_FILENO, line, line_length);
	(void)written;
}

void progress_begin(const char *doing, const char *file)
{
	const struct itimerval every = { { SECONDS, 0 }, { SECONDS, 0 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	progress_end();
	snprintf(line, sizeof(line) - 1, "lull: still %s %s", doing, file);
	line_length = strlen(line);
	line[line_length++] = '\n';
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

void progress_end(void)
{
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &never, NULL);
}
