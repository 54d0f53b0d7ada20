/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/memory/work_memory.h>
#include <shim/patch/linux.h>
#include <shim/payload/cmdline_linux.h>
#include <shim/payload/linux_tables.h>

#include <string.h>

bool patch_linux_can(const struct payload *payload)
{
	return payload->kind != PAYLOAD_LINUX_BZIMAGE && !payload->sites.present &&
	       span_is(xen_note_text(&payload->notes, XEN_NOTE_GUEST_OS), 0, "linux", 5);
}

/* An arena of no bytes where there is no room, or none is needed.  Whoever needs more returns the error. */
static struct arena room_arena(struct free_memory *room, uint64_t size)
{
	struct range block;

	if (failed(room_take(room, size, ROOM_LOWEST, ERROR_SITES_ROOM, &block)))
		return (struct arena){ 0 };
	return (struct arena){ (uint8_t *)block.start, size, 0 };
}

static struct error verify(const struct sites_linux *tables, struct free_memory *room, struct sites_linux_found *found)
{
	struct arena arena = room_arena(room, sites_linux_verify_space(tables));

	return sites_linux_verify(tables, &arena, found);
}

static void note_unsound(struct payload_receipt *receipt, struct error error, bool wanted)
{
	if (!failed(error))
		return;
	receipt->unsound[receipt->unsound_count++] = error;
	if (wanted)
		receipt->left = PAYLOAD_LEFT_UNSOUND;
}

/* A table that is not sound changes `left` only where something was to be patched by it; else it is only reported. */
static void note_tables(struct payload_receipt *receipt, const struct sites_linux_choice *choice,
			const struct sites_linux_found *found)
{
	note_unsound(receipt, found->unsound[SITES_LINUX_ALTERNATIVES], choice->cpuid != NULL);
	note_unsound(receipt, found->unsound[SITES_LINUX_PARAVIRT], false);
	note_unsound(receipt, found->unsound[SITES_LINUX_LOCKS], choice->one_cpu);
}

static struct error plan_tables(const struct sites_linux *tables, const struct sites_linux_found *found,
				const struct sites_linux_choice *choice, struct free_memory room,
				const struct patched_text *text, struct plan *plan)
{
	struct plan_input input = { .text = text };
	struct arena arena = room_arena(&room, sites_linux_space(tables, choice));

	TRY(sites_linux_read(tables, found, choice, &arena, &input));
	arena = room_arena(&room, plan_space(input.record, input.count));
	return plan_make(plan, &input, &arena);
}

/* All that can be wrong with the tables is found here, before anything is written. */
static struct error plan_linux(const struct payload *payload, const struct sites_linux_choice *choice,
			       struct free_memory room, struct patched_text *text, struct plan *plan,
			       struct payload_receipt *receipt)
{
	struct sites_linux_found found;
	struct sites_linux tables;
	struct error error;

	TRY(linux_tables_find(&payload->elf, &tables));
	TRY(verify(&tables, &room, &found));
	TRY(sites_linux_text(&tables, text));
	error = plan_tables(&tables, &found, choice, room, text, plan);
	if (choice->cpuid && failed(error) && error.code != ERROR_SITE_MEMORY) {
		/* Alternatives that cannot be planned are no reason to leave the lock prefixes. */
		found.unsound[SITES_LINUX_ALTERNATIVES] = error;
		error = plan_tables(&tables, &found, choice, room, text, plan);
	}
	TRY(error);
	note_tables(receipt, choice, &found);
	return error_none();
}

/* One window for all of it. */
static struct error commit_plan(const struct plan *plan, const struct machine *machine, struct payload_receipt *receipt)
{
	struct journal journal = journal_make(plan);

	for (unsigned kind = SITES_LINUX_LOCK; kind <= SITES_LINUX_ALTERNATIVE; kind++) {
		receipt->patched += plan->kind[kind].patched;
		receipt->sites += plan->kind[kind].patched + plan->kind[kind].left;
	}
	if (plan->selected_count == 0)
		return error_none();
	TRY(window_run(&journal, machine->backend, machine_clock, &receipt->window));
	return journal_verify(&journal);
}

/* The registers that the safe set asks for. */
static struct sites_linux_cpuid ask_cpuid(void)
{
	struct sites_linux_cpuid out;
	uint32_t leaf[4];

	machine_cpuid(1, 0, leaf);
	out.leaf1_c = leaf[2];
	machine_cpuid(7, 0, leaf);
	out.leaf7_b = leaf[1];
	out.leaf7_d = leaf[3];
	machine_cpuid(0x80000001, 0, leaf);
	out.extended1_c = leaf[2];
	out.extended1_d = leaf[3];
	return out;
}

/*
 * True when Linux will decide an alternative of the safe set by other features than CPUID's, for what its own command line
 * says (arch/x86/kernel/cpu/common.c): setup_noclflush() takes away CLFLUSHOPT, until Linux 5.17; cpu_parse_early_param()
 * reads the other two, and does nothing for an empty value.
 */
static bool changes_features(struct span cmdline)
{
	struct span value;

	return linux_has_setup(cmdline, "noclflush") ||
	       (linux_find_early(cmdline, "clearcpuid", &value) && value.size != 0) ||
	       (linux_find_early(cmdline, "setcpuid", &value) && value.size != 0);
}

/* What may be patched of what is wanted, and why the rest may not. */
static enum payload_left restrain(const struct machine *machine, struct span cmdline, struct sites_linux_choice *choice)
{
	enum payload_left left = PAYLOAD_LEFT_NONE;

	if (!lull_features_has(&machine->features, LULL_FEATURE_ONE_CPU))
		left = machine->cpus > 1 ? PAYLOAD_LEFT_CPUS : PAYLOAD_LEFT_CPUS_UNKNOWN;
	else if (linux_has_setup(cmdline, "noreplace-smp"))
		left = PAYLOAD_LEFT_CMDLINE;
	choice->one_cpu = left == PAYLOAD_LEFT_NONE;
	if (choice->cpuid && changes_features(cmdline)) {
		choice->cpuid = NULL;
		left = PAYLOAD_LEFT_CMDLINE;
	}
	return left;
}

/* Tables that nobody can use are no reason not to start the kernel; too little memory is. */
static struct error skip_tables(struct error error, const struct free_memory *room, struct payload_receipt *receipt)
{
	if (error.code == ERROR_SITE_MEMORY)
		return error_make(ERROR_SITES_ROOM, NULL, error.expected / KIB + 1, free_memory_largest(room) / KIB);
	if (error.code == ERROR_LINUX_NO_TABLES)
		receipt->left = PAYLOAD_LEFT_NO_TABLES;
	else
		note_unsound(receipt, error, true);
	return error_none();
}

struct error patch_linux(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			 const char *cmdline, struct payload_receipt *receipt)
{
	const uint8_t wanted = payload->options.value[LULL_LINUX_SITES];
	struct free_memory room = work_memory(info, payload);
	struct sites_linux_choice choice = { 0 };
	struct sites_linux_cpuid cpuid;
	struct patched_text text;
	struct plan plan;
	struct error error;

	if (!patch_linux_can(payload))
		return error_none();
	receipt->left = PAYLOAD_LEFT_OFF;
	if (wanted == LINUX_SITES_OFF)
		return error_none();
	if (wanted == LINUX_SITES_SAFE) {
		cpuid = ask_cpuid();
		choice.cpuid = &cpuid;
	}
	receipt->left = restrain(machine, cmdline_of(cmdline), &choice);
	error = plan_linux(payload, &choice, room, &text, &plan, receipt);
	return failed(error) ? skip_tables(error, &room, receipt) : commit_plan(&plan, machine, receipt);
}
