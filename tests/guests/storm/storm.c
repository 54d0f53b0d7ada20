/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of a run: start the CPUs, plan, patch thousands of times in the storm, and judge.
 *
 * Words it knows on the command line: cpus=N (1 to 4), windows=N; boundaries=1 instead: an event at each instruction.
 */
#include <core/check.h>
#include <lull/site.h>
#include <pv/engine/journal.h>
#include <pv/engine/rendezvous.h>
#include <pv/engine/x86/cpu_state.h>
#include <pv/engine/x86/serialise.h>

#include "storm.h"

/* Windows with all CPUs running between two with one. */
#define SMP_WINDOWS 8

/* head.S puts each CPU on its own. */
struct stack {
	struct cpu cpu;
	uint8_t space[STACK_SIZE - sizeof(struct cpu)];
} stacks[STORM_CPUS] __attribute__((aligned(STACK_SIZE), section(".noinit")));

const struct platform *platform;
unsigned cpu_count = 1;
static volatile bool offline_wanted;
/* The CPU that fails first. */
static struct cpu *failing;
/* For the C compiler's own checks of the stack. */
uintptr_t __stack_chk_guard = 0x6c756c6cd00d;

_Noreturn void __stack_chk_fail(void);

QUIET_CODE struct cpu *cpu_at(unsigned number) { return &stacks[number].cpu; }

void console_write(const char *text, unsigned size) { platform->write(text, size); }

_Noreturn void fail(const char *format, ...)
{
	__builtin_va_list arguments;
	struct cpu *first = NULL;

	if (__atomic_compare_exchange_n(&failing, &first, this_cpu(), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		print("\nGUEST FAIL ");
		__builtin_va_start(arguments, format);
		print_arguments(format, &arguments);
		__builtin_va_end(arguments);
		print("\n");
	} else if (first != this_cpu()) {
		/* Another one is still printing. */
		for (;;)
			platform->pause();
	}
	platform->end(false);
}

_Noreturn void __stack_chk_fail(void) { fail("a stack overflowed"); }

_Noreturn void check_failed(const char *condition, const char *file, unsigned line)
{
	fail("check %s at %s:%u", condition, file, line);
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *left = a, *right = b;

	for (; size > 0; size--, left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}

/* The value of a word `name=N` of the command line, or what it is without. */
static unsigned option(const char *cmdline, const char *name, unsigned otherwise)
{
	for (const char *at = cmdline; *at; at++) {
		unsigned length = 0, value = 0;

		if (at != cmdline && at[-1] != ' ')
			continue;
		while (name[length] && at[length] == name[length])
			length++;
		if (name[length] || at[length] != '=')
			continue;
		for (at += length + 1; *at >= '0' && *at <= '9'; at++)
			value = value * 10 + (unsigned)(*at - '0');
		return value;
	}
	return otherwise;
}

/* The other CPUs. */

/* Stopped, with events masked, in code that has no sites. */
QUIET_CODE __attribute__((noinline)) static void stay_offline(struct cpu *cpu)
{
	platform->close(cpu);
	cpu->offline = true;
	while (offline_wanted)
		platform->pause();
	serialise();
	cpu->offline = false;
	platform->admit(cpu);
}

static void first_timer(struct cpu *cpu)
{
	cpu->period = platform->shortest;
	timer_arm(cpu);
}

_Noreturn void other_cpu(void)
{
	struct cpu *cpu = this_cpu();

	platform->open(cpu);
	first_timer(cpu);
	cpu->here = true;
	for (;;) {
		stay_offline(cpu);
		while (!offline_wanted) {
			sites_lock(cpu);
			cpu->progress = true;
			platform->pause();
		}
	}
}

static bool all_offline(bool wanted)
{
	for (unsigned i = 1; i < cpu_count; i++)
		if (cpu_at(i)->offline != wanted)
			return false;
	return true;
}

static void others_offline(bool wanted)
{
	offline_wanted = wanted;
	if (wanted)
		rendezvous.others = 0;
	if (!WAIT_FOR(all_offline(wanted)))
		fail("a CPU did not %s", wanted ? "stop" : "start again");
	if (!wanted)
		rendezvous.others = cpu_count - 1;
}

static bool all_here(void)
{
	for (unsigned i = 1; i < cpu_count; i++)
		if (!cpu_at(i)->here)
			return false;
	return true;
}

static void start_cpus(unsigned count)
{
	memset(stacks + 1, 0, sizeof(stacks) - sizeof(stacks[0]));
	memset(cpu_at(0), 0, sizeof(struct cpu));
	for (unsigned i = 0; i < STORM_CPUS; i++)
		cpu_at(i)->number = i;
	offline_wanted = true;
	platform->open(cpu_at(0));
	cpu_count = count;
	if (count > 1)
		platform->start_others(count);
	if (!WAIT_FOR(all_here()))
		fail("not all of %u CPUs came", count);
}

/* Up to one plan, over to the other, back and forth with all CPUs running, and down again. */
static unsigned one_cycle(void)
{
	one_window(NULL, &sites_up);
	one_window(&sites_up, &sites_smp);
	others_offline(false);
	for (unsigned i = 0; i < SMP_WINDOWS; i += 2) {
		one_window(&sites_smp, NULL);
		one_window(NULL, &sites_smp);
	}
	others_offline(true);
	one_window(&sites_smp, &sites_up);
	one_window(&sites_up, NULL);
	return SMP_WINDOWS + 4;
}

/* A timer that has stopped lost an event too. */
static bool timers_tick(void)
{
	const uint32_t before = cpu_at(0)->count[EVENT_TIMER];

	return WAIT_FOR(cpu_at(0)->count[EVENT_TIMER] != before);
}

/*
 * What is to be seen of a timer that has stopped, all of it read before the first word is printed: that enters the
 * hypervisor, and may be what starts it again.  Then whether it does so by itself, and when it is set.
 */
static void report_timer(void)
{
	struct cpu *cpu = cpu_at(0);
	const uint32_t armed = cpu->armed, came = cpu->count[EVENT_TIMER];
	const uint64_t ticks = read_tsc() - cpu->armed_at, flags = read_flags();

	if (platform->report_timer)
		platform->report_timer();
	print("storm: the timer has stopped: set %u times, came %u times, %llx ticks since, flags %llx\n", armed, came,
	      (unsigned long long)ticks, (unsigned long long)flags);
	print("storm: by itself it %s", timers_tick() ? "comes" : "does not come");
	timer_arm(cpu);
	print(", set again it %s\n", timers_tick() ? "comes" : "does not come");
}

static _Noreturn void judge_boundaries(unsigned boundaries)
{
	tally.torn += tally.late;
	print("boundaries=%u backend=%s nmi=%u torn=%u inside=%u lost=%u\n", boundaries, platform->name, tally.nmi,
	      tally.torn, tally.inside, tally.lost);
	print("storm: of a middle step %u\n", tally.middle);
	print("GUEST %s\n", tally.torn || tally.inside || tally.lost ? "FAIL" : "OK");
	platform->end(!tally.torn && !tally.inside && !tally.lost);
}

static _Noreturn void judge(unsigned windows)
{
	uint32_t timers = 0;

	if (!timers_tick()) {
		report_timer();
		tally_add(&tally.lost);
	}
	platform->close(cpu_at(0));
	if (!sites_locked_all())
		tally_add(&tally.torn);
	for (unsigned i = 0; i < cpu_count; i++)
		timers += cpu_at(i)->count[EVENT_TIMER];
	tally.torn += tally.late;
	print("storm backend=%s cpus=%u windows=%u torn=%u inside=%u lost=%u held=%u\n", platform->name, cpu_count, windows,
	      tally.torn, tally.inside, tally.lost, tally.held);
	print("storm: timer events %u, unserialised %u, of a middle step %u\n", timers, tally.late, tally.middle);
	if (tally.torn || tally.inside || tally.lost || tally.held < windows) {
		print("GUEST FAIL\n");
		platform->end(false);
	}
	print("GUEST OK\n");
	platform->end(true);
}

_Noreturn void storm(const struct platform *on, const char *cmdline)
{
	const unsigned wanted = option(cmdline, "windows", 10000);
	struct error error;
	unsigned done = 0;

	platform = on;
	start_cpus(option(cmdline, "cpus", 1));
	error = sites_plan(platform->alias);
	if (failed(error))
		fail("error %u expected %llx found %llx", error.code, (unsigned long long)error.expected,
		     (unsigned long long)error.found);
	serialise_start();
	window_prepare();
	if (option(cmdline, "boundaries", 0)) {
		platform->admit(cpu_at(0));
		judge_boundaries(step_every_boundary());
	}
	first_timer(cpu_at(0));
	platform->admit(cpu_at(0));
	while (done < wanted)
		done += one_cycle();
	judge(done);
}
