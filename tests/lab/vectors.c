/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three programs that take turns. Each writes to all vector registers, waits, and looks at them: they must be its own. Prints
 * how often they were not. Exit status 0 when that was never, 1 otherwise.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS 3
#define TURNS 50
/* Some milliseconds in an emulator: several turns of the scheduler's. */
#define STEPS 2000000L

typedef unsigned char vectors[16][16];

#define EACH(act) act(0) act(1) act(2) act(3) act(4) act(5) act(6) act(7) \
	act(8) act(9) act(10) act(11) act(12) act(13) act(14) act(15)
#define LOAD(n) "movdqu " #n "*16(%1), %%xmm" #n "\n\t"
#define STORE(n) "movdqu %%xmm" #n ", " #n "*16(%2)\n\t"
#define USED(n) "xmm" #n,

static void keep(const vectors given, vectors found)
{
	long steps = STEPS;

	asm volatile(EACH(LOAD) "1: decq %0\n\tjnz 1b\n\t" EACH(STORE)
		     : "+r"(steps)
		     : "r"(given), "r"(found)
		     : EACH(USED) "memory");
}

/* How often a program's registers were not its own. */
static int lost(int program)
{
	int count = 0;

	for (int turn = 0; turn < TURNS; turn++) {
		vectors given, found;

		memset(given, 1 + program, sizeof given);
		keep(given, found);
		count += memcmp(given, found, sizeof given) != 0;
	}
	return count;
}

int main(void)
{
	int sum = 0;

	for (int program = 0; program < PROGRAMS; program++) {
		if (!fork())
			_exit(lost(program));
	}
	for (int status; wait(&status) > 0;)
		sum += WIFEXITED(status) ? WEXITSTATUS(status) : TURNS;
	printf("%d of %d lost\n", sum, PROGRAMS * TURNS);
	return sum != 0;
}
