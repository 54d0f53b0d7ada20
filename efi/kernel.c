/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/boot_info.h>
#include <efi/firmware.h>
#include <efi/kernel.h>
#include <efi/load_options.h>
#include <efi/trust.h>
#include <shim/payload/pe.h>

static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;

static uint16_t options[BOOT_CMDLINE_SIZE];
static EFI_HANDLE kernel;

/* LoadImage() checks what it loads by firmware's own rules, unless Secure Boot has been satisfied by lull's own image. */
static EFI_STATUS load(struct span bytes)
{
	EFI_DEVICE_PATH *where = firmware_memory_path(bytes);
	bool secure = firmware_secure_boot();
	EFI_STATUS status;

	if (secure)
		trust_begin(bytes, where);
	status = firmware.services->LoadImage(FALSE, firmware.image, where, (void *)bytes.at, bytes.size, &kernel);
	if (secure)
		trust_end();
	return status;
}

struct error kernel_load(struct span bytes, struct span cmdline, uint64_t *entry)
{
	EFI_LOADED_IMAGE *image;
	uint64_t used;

	TRY(load_options_write(cmdline, options, BOOT_CMDLINE_SIZE, &used));
	TRY(firmware_status("LoadImage() of the kernel in .linux", load(bytes)));
	image = firmware_protocol(kernel, &loaded_image);
	if (!image)
		return firmware_status("the loaded image protocol of the kernel", EFI_UNSUPPORTED);
	image->LoadOptions = options;
	image->LoadOptionsSize = (uint32_t)(used * sizeof(options[0]));
	*entry = (uint64_t)image->ImageBase + pe_header_read(bytes).entry;
	return error_none();
}

struct error kernel_start(void)
{
	EFI_STATUS status = firmware.services->StartImage(kernel, NULL, NULL);

	firmware_status("the kernel", status);
	/* Firmware has unloaded an application that came back (UEFI 2.10, section 7.4.2). */
	kernel = NULL;
	return error_make(ERROR_EFI_RETURNED, NULL, 0, status);
}

void kernel_unload(void)
{
	if (kernel)
		firmware.services->UnloadImage(kernel);
	kernel = NULL;
}
