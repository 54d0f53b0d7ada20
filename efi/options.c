/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/boot_info.h>
#include <core/console.h>
#include <efi/firmware.h>
#include <efi/load_options.h>
#include <efi/options.h>
#include <shim/payload/cmdline.h>

#include <string.h>

static const EFI_GUID shell_parameters = { 0x752f3136, 0x4e16, 0x4fdc, { 0xa2, 0x2a, 0xe5, 0xf4, 0x68, 0x12, 0xf4, 0xca } };

#define PROFILE_WORD "lull.profile="
#define PROFILE_WORD_SIZE (sizeof(PROFILE_WORD) - 1)

/* The word may come to stand before the options. */
static char room[PROFILE_WORD_SIZE + BOOT_CMDLINE_SIZE];
static char *text = room + PROFILE_WORD_SIZE;
static struct error error;
static bool not_text, not_signed;

static void read_text(void)
{
	/* The shell puts the program's name first, and says by this protocol that it is the shell (UEFI Shell 2.2, section 6.3). */
	bool from_shell = firmware_protocol(firmware.image, &shell_parameters) != NULL;

	error = load_options_read(span(firmware.loaded->LoadOptions, firmware.loaded->LoadOptionsSize), from_shell,
				  text, BOOT_CMDLINE_SIZE);
}

/* Makes lull's word of a first word "@N". */
static void name_profile(void)
{
	if (text[0] != '@' || text[1] < '0' || text[1] > '9')
		return;
	text -= PROFILE_WORD_SIZE - 1;
	memcpy(text, PROFILE_WORD, PROFILE_WORD_SIZE);
}

struct error options_profile(uint32_t *profile)
{
	struct cmdline lines = { .line = { span("", 0), span("", 0), span("", 0) } };

	read_text();
	name_profile();
	lines.line[CMDLINE_LOADER] = cmdline_of(text);
	return cmdline_profile(&lines, profile);
}

/* Leaves nothing of the line but the choice of a profile. */
static void drop_text(uint32_t profile)
{
	text = room;
	text[0] = 0;
	if (profile == 0)
		return;
	memcpy(text, PROFILE_WORD, PROFILE_WORD_SIZE);
	for (unsigned i = 0, scale = 100; i < 3; i++, scale /= 10)
		text[PROFILE_WORD_SIZE + i] = (char)('0' + profile / scale % 10);
	text[PROFILE_WORD_SIZE + 3] = 0;
}

/* Whether a line has a word beside the choice of a profile. */
static bool says_more(struct span line)
{
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (!cmdline_same_name(word.name, cmdline_of("lull.profile")))
			return true;
	return word.whole.size != 0;
}

struct error options_read(struct span packed, uint32_t profile, const char **line)
{
	*line = text;
	if (packed.size == 0)
		return error;
	not_text = failed(error);
	if (failed(error) || !firmware_secure_boot())
		return error_none();
	not_signed = says_more(cmdline_of(text));
	drop_text(profile);
	*line = text;
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
