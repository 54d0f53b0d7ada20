/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/error_text.h>
#include <core/version.h>
#include <shim/payload/cmdline.h>
#include <shim/say/duration.h>
#include <shim/say/receipt.h>

static const char *const door_name[] = {
#define DOOR(constant, name) name,
#include <core/door_list.h>
#undef DOOR
};

void say_door(const struct boot_info *info, const struct machine *machine)
{
	console_printf("lull " LULL_VERSION " door=%s backend=%s cpus=%u\n", door_name[info->door],
		       machine->backend_name, machine->cpus);
	if (!machine->unknown_hypervisor)
		return;
	console_puts("lull: warning hypervisor=\"");
	console_escaped(cmdline_of(machine->hypervisor));
	console_puts("\" is not known, the native backend is used\n");
}

void say_payload(const struct payload *payload, const struct command_line *line)
{
	const bool is_initrd = payload_joins_modules(payload) || payload->module_count <= 1;

	console_printf("lull: payload %s %s ", payload->kind_name, payload->version);
	console_printf(is_initrd ? "initrd=%llu cmdline=\"" : "modules=%llu cmdline=\"",
		       (unsigned long long)payload_modules_size(payload));
	console_escaped(cmdline_of(line->text));
	console_puts("\"\n");
}

static const char *left_name(enum payload_left left)
{
	switch (left) {
	case PAYLOAD_LEFT_NONE: return "none";
	case PAYLOAD_LEFT_OFF: return "off";
	case PAYLOAD_LEFT_CPUS: return "cpus";
	case PAYLOAD_LEFT_CPUS_UNKNOWN: return "cpus-unknown";
	case PAYLOAD_LEFT_CMDLINE: return "cmdline";
	case PAYLOAD_LEFT_NO_TABLES: return "no-tables";
	case PAYLOAD_LEFT_UNSOUND: return "unsound";
	case PAYLOAD_LEFT_EFI_STUB: return "efi-stub";
	}
	return "unknown";
}

static void say_unsound(const struct error *error)
{
	char brief[ERROR_BRIEF_SIZE];

	error_brief(brief, error);
	console_printf("lull: warning a patch table of Linux is left alone: %s\n", brief);
}

void say_receipt(const struct self_receipt *self, const struct payload_receipt *payload, const struct steps *steps)
{
	const uint64_t ticks = steps->last - steps->begun;
	struct window_result window = self->window;

	window_add(&window, &payload->window);
	for (uint32_t i = 0; i < payload->unsound_count; i++)
		say_unsound(&payload->unsound[i]);
	console_printf("lull: receipt self=%u/%u payload=%u/%u windows=%u", self->patched, self->sites, payload->patched,
		       payload->sites, window.windows);
	say_nanoseconds(" masked_ns=", window.masked);
	console_printf(" held=%u delivered=%u text=verified", window.held, window.delivered);
	say_nanoseconds(" shim_ns=", ticks);
	steps_say(steps);
	console_printf(" masked_ticks=%llu shim_ticks=%llu left=%s\n", (unsigned long long)window.masked,
		       (unsigned long long)ticks, left_name(payload->left));
}

static const char *kaslr_name(const struct payload *payload)
{
	if (payload->kind == PAYLOAD_LINUX_BZIMAGE)
		return "own";
	return payload->moved.chosen ? "on" : "off";
}

void say_handover(const struct handover *handover, const struct payload *payload)
{
	uint64_t entry = payload->moved.chosen ? payload_linked_entry(payload) : handover->entry;

	console_printf("lull: handover entry=0x%llx proto=%s kaslr=%s\n", (unsigned long long)entry, handover->protocol_name,
		       kaslr_name(payload));
}
