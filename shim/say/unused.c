/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <shim/patch/linux.h>
#include <shim/say/unused.h>

void say_unused_line(const char *whose, struct span line)
{
	console_printf("lull: warning not used: %s command line \"", whose);
	console_escaped(line);
	console_puts("\"\n");
}

static void say_lines(const struct cmdline *lines)
{
	static const char *const whose[CMDLINE_SOURCES] = { "the loader's", "module 0's", "the packed" };

	for (unsigned i = 0; i < CMDLINE_SOURCES; i++)
		if (cmdline_is_unused(lines, i))
			say_unused_line(whose[i], lines->line[i]);
}

static void say_sections(const struct boot_info *info, uint32_t unused)
{
	if (info->door == DOOR_UEFI)
		unused &= ~(UINT32_C(1) << UKI_UNUSED_UCODE | UINT32_C(1) << UKI_UNUSED_SPLASH);
	for (unsigned i = 0; i < UKI_UNUSED; i++)
		if (unused >> i & 1)
			console_printf("lull: warning not used: section %s of the UKI\n", uki_unused_name(i));
}

/* xl cuts a PV guest's line to what fits, and does not say so (xg_dom_x86.c, start_info_x86_64()). */
static void say_cut(const struct boot_info *info, struct span line)
{
	if (info->door == DOOR_XEN_PV && line.size == XEN_PV_CMDLINE_LIMIT)
		console_printf("lull: warning the loader's command line fills all %u bytes that there are for it, and may have"
			       " been cut\n", XEN_PV_CMDLINE_LIMIT);
}

void say_unused(const struct boot_info *info, const struct payload *payload)
{
	const struct lull_options *options = &payload->options;

	say_lines(&payload->lines);
	for (uint32_t i = 0; i < payload->module_count && payload_joins_modules(payload); i++)
		if (payload->module[i].line.size != 0)
			say_unused_line("the initrd's", payload->module[i].line);
	say_sections(info, payload->unused_sections);
	say_cut(info, payload->lines.line[CMDLINE_LOADER]);
	if (options->unknown_count == 0)
		return;
	console_puts("lull: warning not used: the word \"");
	console_escaped(options->unknown);
	console_printf("\", which names no option of lull's%s\n", options->unknown_count > 1 ? "; and others like it" : "");
}

/* The value of lull.proto= by which a payload of a kind is entered. */
static const uint8_t proto_of[] = {
#define PAYLOAD_KIND(constant, name, proto) PROTO_##proto,
#include <shim/payload/kind_list.h>
#undef PAYLOAD_KIND
};

void say_unused_options(const struct payload *payload)
{
	uint8_t proto = payload->options.value[LULL_PROTO];

	if (proto != PROTO_UNASKED && proto != proto_of[payload->kind])
		console_printf("lull: warning not used: lull.proto, because a %s kernel cannot be entered so\n",
			       payload_kind_name(payload->kind));
	if (payload->options.value[LULL_LINUX_SITES] != LINUX_SITES_UNASKED && !patch_linux_can(payload))
		console_puts("lull: warning not used: lull.linux_sites, because this is no Linux that lull has unpacked\n");
	if (payload->moved.in_note)
		console_puts("lull: warning KASLR's offset stands in the kernel's notes, where its PVH entry reads it\n");
	if (payload->moved.why_not)
		console_printf("lull: warning not used: lull.kaslr, because %s\n", payload->moved.why_not);
}
