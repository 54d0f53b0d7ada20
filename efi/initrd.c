/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <efi/firmware.h>
#include <efi/initrd.h>
#include <shim/payload/initrds.h>

#include <string.h>

/* UEFI 2.10, section 13.2: as EFI_LOAD_FILE_PROTOCOL. */
struct load_file2 {
	EFI_STATUS (EFIAPI *load_file)(struct load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size,
				       void *buffer);
};

static const EFI_GUID load_file2_guid = { 0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d } };
static const EFI_GUID device_path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static struct __attribute__((packed)) {
	uint8_t type, subtype;
	uint16_t length;
	EFI_GUID vendor;
	uint8_t end_type, end_subtype;
	uint16_t end_length;
} path = {
	MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP, 20,
	/* LINUX_EFI_INITRD_MEDIA_GUID */
	{ 0x5568e427, 0x68fc, 0x4f3d, { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } },
	END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, 4,
};
_Static_assert(sizeof(path) == 24, "UEFI 2.10, section 10.3.5.3");

static struct {
	const uint8_t *bytes;
	uint64_t size;
	/* The same, where it was put together; NULL for one part, which lies where it is. */
	uint8_t *joined;
	EFI_HANDLE handle;
	struct load_file2 interface;
	/* Of an earlier stage, or NULL. */
	struct load_file2 *earlier;
} initrd;

static EFI_STATUS EFIAPI initrd_load_file(struct load_file2 *self, EFI_DEVICE_PATH *file, BOOLEAN boot_policy, UINTN *size,
					  void *buffer)
{
	if (!self || !size || !file)
		return EFI_INVALID_PARAMETER;
	if (boot_policy)
		return EFI_UNSUPPORTED;
	if (!buffer || *size < initrd.size) {
		*size = initrd.size;
		return EFI_BUFFER_TOO_SMALL;
	}
	memcpy(buffer, initrd.bytes, initrd.size);
	*size = initrd.size;
	return EFI_SUCCESS;
}

/* Finds the initrd of an earlier stage, and how large it is; no error when there is none. */
static struct error find_earlier(uint64_t *size)
{
	EFI_DEVICE_PATH *rest = (EFI_DEVICE_PATH *)&path;
	UINTN found = 0;
	EFI_STATUS status = firmware.services->LocateDevicePath((EFI_GUID *)&load_file2_guid, &rest, &initrd.handle);

	*size = 0;
	initrd.earlier = NULL;
	/* A handle whose path is only the beginning of ours leaves a rest of it. */
	if (EFI_ERROR(status) || rest->Type != END_DEVICE_PATH_TYPE) {
		initrd.handle = NULL;
		return error_none();
	}
	initrd.earlier = firmware_protocol(initrd.handle, &load_file2_guid);
	if (!initrd.earlier)
		return firmware_status("the initrd of an earlier boot stage", EFI_NOT_FOUND);
	status = initrd.earlier->load_file(initrd.earlier, rest, FALSE, &found, NULL);
	*size = found;
	/* An earlier stage may have an empty one, or say that there is none. */
	return status == EFI_BUFFER_TOO_SMALL || status == EFI_NOT_FOUND || status == EFI_SUCCESS ? error_none() :
	       firmware_status("the initrd of an earlier boot stage", status);
}

static struct error read_earlier(uint8_t *to, uint64_t size)
{
	UINTN found = size;

	if (size == 0)
		return error_none();
	return firmware_status("the initrd of an earlier boot stage",
			       initrd.earlier->load_file(initrd.earlier, (EFI_DEVICE_PATH *)&path.end_type, FALSE, &found, to));
}

/* Makes room for `size` bytes behind those that are there, and says where; between the two are zeros. */
static uint8_t *append(uint64_t size)
{
	uint64_t before = initrd.size;

	initrd.size = initrd_end(before, size);
	if (size == 0)
		return NULL;
	memset(initrd.joined + before, 0, initrd.size - size - before);
	return initrd.joined + initrd.size - size;
}

static struct error join(const struct span *part, unsigned count, uint64_t earlier)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < count; i++)
		size = initrd_end(size, part[i].size);
	TRY(firmware_allocate(initrd_end(size, earlier), (void **)&initrd.joined));
	initrd.bytes = initrd.joined;
	initrd.size = 0;
	for (unsigned i = 0; i < count; i++) {
		uint8_t *to = append(part[i].size);

		if (to)
			memcpy(to, part[i].at, part[i].size);
	}
	return read_earlier(append(earlier), earlier);
}

static struct error install(void)
{
	EFI_BOOT_SERVICES *services = firmware.services;

	initrd.interface.load_file = initrd_load_file;
	if (initrd.earlier)
		return firmware_status("ReinstallProtocolInterface()",
				       services->ReinstallProtocolInterface(initrd.handle, (EFI_GUID *)&load_file2_guid,
									    initrd.earlier, &initrd.interface));
	return firmware_status("InstallMultipleProtocolInterfaces()",
			       services->InstallMultipleProtocolInterfaces(&initrd.handle, &device_path_guid, &path,
									   &load_file2_guid, &initrd.interface, NULL));
}

struct error initrd_publish(const struct span *part, unsigned count)
{
	unsigned parts = 0;
	uint64_t earlier;

	for (unsigned i = 0; i < count; i++) {
		if (part[i].size == 0)
			continue;
		parts++;
		initrd.bytes = part[i].at;
		initrd.size = part[i].size;
	}
	if (parts == 0)
		return error_none();
	TRY(find_earlier(&earlier));
	/* One alone stays in the section where it is: copying it would take longer than all else. */
	if (parts > 1 || earlier != 0)
		TRY(join(part, count, earlier));
	return install();
}

void initrd_withdraw(void)
{
	EFI_BOOT_SERVICES *services = firmware.services;

	if (!initrd.interface.load_file)
		return;
	initrd.interface.load_file = NULL;
	if (initrd.earlier)
		services->ReinstallProtocolInterface(initrd.handle, (EFI_GUID *)&load_file2_guid, &initrd.interface, initrd.earlier);
	else
		services->UninstallMultipleProtocolInterfaces(initrd.handle, &device_path_guid, &path, &load_file2_guid,
							      &initrd.interface, NULL);
	if (initrd.joined)
		firmware_release(initrd.joined, initrd.size);
}
