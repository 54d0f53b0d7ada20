/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/boot_info.h>
#include <core/console.h>
#include <efi/firmware.h>
#include <efi/load_options.h>
#include <efi/options.h>

static const EFI_GUID shell_parameters = { 0x752f3136, 0x4e16, 0x4fdc, { 0xa2, 0x2a, 0xe5, 0xf4, 0x68, 0x12, 0xf4, 0xca } };

static char text[BOOT_CMDLINE_SIZE];
static bool not_text, not_signed;

struct error options_read(struct span packed, const char **line)
{
	/* The shell puts the program's name first, and says by this protocol that it is the shell (UEFI Shell 2.2, section 6.3). */
	bool from_shell = firmware_protocol(firmware.image, &shell_parameters) != NULL;
	struct error error = load_options_read(span(firmware.loaded->LoadOptions, firmware.loaded->LoadOptionsSize), from_shell,
					       text, sizeof(text));

	*line = text;
	if (packed.size == 0)
		return error;
	not_text = failed(error);
	not_signed = !failed(error) && text[0] != 0 && firmware_secure_boot();
	if (not_signed)
		text[0] = 0;
	return error_none();
}

void options_warn(void)
{
	if (not_text)
		console_printf("lull: warning not used: the load options, because they are no text (%u bytes)\n",
			       firmware.loaded->LoadOptionsSize);
	if (not_signed)
		console_puts("lull: warning not used: the load options, because Secure Boot is on and the packed command line is signed\n");
}
