/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app.h"
#include "clock.h"

#define PORT 0xe9

static EFI_IMAGE_LOAD load;
static EFI_TEXT_OUTPUT_STRING output;

static void write_byte(uint8_t byte)
{
	__asm__ volatile("outb %0, %1" : : "a"(byte), "Nd"((uint16_t)PORT));
}

void clock_mark(char letter)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	write_byte((uint8_t)letter);
	for (int shift = 0; shift < 32; shift += 8)
		write_byte((uint8_t)(low >> shift));
	for (int shift = 0; shift < 32; shift += 8)
		write_byte((uint8_t)(high >> shift));
}

static EFI_STATUS EFIAPI load_image(BOOLEAN boot_policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path, VOID *bytes, UINTN size,
				    EFI_HANDLE *out)
{
	EFI_STATUS status;

	clock_mark('L');
	status = load(boot_policy, parent, path, bytes, size, out);
	clock_mark('l');
	return status;
}

static EFI_STATUS EFIAPI output_string(SIMPLE_TEXT_OUTPUT_INTERFACE *self, CHAR16 *text)
{
	EFI_STATUS status;

	clock_mark('T');
	status = output(self, text);
	clock_mark('t');
	return status;
}

void clock_begin(void)
{
	load = app_table->BootServices->LoadImage;
	output = app_table->ConOut->OutputString;
	app_table->BootServices->LoadImage = load_image;
	app_table->ConOut->OutputString = output_string;
	clock_mark('S');
}

void clock_end(void)
{
	app_table->BootServices->LoadImage = load;
	app_table->ConOut->OutputString = output;
}
