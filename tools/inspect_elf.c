/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>

#include <tools/check_own.h>
#include <tools/inspect_elf.h>

/* Names of the bits of SUPPORTED_FEATURES, xen/include/public/features.h. */
static const char *const features[] = {
	"writable_page_tables", "writable_descriptor_tables", "auto_translated_physmap", "supervisor_mode_kernel",
	"pae_pgdir_above_4gb", "mmu_pt_update_preserve_ad", "highmem_assist", "gnttab_map_avail_bits",
	"hvm_callback_vector", "hvm_safe_pvclock", "hvm_pirqs", "dom0", "grant_map_identity",
	"memory_op_vnode_supported", "ARM_SMCCC_supported", "linux_rsdp_unrestricted", "not_direct_mapped",
	"direct_mapped",
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

/* "name|name|bit 20": the form that the FEATURES note has. */
static void feature_names(char *out, size_t size, uint64_t bits)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned bit = 0; bit < 64 && used < size; bit++) {
		const char *separator = used ? "|" : "";

		if (!(bits >> bit & 1))
			continue;
		if (bit < FEATURES)
			used += (size_t)snprintf(out + used, size - used, "%s%s", separator, features[bit]);
		else
			used += (size_t)snprintf(out + used, size - used, "%sbit %u", separator, bit);
	}
}

/* A note's one number, or its 32-bit words where it holds more. */
static void words(char *out, size_t size, const struct xen_note *note)
{
	const struct span bytes = note->bytes;
	size_t used = 0;

	out[0] = '\0';
	if (bytes.size == 4 || bytes.size == 8)
		used = (size_t)snprintf(out, size, "0x%llx", (unsigned long long)note->number);
	for (uint64_t offset = used ? bytes.size : 0; span_has(bytes, offset, 4) && used < size; offset += 4)
		used += (size_t)snprintf(out + used, size - used, "%s0x%x", used ? " " : "", span_u32(bytes, offset));
}

static void report_note(struct report *report, const struct xen_notes *notes, enum xen_note_type type)
{
	const struct xen_note *note = &notes->note[type];
	char text[512];

	report_row(report);
	report_text(report, "name", xen_note_name(type));
	if (xen_note_is_text(type)) {
		report_span(report, "value", xen_note_text(notes, type));
	} else {
		words(text, sizeof(text), note);
		report_text(report, "value", text);
	}
	if (type == XEN_NOTE_SUPPORTED_FEATURES) {
		feature_names(text, sizeof(text), note->number);
		report_text(report, "features", text);
	}
	report_row_end(report);
}

static void report_segments(struct report *report, const struct elf_image *elf)
{
	report_list(report, "segments");
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segment[i];
		const char flags[] = { segment->flags & PF_R ? 'r' : '-', segment->flags & PF_W ? 'w' : '-',
				       segment->flags & PF_X ? 'x' : '-', '\0' };

		report_row(report);
		report_text(report, "flags", flags);
		report_address(report, "physical", segment->memory.start);
		report_address(report, "virtual", segment->address.v);
		report_number(report, "file", segment->file_size);
		report_number(report, "memory", range_size(segment->memory));
		report_row_end(report);
	}
	report_list_end(report);
}

static void report_section(struct report *report, Elf *elf, Elf_Scn *section, size_t names)
{
	GElf_Shdr header;
	const char *name;

	if (!gelf_getshdr(section, &header))
		return;
	name = elf_strptr(elf, names, header.sh_name);
	report_row(report);
	report_text(report, "name", name ? name : "");
	report_address(report, "address", header.sh_addr);
	report_number(report, "size", header.sh_size);
	report_row_end(report);
}

/* A kernel has some fifty sections: people get their number, machines the list. */
static void report_sections(struct report *report, struct span file)
{
	Elf *elf = NULL;
	Elf_Scn *section = NULL;
	size_t names = 0, count = 0;

	if (elf_version(EV_CURRENT) != EV_NONE)
		elf = elf_memory((char *)(uintptr_t)file.at, file.size);
	if (elf && elf_getshdrnum(elf, &count) == 0 && !report->as_json)
		report_number(report, "sections", count);
	if (report->as_json) {
		report_list(report, "sections");
		if (elf && elf_getshdrstrndx(elf, &names) == 0)
			while ((section = elf_nextscn(elf, section)))
				report_section(report, elf, section, names);
		report_list_end(report);
	}
	elf_end(elf);
}

/* What is wrong with the notes, inspect.c says: the shim refuses the kernel. */
static void report_lull_notes(struct report *report, const struct elf_image *elf)
{
	struct lull_notes notes;

	report_list(report, "lull_notes");
	if (!failed(lull_notes_find(elf, &notes)))
		for (unsigned type = LULL_NOTE_SITES; type <= LULL_NOTE_RECEIPT; type++) {
			if (!notes.part[type].present)
				continue;
			report_row(report);
			report_text(report, "name", lull_note_name(type));
			report_address(report, "address", notes.part[type].address);
			report_number(report, "size", notes.part[type].bytes.size);
			report_row_end(report);
		}
	report_list_end(report);
}

void inspect_elf(struct report *report, const char *key, const struct subject *subject)
{
	const struct xen_notes *notes = &subject->notes;

	report_open(report, key);
	report_number(report, "bits", subject->elf.is_64 ? 64 : 32);
	report_address(report, "entry", subject->elf.entry.v);
	if (notes->note[XEN_NOTE_PHYS32_ENTRY].present)
		report_address(report, "pvh_entry", notes->note[XEN_NOTE_PHYS32_ENTRY].number);
	if (notes->note[XEN_NOTE_ENTRY].present)
		report_address(report, "pv_entry", notes->note[XEN_NOTE_ENTRY].number);
	report_address(report, "memory_start", subject->elf.memory.start);
	report_address(report, "memory_end", subject->elf.memory.end);
	report_segments(report, &subject->elf);
	report_sections(report, subject->elf.file);
	report_list(report, "xen_notes");
	for (unsigned type = 0; type < XEN_NOTE_TYPES; type++)
		if (notes->note[type].present)
			report_note(report, notes, (enum xen_note_type)type);
	report_list_end(report);
	/* The shim has none, and what is packed into it is looked at by itself. */
	if (subject->kind != SUBJECT_SHIM && subject->kind != SUBJECT_PACKED)
		check_own_notes(report, &subject->elf);
	report_lull_notes(report, &subject->elf);
	report_close(report);
}
