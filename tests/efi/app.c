/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app.h"

EFI_SYSTEM_TABLE *app_table;

const struct initrd_path initrd_path = {
	4, 3, 20, { 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } }, 0x7f, 0xff, 4,
};
const EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };
const EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
const EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static void say_character(uint16_t character)
{
	CHAR16 text[2] = { character, 0 };

	app_table->ConOut->OutputString(app_table->ConOut, text);
}

void say(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			say_character('\r');
		say_character((uint8_t)*text);
	}
}

void say_number(const char *text, uint64_t number)
{
	say(text);
	for (int shift = 60; shift >= 0; shift -= 4)
		if (number >> shift || shift == 0)
			say_character((uint16_t)"0123456789abcdef"[number >> shift & 15]);
}

void say_wide(const char *text, const uint16_t *wide, UINTN bytes)
{
	say(text);
	say("\"");
	for (UINTN i = 0; i < bytes / 2; i++) {
		if (wide[i] >= ' ' && wide[i] < 0x7f)
			say_character(wide[i]);
		else
			say_number("\\x", wide[i]);
	}
	say("\"");
}
