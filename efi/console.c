/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ConOut shows text wherever the user has told firmware to, and that may be a screen only.  The serial port then gets it
 * too, as it does at the other doors.
 */
#include <efi/console.h>
#include <efi/firmware.h>

/* How many bytes are turned into UTF-16 at a time. */
#define PIECE_SIZE 256


static const EFI_GUID serial_protocol = SERIAL_IO_PROTOCOL;
static SERIAL_IO_INTERFACE *serial;

/*
 * Whether a device path, or one of several, leads over a UART (UEFI 2.10, section 10.3.4.15).  The variable ConOut holds those of the
 * consoles in use (section 3.3).
 */
static bool leads_over_uart(struct span paths)
{
	uint64_t at = 0, length;

	for (; span_has(paths, at, 4); at += length) {
		length = span_u16(paths, at + 2);
		if (span_u8(paths, at) == MESSAGING_DEVICE_PATH && span_u8(paths, at + 1) == MSG_UART_DP)
			return true;
		if (length < 4)
			return false;
	}
	return false;
}

static bool console_is_serial(void)
{
	uint8_t paths[512];
	UINTN size = sizeof(paths);

	/* Where nobody says which consoles are in use, text twice is better than none. */
	return firmware_variable(L"ConOut", paths, &size) && leads_over_uart(span(paths, size));
}

void efi_console_start(void)
{
	if (!console_is_serial())
		serial = firmware_locate(&serial_protocol);
}

static void console_write_piece(const char *text, size_t size)
{
	CHAR16 wide[2 * PIECE_SIZE + 1];
	char narrow[2 * PIECE_SIZE];
	UINTN used = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n')
			narrow[used++] = '\r';
		narrow[used++] = text[i];
	}
	for (UINTN i = 0; i < used; i++)
		wide[i] = (CHAR16)(uint8_t)narrow[i];
	wide[used] = 0;
	if (firmware.table->ConOut)
		firmware.table->ConOut->OutputString(firmware.table->ConOut, wide);
	if (serial)
		serial->Write(serial, &used, narrow);
}

void efi_console_write(const char *text, size_t size)
{
	for (size_t done = 0; done < size; done += PIECE_SIZE)
		console_write_piece(text + done, size - done < PIECE_SIZE ? size - done : PIECE_SIZE);
}
