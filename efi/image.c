/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/load_options.h>
#include <efi/options.h>

/* The profile that the load options choose. */
static uint32_t profile;
static struct addons addons;

const struct addons *image_addons(void) { return &addons; }

static struct span image(void)
{
	return span(firmware.loaded->ImageBase, firmware.loaded->ImageSize);
}

struct span image_section(const char *name)
{
	struct span found;

	uki_find_loaded(image(), profile, name, &found);
	return found;
}

bool image_wants_shim(const struct payload *payload)
{
	/* A kernel with an EFI stub is a PE file too. */
	return payload->kind != PAYLOAD_LINUX_BZIMAGE || !uki_is_pe(payload->kernel.bytes) ||
	       payload->options.value[LULL_PROTO] != PROTO_UNASKED;
}

struct error image_find(struct payload *payload, struct command_line *line)
{
	struct payload_source source = { .embedded = { image(), (uint64_t)image().at }, .embedded_is_loaded = true };

	TRY(options_profile(&profile));
	TRY(options_read(image_section(".cmdline"), profile, &source.cmdline));
	TRY(payload_find_any(source, payload));
	TRY(addons_read(payload->uname, &addons));
	payload->lines.added = cmdline_of(addons.line.text);
	TRY(lull_options_read(&payload->lines, &payload->options));
	/* What a stub's headers say beyond that, firmware looks at itself. */
	if (!image_wants_shim(payload))
		TRY(uki_check_pe(payload->kernel.bytes));
	return cmdline_write(&payload->lines, payload->cmdline_limit, payload->cmdline_taker, line->text, sizeof(line->text));
}
