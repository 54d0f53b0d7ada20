/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firmware.c: the UEFI firmware that started lull.efi, and what is asked of it.
 */
#ifndef LULL_EFI_FIRMWARE_H
#define LULL_EFI_FIRMWARE_H

#include <efi.h>
#include <stdbool.h>
#include <stdint.h>

#include <core/addr.h>
#include <core/error.h>
#include <core/span.h>

/* The tables that firmware passed, and the image that it started. */
struct firmware {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *table;
	EFI_BOOT_SERVICES *services;
	EFI_LOADED_IMAGE *loaded;
	/* What firmware gets from us in the end: the last error of its own. */
	EFI_STATUS status;
};

extern struct firmware firmware;

/* Keeps what firmware passed to the entry. */
void firmware_start(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

/* Finds out what firmware says of this image.  Errors: EFI_SERVICE. */
struct error firmware_read_image(void);

/* An error that names a service, with the status that it returned; none when that is a success. */
struct error firmware_status(const char *service, EFI_STATUS status);

/* The interface of a protocol on a handle, or on whichever handle has it first; NULL when there is none. */
void *firmware_protocol(EFI_HANDLE handle, const EFI_GUID *protocol);
void *firmware_locate(const EFI_GUID *protocol);

/* A table that firmware has for operating systems; NULL when there is none. */
const void *firmware_config_table(const EFI_GUID *table);

/* Reads one of the variables that the UEFI specification has (section 3.3); false when there is none of at most `size` bytes. */
bool firmware_variable(const CHAR16 *name, void *out, UINTN *size);

/* True when firmware starts signed images only: SecureBoot is 1, and SetupMode is not. */
bool firmware_secure_boot(void);

/* The same, unless the machine's owner has told shim, the boot loader, to check nothing.  Then Linux is not locked down either. */
bool firmware_locks_down(void);

/* The path by which LoadImage() is told of a file in memory, until the next call. */
EFI_DEVICE_PATH *firmware_memory_path(struct span bytes);

/* Memory of whole pages that lives until lull gives it back or the next kernel takes over.  Errors: EFI_SERVICE. */
struct error firmware_allocate(uint64_t size, void **out);
void firmware_release(void *memory, uint64_t size);

#endif
