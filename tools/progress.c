/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <tools/message.h>
#include <tools/progress.h>

#define SECONDS 2
/* A terminal's line is drawn again as often. */
#define REDRAW_MICROSECONDS 200000
#define BAR_WIDTH 30

/* The text is written only while the timer is off, and read by the signal handler. */
static char line[512];
static size_t line_length;
static bool is_terminal;
static volatile sig_atomic_t drawn;

/* Counted by the program, read by the handler. */
static volatile uint64_t done_now, done_total;

/* "[#####     ]  50 %": what sprintf() may not do in a handler. */
static size_t draw_bar(char *out, uint64_t done, uint64_t total)
{
	const unsigned percent = done < total ? (unsigned)((double)done * 100 / (double)total) : 100;
	const unsigned filled = percent * BAR_WIDTH / 100;
	size_t used = 0;

	out[used++] = ' ';
	out[used++] = '[';
	memset(out + used, '#', filled);
	memset(out + used + filled, ' ', BAR_WIDTH - filled);
	used += BAR_WIDTH;
	out[used++] = ']';
	out[used++] = ' ';
	out[used++] = percent == 100 ? '1' : ' ';
	out[used++] = percent < 10 ? ' ' : (char)('0' + percent / 10 % 10);
	out[used++] = (char)('0' + percent % 10);
	memcpy(out + used, " %", 2);
	return used + 2;
}

static void on_alarm(int number)
{
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	char text[sizeof(line) + BAR_WIDTH + 32];
	struct sigaction before;
	ssize_t written;
	size_t used = 0;

	(void)number;
	if (is_terminal)
		text[used++] = '\r';
	memcpy(text + used, line, line_length);
	used += line_length;
	if (is_terminal && done_total != 0)
		used += draw_bar(text + used, done_now, done_total);
	if (!is_terminal)
		text[used++] = '\n';
	drawn = 1;
	/* A line that cannot be written is not worth a failure, nor is it when its reader is gone. */
	sigaction(SIGPIPE, &ignored, &before);
	written = write(STDERR_FILENO, text, used);
	(void)written;
	sigaction(SIGPIPE, &before, NULL);
}

void progress_begin(const char *doing, const char *file)
{
	struct itimerval every = { { SECONDS, 0 }, { SECONDS, 0 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	progress_end();
	is_terminal = isatty(STDERR_FILENO);
	if (is_terminal)
		every.it_interval = (struct timeval){ 0, REDRAW_MICROSECONDS };
	snprintf(line, sizeof(line), "lull: still %s %s", doing, file);
	message_clean(line);
	line_length = strlen(line);
	done_total = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

void progress_step(uint64_t done, uint64_t total)
{
	done_now = done;
	done_total = total;
}

void progress_advance(uint64_t more) { done_now += more; }

void progress_end(void)
{
	static const char erase[] = "\r\033[K";
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	ssize_t written;

	setitimer(ITIMER_REAL, &never, NULL);
	if (drawn && is_terminal) {
		written = write(STDERR_FILENO, erase, sizeof(erase) - 1);
		(void)written;
	}
	drawn = 0;
}
