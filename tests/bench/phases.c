/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each part of a boot costs: the shim's own objects, and these functions put between caller and callee by the linker's
 * --wrap (bench.mk lists them).  Ticks between two of them are counted for the part that runs.  Before the shim leaves,
 *
 *	bench: phases door=N self=N find=N unpack=N verify=N plan=N window=N place=N print=N moves=N
 *
 * where `door` is what none of the others is, from door_entry() on, and `moves` is how often the trampoline will repeat its
 * string instructions.
 */
#include <core/console.h>
#include <core/leave.h>
#include <core/machine.h>
#include <pv/engine/journal.h>
#include <pv/engine/linux/sites_linux.h>
#include <pv/self.h>
#include <shim/handover/handover.h>
#include <shim/payload/payload.h>

enum phase { DOOR, SELF, FIND, UNPACK, VERIFY, PLAN, WINDOW, PLACE, PRINT, PHASES };

static const char *const phase_name[PHASES] = {
	"door", "self", "find", "unpack", "verify", "plan", "window", "place", "print",
};
static uint64_t spent[PHASES], since;
static enum phase phase;

/* Turns to another phase; returns the one before. */
static enum phase turn(enum phase to)
{
	uint64_t now = machine_clock();
	enum phase outer = phase;

	spent[phase] += now - since;
	since = now;
	phase = to;
	return outer;
}

/* A function that is a phase, or part of one. */
#define PHASE(of, type, name, parameters, arguments) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		enum phase outer = turn(of); \
		type returned = __real_##name arguments; \
	\
		turn(outer); \
		return returned; \
	}

PHASE(SELF, struct error, self_patch, (const struct machine *machine, struct self_receipt *receipt), (machine, receipt))
PHASE(FIND, struct error, payload_from_door, (const struct boot_info *info, struct payload *payload), (info, payload))
PHASE(UNPACK, struct error, unpack_packed, (const struct boot_info *info, struct payload *payload), (info, payload))
PHASE(UNPACK, struct error, unpack_kernel, (const struct boot_info *info, struct payload *payload), (info, payload))
PHASE(VERIFY, struct error, sites_linux_verify,
      (const struct sites_linux *tables, struct arena *arena, struct sites_linux_found *found), (tables, arena, found))
PHASE(PLAN, struct error, sites_linux_read,
      (const struct sites_linux *tables, const struct sites_linux_found *found, const struct sites_linux_choice *choice,
       struct arena *arena, struct plan_input *input), (tables, found, choice, arena, input))
PHASE(PLAN, struct error, plan_make, (struct plan *plan, const struct plan_input *input, struct arena *arena),
      (plan, input, arena))
PHASE(WINDOW, struct error, window_run,
      (struct journal *journal, const struct backend *backend, uint64_t (*clock)(void), struct window_result *result),
      (journal, backend, clock, result))
PHASE(WINDOW, struct error, journal_verify, (const struct journal *journal), (journal))
PHASE(PLACE, struct error, handover_prepare,
      (const struct boot_info *info, struct payload *payload, const char *cmdline, struct handover *handover),
      (info, payload, cmdline, handover))

void __real_machine_console_write(const char *text, size_t size, bool urgent);
void __wrap_machine_console_write(const char *text, size_t size, bool urgent);
void __wrap_machine_console_write(const char *text, size_t size, bool urgent)
{
	enum phase outer = turn(PRINT);

	__real_machine_console_write(text, size, urgent);
	turn(outer);
}

_Noreturn void __real_door_entry(uint32_t magic, uint64_t structure);
_Noreturn void __wrap_door_entry(uint32_t magic, uint64_t structure);
_Noreturn __attribute__((no_stack_protector)) void __wrap_door_entry(uint32_t magic, uint64_t structure)
{
	since = machine_clock();
	__real_door_entry(magic, structure);
}

/* By quadwords, with the rest by bytes, as leave.S moves on a CPU without ERMS. */
static uint64_t repeats(const struct leave *leave)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < leave->move_count; i++) {
		const struct move *move = &leave->move[i];

		if (move->to != move->from)
			sum += move->size / 8 + move->size % 8;
		sum += move->zero / 8 + move->zero % 8;
	}
	return sum;
}

_Noreturn void __real_machine_leave(const struct leave *leave);
_Noreturn void __wrap_machine_leave(const struct leave *leave);
_Noreturn void __wrap_machine_leave(const struct leave *leave)
{
	turn(PRINT);
	console_puts("bench: phases");
	for (unsigned i = 0; i < PHASES; i++)
		console_printf(" %s=%llu", phase_name[i], (unsigned long long)spent[i]);
	console_printf(" moves=%llu\n", (unsigned long long)repeats(leave));
	__real_machine_leave(leave);
}
