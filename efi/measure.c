/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/measure.h>

#include <string.h>

#define PCR_KERNEL_IMAGE  11
#define PCR_KERNEL_CONFIG 12
/* TCG PC Client Platform Firmware Profile, section 10.4.1: what an initial program loader measures. */
#define EVENT_IPL 13

/* TCG EFI Protocol specification, section 6.6: EFI_TCG2_EVENT, of which what stands behind the header is the log's. */
struct __attribute__((packed)) tcg2_event {
	uint32_t size;
	uint32_t header_size;
	uint16_t header_version;
	uint32_t pcr;
	uint32_t type;
	/* The section's name, in UTF-16. */
	uint16_t event[9];
};
_Static_assert(offsetof(struct tcg2_event, event) == 18, "TCG EFI Protocol specification, section 6.6");

/* Section 6.4: EFI_TCG2_BOOT_SERVICE_CAPABILITY. */
struct tcg2_capability {
	uint8_t size, structure_version[2], protocol_version[2];
	uint32_t hashes, event_logs;
	uint8_t tpm_present;
	uint16_t command_size, response_size;
	uint32_t manufacturer, banks, active_banks;
};
_Static_assert(sizeof(struct tcg2_capability) == 36, "TCG EFI Protocol specification, section 6.4");

/* Section 6.2: EFI_TCG2_PROTOCOL, as far as it is used. */
struct tcg2 {
	EFI_STATUS (EFIAPI *get_capability)(struct tcg2 *self, struct tcg2_capability *out);
	void *get_event_log;
	EFI_STATUS (EFIAPI *hash_log_extend_event)(struct tcg2 *self, uint64_t flags, EFI_PHYSICAL_ADDRESS bytes, uint64_t size,
						   struct tcg2_event *event);
};

static const EFI_GUID tcg2_guid = { 0x607f766c, 0x7455, 0x42be, { 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };

/* In the order in which the specification has them measured. */
static const char names[][9] = {
	".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey", ".profile",
};

static EFI_STATUS measure_bytes(struct tcg2 *tcg2, uint32_t pcr, const char *name, struct span bytes)
{
	struct tcg2_event event = {
		.header_size = offsetof(struct tcg2_event, event) - sizeof(event.size),
		.header_version = 1,
		.pcr = pcr,
		.type = EVENT_IPL,
	};
	uint64_t length = strlen(name) + 1;

	for (uint64_t i = 0; i < length; i++)
		event.event[i] = (uint16_t)name[i];
	event.size = (uint32_t)(offsetof(struct tcg2_event, event) + 2 * length);
	return tcg2->hash_log_extend_event(tcg2, 0, (uint64_t)bytes.at, bytes.size, &event);
}

/* Firmware has the protocol on machines without a TPM too. */
static struct tcg2 *find_tpm(void)
{
	struct tcg2_capability capability = { .size = sizeof(capability) };
	struct tcg2 *tcg2 = firmware_locate(&tcg2_guid);

	if (!tcg2 || EFI_ERROR(tcg2->get_capability(tcg2, &capability)) || !capability.tpm_present)
		return NULL;
	return tcg2;
}

/* A section's name, then its bytes; nothing of an empty one. */
static EFI_STATUS measure_section(struct tcg2 *tcg2, uint32_t pcr, const char *name, struct span bytes)
{
	EFI_STATUS status = EFI_SUCCESS;

	if (bytes.size != 0)
		status = measure_bytes(tcg2, pcr, name, span(name, strlen(name) + 1));
	if (bytes.size != 0 && !EFI_ERROR(status))
		status = measure_bytes(tcg2, pcr, name, bytes);
	return status;
}

static void warn(EFI_STATUS status)
{
	if (EFI_ERROR(status))
		console_printf("lull: warning not measured: the TPM refused, with status 0x%llx\n", (unsigned long long)status);
}

void measure_image(void)
{
	struct tcg2 *tcg2 = find_tpm();
	EFI_STATUS status = EFI_SUCCESS;

	for (unsigned i = 0; tcg2 && i < sizeof(names) / sizeof(names[0]) && !EFI_ERROR(status); i++)
		status = measure_section(tcg2, PCR_KERNEL_IMAGE, names[i], image_section(names[i]));
	warn(status);
}

void measure_addons(const struct addons *addons)
{
	struct tcg2 *tcg2 = find_tpm();
	EFI_STATUS status = EFI_SUCCESS;

	for (unsigned i = 0; tcg2 && i < addons->count * ADDON_SECTIONS && !EFI_ERROR(status); i++)
		status = measure_section(tcg2, PCR_KERNEL_CONFIG, addon_section_name(i % ADDON_SECTIONS),
					 addons->section[i / ADDON_SECTIONS][i % ADDON_SECTIONS]);
	warn(status);
}
