/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LoadImage() asks two protocols of the platform whether an image may be started (Platform Initialization specification
 * 1.8, volume 2, section 12.9).  Around the one call that loads the kernel, both answer for it; what they are asked
 * about any other image they pass on.
 */
#include <efi/firmware.h>
#include <efi/trust.h>

struct security2 {
	EFI_STATUS (EFIAPI *authenticate)(const struct security2 *self, const EFI_DEVICE_PATH *path, void *bytes, UINTN size,
					  BOOLEAN boot_policy);
};

struct security {
	EFI_STATUS (EFIAPI *authenticate)(const struct security *self, uint32_t status, const EFI_DEVICE_PATH *path);
};

static const EFI_GUID security2_guid = { 0x94ab2f58, 0x1438, 0x4ef1, { 0x91, 0x52, 0x18, 0x94, 0x1a, 0x3a, 0x0e, 0x68 } };
static const EFI_GUID security_guid = { 0xa46423e3, 0x4617, 0x49f1, { 0xb9, 0xff, 0xd1, 0xbf, 0xa9, 0x11, 0x58, 0x39 } };

static struct {
	struct span bytes;
	const EFI_DEVICE_PATH *path;
	struct security2 *security2, firmwares2;
	struct security *security, firmwares;
} trust;

static EFI_STATUS EFIAPI trust_bytes(const struct security2 *self, const EFI_DEVICE_PATH *path, void *bytes, UINTN size,
				     BOOLEAN boot_policy)
{
	if (bytes == trust.bytes.at && size == trust.bytes.size && path == trust.path)
		return EFI_SUCCESS;
	return trust.firmwares2.authenticate(self, path, bytes, size, boot_policy);
}

static EFI_STATUS EFIAPI trust_path(const struct security *self, uint32_t status, const EFI_DEVICE_PATH *path)
{
	if (path == trust.path)
		return EFI_SUCCESS;
	return trust.firmwares.authenticate(self, status, path);
}

void trust_begin(struct span bytes, const EFI_DEVICE_PATH *path)
{
	trust.bytes = bytes;
	trust.path = path;
	trust.security2 = firmware_locate(&security2_guid);
	trust.security = firmware_locate(&security_guid);
	if (trust.security2) {
		trust.firmwares2 = *trust.security2;
		trust.security2->authenticate = trust_bytes;
	}
	if (trust.security) {
		trust.firmwares = *trust.security;
		trust.security->authenticate = trust_path;
	}
}

void trust_end(void)
{
	if (trust.security2)
		*trust.security2 = trust.firmwares2;
	if (trust.security)
		*trust.security = trust.firmwares;
	trust.path = NULL;
}
