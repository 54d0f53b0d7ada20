/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/load_options.h>
#include <efi/options.h>

static struct span image(void)
{
	return span(firmware.loaded->ImageBase, firmware.loaded->ImageSize);
}

struct span image_section(const char *name)
{
	struct span found;

	uki_find_loaded(image(), name, &found);
	return found;
}

/* A kernel that firmware can start is a PE file too; what its headers say beyond that, firmware looks at itself. */
static struct error check_stub(const struct payload *payload)
{
	if (payload->kind != PAYLOAD_LINUX_BZIMAGE)
		return error_make(ERROR_EFI_NO_STUB, payload->kind_name, 0, 0);
	if (!uki_is_pe(payload->kernel.bytes))
		return error_make(ERROR_EFI_NO_STUB, "a bzImage without one", 0, 0);
	return uki_check_pe(payload->kernel.bytes);
}

struct error image_find(struct payload *payload, struct command_line *line)
{
	struct payload_source source = { .embedded = { image(), (uint64_t)image().at }, .embedded_is_loaded = true };

	TRY(options_read(image_section(".cmdline"), &source.cmdline));
	TRY(payload_find_any(source, payload));
	TRY(check_stub(payload));
	return cmdline_write(&payload->lines, payload->cmdline_limit, payload->cmdline_taker, line->text, sizeof(line->text));
}
