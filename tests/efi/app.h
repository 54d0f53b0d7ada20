/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two EFI applications of these tests share: text on the console, and names of services. */
#ifndef LULL_TESTS_EFI_APP_H
#define LULL_TESTS_EFI_APP_H

#include <efi.h>
#include <stdbool.h>
#include <stdint.h>

extern EFI_SYSTEM_TABLE *app_table;

/* UEFI 2.10, section 13.2. */
struct load_file2 {
	EFI_STATUS (EFIAPI *load_file)(struct load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size,
				       void *buffer);
};

/* The device path on which Linux looks for its initrd (boot.rst). */
struct initrd_path {
	uint8_t type, subtype;
	uint16_t length;
	EFI_GUID vendor;
	uint8_t end_type, end_subtype;
	uint16_t end_length;
} __attribute__((packed));

extern const struct initrd_path initrd_path;
extern const EFI_GUID load_file2_guid, loaded_image_guid, device_path_guid;

void say(const char *text);
void say_number(const char *text, uint64_t number);
/* In quotes; what is no printable ASCII is escaped. */
void say_wide(const char *text, const uint16_t *wide, UINTN bytes);

#endif
