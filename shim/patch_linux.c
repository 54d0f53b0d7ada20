/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/cmdline.h>
#include <shim/patch_linux.h>
#include <shim/payload/linux_tables.h>
#include <shim/work_memory.h>

#include <string.h>

enum linux_sites { LINUX_SITES_AUTO, LINUX_SITES_OFF, LINUX_SITES_SAFE };

static bool is_word(struct span value, const char *word)
{
	return value.size == strlen(word) && span_is(value, 0, word, value.size);
}

static struct error choose(const struct boot_info *info, const struct payload *payload, enum linux_sites *out)
{
	struct span value;

	*out = LINUX_SITES_AUTO;
	if (!cmdline_option(cmdline_of(info->cmdline), "linux_sites", &value) &&
	    !cmdline_option(payload->cmdline, "linux_sites", &value))
		return error_none();
	if (is_word(value, "off"))
		*out = LINUX_SITES_OFF;
	else if (is_word(value, "safe"))
		*out = LINUX_SITES_SAFE;
	else if (!is_word(value, "auto"))
		return error_make(ERROR_CMDLINE_LINUX_SITES, NULL, 0, value.size);
	return error_none();
}

static bool is_linux(const struct payload *payload)
{
	return payload->kind != PAYLOAD_LINUX_BZIMAGE && !payload->sites.present &&
	       span_is(xen_note_text(&payload->notes, XEN_NOTE_GUEST_OS), 0, "linux", 5);
}

static struct error take_room(struct free_memory *free, uint64_t size, struct arena *arena)
{
	struct range room;

	if (!free_memory_lowest(free, size, PAGE_SIZE, &room) || !machine_reach(room))
		return error_make(ERROR_SITES_ROOM, NULL, size / KIB + 1, free_memory_largest(free) / KIB);
	free_memory_take(free, room);
	*arena = (struct arena){ (uint8_t *)room.start, size, 0 };
	return error_none();
}

static struct error verify(const struct sites_linux *tables, struct free_memory free, struct sites_linux_found *found)
{
	struct arena arena;

	TRY(take_room(&free, sites_linux_verify_space(tables), &arena));
	return sites_linux_verify(tables, &arena, found);
}

static struct error make_plan(const struct sites_linux *tables, const struct sites_linux_found *found,
			      const struct sites_linux_choice *choice, struct free_memory *free, struct text_window *text,
			      struct plan *plan)
{
	struct plan_input input = { .text = text };
	struct arena arena;

	TRY(sites_linux_window(tables, text));
	TRY(take_room(free, sites_linux_space(tables, choice), &arena));
	TRY(sites_linux_read(tables, found, choice, &arena, &input));
	TRY(take_room(free, plan_space(input.record, input.count), &arena));
	return plan_make(plan, &input, &arena);
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

static enum payload_left why_left(const struct machine *machine)
{
	if (lull_features_has(&machine->features, LULL_FEATURE_ONE_CPU))
		return PAYLOAD_LEFT_NONE;
	return machine->cpus > 1 ? PAYLOAD_LEFT_CPUS : PAYLOAD_LEFT_CPUS_UNKNOWN;
}

struct error patch_linux(const struct boot_info *info, const struct machine *machine, const struct payload *payload,
			 struct payload_receipt *receipt)
{
	struct sites_linux_choice wanted = { .one_cpu = lull_features_has(&machine->features, LULL_FEATURE_ONE_CPU) };
	struct free_memory free = work_memory(info, payload);
	struct sites_linux_cpuid cpuid = ask_cpuid();
	struct sites_linux_found found;
	struct sites_linux tables;
	struct text_window text;
	enum linux_sites choice;
	struct plan plan;
	struct error error;

	if (!is_linux(payload))
		return error_none();
	TRY(choose(info, payload, &choice));
	receipt->left = PAYLOAD_LEFT_OFF;
	if (choice == LINUX_SITES_OFF)
		return error_none();
	receipt->left = why_left(machine);
	if (choice == LINUX_SITES_SAFE)
		wanted.cpuid = &cpuid;
	error = linux_tables_find(&payload->elf, &tables);
	if (!failed(error))
		error = verify(&tables, free, &found);
	if (error.code == ERROR_SITES_ROOM)
		return error;
	if (failed(error)) {
		receipt->left = error.code == ERROR_LINUX_NO_TABLES ? PAYLOAD_LEFT_NO_TABLES : PAYLOAD_LEFT_UNSOUND;
		receipt->unsound = error;
		return error_none();
	}
	TRY(make_plan(&tables, &found, &wanted, &free, &text, &plan));
	return commit_plan(&plan, machine, receipt);
}
