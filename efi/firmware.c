/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <efi/firmware.h>

#include <string.h>


struct firmware firmware;

/* EFI_GLOBAL_VARIABLE (UEFI 2.10, section 3.3). */
static const EFI_GUID global_variable = EFI_GLOBAL_VARIABLE;
/* shim's (MokManager), as Linux knows it: EFI_SHIM_LOCK_GUID. */
static const EFI_GUID shim_variable = { 0x605dab50, 0xe046, 0x4300, { 0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 } };
static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;

void firmware_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	firmware = (struct firmware){ image, table, table->BootServices, NULL, EFI_LOAD_ERROR };
}

struct error firmware_read_image(void)
{
	firmware.loaded = firmware_protocol(firmware.image, &loaded_image);
	return firmware.loaded ? error_none() : firmware_status("the loaded image protocol", EFI_UNSUPPORTED);
}

struct error firmware_status(const char *service, EFI_STATUS status)
{
	if (!EFI_ERROR(status))
		return error_none();
	firmware.status = status;
	return error_make(ERROR_EFI_SERVICE, service, 0, status);
}

void *firmware_protocol(EFI_HANDLE handle, const EFI_GUID *protocol)
{
	void *interface = NULL;
	EFI_STATUS status = firmware.services->HandleProtocol(handle, (EFI_GUID *)protocol, &interface);

	return EFI_ERROR(status) ? NULL : interface;
}

void *firmware_locate(const EFI_GUID *protocol)
{
	void *interface = NULL;
	EFI_STATUS status = firmware.services->LocateProtocol((EFI_GUID *)protocol, NULL, &interface);

	return EFI_ERROR(status) ? NULL : interface;
}

const void *firmware_config_table(const EFI_GUID *table)
{
	for (UINTN i = 0; i < firmware.table->NumberOfTableEntries; i++)
		if (memcmp(&firmware.table->ConfigurationTable[i].VendorGuid, table, sizeof(*table)) == 0)
			return firmware.table->ConfigurationTable[i].VendorTable;
	return NULL;
}

bool firmware_variable(const CHAR16 *name, void *out, UINTN *size)
{
	EFI_RUNTIME_SERVICES *services = firmware.table->RuntimeServices;

	return !EFI_ERROR(services->GetVariable((CHAR16 *)name, (EFI_GUID *)&global_variable, NULL, size, out));
}

/* A variable of one byte; false as well when there is none. */
static bool variable_is_set(const CHAR16 *name)
{
	uint8_t value = 0;
	UINTN size = sizeof(value);

	return firmware_variable(name, &value, &size) && size == 1 && value == 1;
}

bool firmware_secure_boot(void)
{
	return variable_is_set(L"SecureBoot") && !variable_is_set(L"SetupMode");
}

/* Linux, drivers/firmware/efi/libstub/secureboot.c: what an operating system could have written itself does not count. */
bool firmware_locks_down(void)
{
	uint8_t value = 0;
	UINTN size = sizeof(value);
	UINT32 attributes = 0;
	EFI_STATUS status = firmware.table->RuntimeServices->GetVariable((CHAR16 *)L"MokSBStateRT", (EFI_GUID *)&shim_variable,
									 &attributes, &size, &value);

	return firmware_secure_boot() && (EFI_ERROR(status) || (attributes & EFI_VARIABLE_NON_VOLATILE) || value != 1);
}

static UINTN pages_of(uint64_t size)
{
	return size / PAGE_SIZE + (size % PAGE_SIZE != 0);
}

struct error firmware_allocate(uint64_t size, void **out)
{
	EFI_PHYSICAL_ADDRESS address = 0;
	EFI_STATUS status = firmware.services->AllocatePages(AllocateAnyPages, EfiLoaderData, pages_of(size), &address);

	*out = (void *)address;
	return firmware_status("AllocatePages()", status);
}

void firmware_release(void *memory, uint64_t size)
{
	firmware.services->FreePages((EFI_PHYSICAL_ADDRESS)memory, pages_of(size));
}

/* Where a file is that lies in memory. */
static struct __attribute__((packed)) {
	uint8_t type, subtype;
	uint16_t length;
	uint32_t memory_type;
	uint64_t start, end;
	uint8_t end_type, end_subtype;
	uint16_t end_length;
} path = {
	.type = HARDWARE_DEVICE_PATH, .subtype = HW_MEMMAP_DP, .length = 24, .memory_type = EfiLoaderData,
	.end_type = END_DEVICE_PATH_TYPE, .end_subtype = END_ENTIRE_DEVICE_PATH_SUBTYPE, .end_length = 4,
};
_Static_assert(sizeof(path) == 28, "UEFI 2.10, section 10.3.2.3");

EFI_DEVICE_PATH *firmware_memory_path(struct span bytes)
{
	path.start = (uint64_t)bytes.at;
	path.end = path.start + bytes.size - 1;
	return (EFI_DEVICE_PATH *)&path;
}
