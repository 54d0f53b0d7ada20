/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A "Linux" with an EFI stub, for lull.efi to start: says what it was given, and goes back to it with a status, unless it is told to stay.  The link script
 * gives it a setup header.
 */
#include "app.h"

static uint64_t sum(const uint8_t *bytes, UINTN size)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (UINTN i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static void look_at_initrd(void)
{
	EFI_DEVICE_PATH *rest = (EFI_DEVICE_PATH *)(uintptr_t)&initrd_path;
	EFI_BOOT_SERVICES *services = app_table->BootServices;
	struct load_file2 *interface;
	EFI_HANDLE handle;
	void *bytes;
	UINTN size = 0;

	if (services->LocateDevicePath((EFI_GUID *)(uintptr_t)&load_file2_guid, &rest, &handle) ||
	    services->HandleProtocol(handle, (EFI_GUID *)(uintptr_t)&load_file2_guid, (void **)&interface)) {
		say("kernel: no initrd\n");
		return;
	}
	say_number("kernel: initrd policy=", interface->load_file(interface, rest, TRUE, &size, NULL));
	say_number(" small=", interface->load_file(interface, rest, FALSE, &size, NULL));
	say_number(" size=", size);
	if (!services->AllocatePool(EfiLoaderData, size, &bytes)) {
		say_number(" status=", interface->load_file(interface, rest, FALSE, &size, bytes));
		say_number(" sum=", sum(bytes, size));
	}
	say("\n");
}

static const CHAR16 stay[] = L"stay";

static bool is_stay(const CHAR16 *options)
{
	unsigned same = 0;

	while (same < sizeof(stay) / 2 && options[same] == stay[same])
		same++;
	return same == sizeof(stay) / 2;
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);
EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_LOADED_IMAGE *loaded;
	uint64_t flags;

	app_table = table;
	table->BootServices->HandleProtocol(image, (EFI_GUID *)(uintptr_t)&loaded_image_guid, (void **)&loaded);
	/* With this line it stays, and says nothing: what lull left on the screen is looked at. */
	while (loaded->LoadOptionsSize == sizeof(stay) && is_stay(loaded->LoadOptions))
		table->BootServices->Stall(100000);
	say_wide("kernel: options ", loaded->LoadOptions, loaded->LoadOptionsSize);
	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	say_number(" interrupts=", flags >> 9 & 1);
	say("\n");
	look_at_initrd();
	return EFI_ABORTED;
}
