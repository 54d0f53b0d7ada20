/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which trip it is, and the steps of the story between which trips happen.
 */
#include "trip.h"

#include <arch/x86/doors.h>
#include <arch/x86/paging.h>
#include <arch/x86/traps.h>
#include <core/console.h>
#include <core/leave.h>
#include <pv/self.h>
#include <shim/find.h>
#include <shim/payload/cmdline.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

static struct span chosen;
static const struct backend *backend;

/* Keeps what lull.trip= says on the line of the door. */
void choose_trip(const char *text)
{
	struct span line = cmdline_of(text);
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (cmdline_same_name(word.name, cmdline_of("lull.trip")))
			chosen = word.value;
}

const struct backend *trip_backend(void) { return backend; }

bool tripping(const char *name) { return chosen.size == strlen(name) && span_is(chosen, 0, name, chosen.size); }

const char *trip_argument(const char *prefix)
{
	return span_is(chosen, 0, prefix, strlen(prefix)) ? (const char *)chosen.at + strlen(prefix) : NULL;
}

/* All memory below 4 GiB is mapped, and executable still. */
WRAP(_Noreturn __attribute__((no_stack_protector)) void, door_entry, uint32_t magic, uint64_t structure)
{
	const struct hvm_start_info *start = (const struct hvm_start_info *)structure;

	if (magic == 0 && start->cmdline_paddr != 0)
		choose_trip((const char *)start->cmdline_paddr);
	__real_door_entry(magic, structure);
}

WRAP(struct error, start_info_read, uint64_t address, reach_function reach, struct door_strings *strings,
     struct boot_info *info)
{
	struct error error = __real_start_info_read(address, reach, strings, info);

	fault_at(STAGE_DOOR);
	return error;
}

WRAP(struct error, multiboot2_read, uint32_t magic, uint64_t address, reach_function reach,
     struct door_strings *strings, struct boot_info *info)
{
	struct error error = __real_multiboot2_read(magic, address, reach, strings, info);

	fault_at(STAGE_DOOR);
	return error;
}

WRAP(struct error, machine_wake, struct boot_info *info, struct machine *machine)
{
	struct error error = __real_machine_wake(info, machine);

	backend = machine->backend;
	fault_at(STAGE_AWAKE);
	return error;
}

/* Whatever goes wrong before COMMIT, not one byte of text may differ. */
WRAP(struct error, self_patch, const struct machine *machine, struct self_receipt *receipt)
{
	if (tripping("site-bytes"))
		change_site();
	if (tripping("controllers"))
		controllers_set();
	if (tripping("strays-pending"))
		strays_pend();
	uint64_t before = text_hash();
	struct error error = __real_self_patch(machine, receipt);

	if (tripping("controllers"))
		controllers_say();

	if (chosen.size != 0 && failed(error))
		console_printf("trip: text %s\n", text_hash() == before ? "untouched" : "changed");
	return error;
}

/* What a machine with and without pages of 1 GiB can reach above 4 GiB. */
static void reach_many(void)
{
	unsigned count = 0;
	struct range wanted = { 4 * GIB, 5 * GIB };

	while (count < 100 && paging_reach(wanted)) {
		wanted = (struct range){ wanted.start + GIB, wanted.end + GIB };
		count++;
	}
	console_printf("trip: reached %u gigabytes, none %u, past the end %u, again %u\n", count,
		       paging_reach((struct range){ GIB, GIB }), paging_reach((struct range){ 511 * GIB, 513 * GIB }),
		       paging_reach((struct range){ 4 * GIB, 5 * GIB }));
}

static struct range page_at(uint64_t gib) { return (struct range){ gib * GIB, gib * GIB + PAGE_SIZE }; }

/* Registers of devices anywhere; nobody is there, and a read must not fault. */
static void reach_registers(void)
{
	static const uint64_t gib[] = { 8, 600, 56 * 1024, 57 * 1024, 58 * 1024, 59 * 1024, 127 * 1024, 128 * 1024 };
	char reached[] = "--------";

	for (unsigned i = 0; i < sizeof(gib) / sizeof(gib[0]); i++)
		if (paging_reach_registers(page_at(gib[i]))) {
			(void)*(const volatile uint32_t *)page_at(gib[i]).start;
			reached[i] = 'y';
		}
	console_printf("trip: registers %s, none %u, memory %u\n", reached, paging_reach_registers((struct range){ GIB, GIB }),
		       paging_reach(page_at(600)));
}

WRAP(struct error, payload_from_door, const struct boot_info *info, struct payload *payload, struct command_line *line)
{
	fault_at(STAGE_PATCHED);
	misuse_window();
	if (tripping("reach-many"))
		reach_many();
	if (tripping("reach-registers"))
		reach_registers();
	if (tripping("registers"))
		registers_say();
	if (tripping("nmi-in-window") || tripping("nmi") || tripping("nmi-without-stack"))
		console_printf("trip: %u NMIs\n", traps_nmi_count());
	if (tripping("fault-in-block") || tripping("overflow-in-block") || tripping("check-in-block") ||
	    tripping("fault-in-drain") || tripping("fault-in-crash"))
		return error_make(ERROR_MODULE_NONE, NULL, 0, 0);
	return __real_payload_from_door(info, payload, line);
}

WRAP(_Noreturn void, machine_leave, const struct leave *order)
{
	static struct leave wrong;

	wrong = *order;
	if (tripping("leave-moves"))
		wrong.move_count = LEAVE_MAX_MOVES + 1;
	if (tripping("leave-alignment"))
		wrong.workspace.start++;
	if (tripping("leave-high"))
		wrong.workspace = (struct range){ 4 * GIB, 5 * GIB };
	if (tripping("leave-small"))
		wrong.workspace.end -= PAGE_SIZE;
	if (tripping("leave-far"))
		wrong.move[wrong.move_count++] = (struct move){ .to = 512 * GIB, .size = 1 };
	__real_machine_leave(&wrong);
}
