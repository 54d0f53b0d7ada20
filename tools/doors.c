/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include <shim/payload/pe.h>
#include <tools/doors.h>
#include <tools/loaders.h>

static void door(struct report *report, const char *name, const char *used_by)
{
	report_row(report);
	report_text(report, "door", name);
	report_text(report, "by", used_by);
	report_row_end(report);
}

/* Whether GRUB finds that header, and can load the file by it: an ELF file, or one whose header has addresses. */
static bool starts_by_multiboot(struct span file, unsigned version)
{
	struct multiboot_kernel kernel;
	uint64_t offset;

	if (elf_is(file))
		return version == 1 ? multiboot1_find(file, MULTIBOOT1_END, &offset) : multiboot2_find(file, MULTIBOOT2_END, &offset);
	return !failed(multiboot_parse(file, version, &kernel)) && kernel.is_flat;
}

/* Whether Xen's toolstack starts it so: what lull takes, and a 32-bit kernel, which lull cannot take. */
static bool starts_as_pv(const struct subject *subject)
{
	struct xen_pv_kernel kernel;
	struct error error;

	if (!subject->has_elf)
		return false;
	error = xen_pv_kernel_read(&subject->elf, &subject->notes, &kernel);
	if (error.code == ERROR_ELF_PV_32)
		return xen_pv_is_meant(&subject->notes);
	return !failed(error) && !kernel.must_be_dom0;
}

static bool starts_as_pvh(const struct subject *subject)
{
	uint64_t entry;

	return subject->has_elf && !failed(payload_pvh_entry(&subject->elf, &subject->notes, &entry));
}

static void notes_doors(struct report *report, const struct subject *subject)
{
	const char *compression = compression_name(subject->compression);
	const bool packed = subject->kind == SUBJECT_BZIMAGE;
	char text[80];

	if (starts_as_pvh(subject)) {
		snprintf(text, sizeof(text), "xl type=\"pvh\" (Xen's toolstack unpacks %s)", compression);
		door(report, "pvh", packed ? text : "xl type=\"pvh\", QEMU -kernel");
	}
	if (starts_as_pv(subject)) {
		snprintf(text, sizeof(text), "xl type=\"pv\" (Xen's toolstack unpacks %s)", compression);
		door(report, "xen-pv", packed ? text : "xl type=\"pv\"");
	}
}

/* Firmware of either width; a container without a stub has no entry point. */
static bool starts_from_efi(struct span file)
{
	return pe_header_read(file).entry != 0 && (uefi_verdict(file, PE_MACHINE_AMD64).answer == ANSWER_TAKES ||
						   uefi_verdict(file, PE_MACHINE_I386).answer == ANSWER_TAKES);
}

/* What is packed is judged by what it unpacks to, as the shim does it. */
struct error doors_lull(const struct subject *subject)
{
	const bool is_packed = subject->kind == SUBJECT_COMPRESSED || subject->kind == SUBJECT_STORED;
	struct payload_source source = { .module_count = 1, .module = { { subject->file, 0 } } };
	struct payload payload;

	if (is_packed && !elf_is(subject_inner(subject)))
		return error_make(ERROR_PAYLOAD_COMPRESSED, compression_name(subject->compression), 0, 0);
	if (is_packed)
		source.module[0].bytes = subject_inner(subject);
	return payload_find_any(source, &payload);
}

void doors_report(struct report *report, const struct subject *subject)
{
	const struct span file = subject->file;
	const bool is_shim = subject->kind == SUBJECT_SHIM || subject->kind == SUBJECT_PACKED;

	report_list(report, "starts_by");
	notes_doors(report, subject);
	if (starts_by_multiboot(file, 2))
		door(report, "multiboot2", "GRUB multiboot2");
	if (starts_by_multiboot(file, 1))
		door(report, "multiboot", "GRUB multiboot");
	if (is_shim ? linux_is(file) : subject->kind == SUBJECT_BZIMAGE && !failed(subject->error))
		door(report, "linux", "GRUB linux, QEMU -kernel");
	if (!failed(subject->error) && starts_from_efi(file))
		door(report, "efi", "UEFI firmware");
	if (!is_shim && !failed(doors_lull(subject)))
		door(report, "lull", "lull.elf, as its module");
	report_list_end(report);
}
