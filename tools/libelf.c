/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <shim/payload/elf_sections.h>
#include <tools/elf_programs.h>
#include <tools/libelf.h>

#define ELF32_HEADER 52

#define ADD_NOTES "Link it with the Xen notes that Linux has with CONFIG_XEN_PV=y or CONFIG_XEN_PVH=y"

/* Names that libelf knows in FEATURES (elf_xen_feature_names); behind '!' any other is refused. */
static const char *const features[] = {
	"writable_page_tables", "writable_descriptor_tables", "auto_translated_physmap", "supervisor_mode_kernel",
	"pae_pgdir_above_4gb", "hvm_callback_vector", "dom0",
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

static bool begins(struct span text, const char *word)
{
	return span_is(text, 0, word, strlen(word));
}

/*
 * Takes the notes of one block, in steps of 4 whatever its alignment.  A descriptor may reach past the block.  The name is read
 * as a string, up to its NUL; namesz only says where the descriptor is.
 */
static void walk(struct span file, uint64_t start, uint64_t size, struct xen_notes *out)
{
	struct elf_note note;
	struct span rest;

	if (!span_has(file, start, 0))
		return;
	span_cut(file, start, file.size - start, &rest);
	for (uint64_t at = 0, name; at < size && elf_has_note(rest, at);) {
		name = at + (uint64_t)(12);
		if (failed(elf_next_note(rest, 4, &at, &note)))
			return;
		if (!span_is(rest, name, "Xen", 4))
			continue;
		/* A number of a size that is none has the value 0. */
		(void)xen_note_take(note.type, note.descriptor, out);
	}
}

/* The look-up order: PT_NOTE, then SHT_NOTE, then the string of a PV guest.  False: there was nothing to look into. */
static bool find_notes(struct span file, bool pvh, struct libelf_kernel *out)
{
	const struct elf_image image = { .file = file, .is_64 = out->header.is_64 };
	bool looked = false;
	uint32_t sections = 0;
	struct span text;

	for (uint32_t i = 0; i < out->header.program_count; i++) {
		const struct elf_program program = elf_program_at(file, &out->header, i, out->header.program_bytes);

		if (program.type != ELF_PROGRAM_NOTE || program.offset == 0)
			continue;
		looked = true;
		walk(file, program.offset, program.file_size, &out->notes);
	}
	if (out->notes.count != 0)
		return true;
	if (failed(elf_section_count(&image, &sections)))
		return looked;
	for (uint32_t i = 1; i < sections; i++) {
		const struct elf_section section = elf_section_read(&image, i);

		if (section.type != ELF_SECTION_NOTE)
			continue;
		looked = true;
		walk(file, section.offset, section.size, &out->notes);
	}
	if (out->notes.count != 0 || pvh || failed(elf_section_bytes(&image, "__xen_guest", &text)) || text.size == 0)
		return looked;
	xen_guest_string_read(text, &out->notes);
	return true;
}

/* False when FEATURES requires one that libelf does not know. */
static bool read_features(struct libelf_kernel *out)
{
	const struct span list = xen_note_text(&out->notes, XEN_NOTE_FEATURES);
	struct span word;

	for (uint64_t at = 0, end; at < list.size; at = end + 1) {
		bool known = false;

		for (end = at; end < list.size && list.at[end] != '|'; end++)
			;
		if (list.at[at] != '!')
			continue;
		span_cut(list, at + 1, end - at - 1, &word);
		for (unsigned i = 0; i < FEATURES; i++)
			known = known || (begins(word, features[i]) && word.size == strlen(features[i]));
		if (!known)
			return false;
		if (begins(word, "dom0"))
			out->must_be_dom0 = true;
	}
	return true;
}

/* From the lowest byte to the end of the highest of what is loaded: all PT_LOADs that have a permission. */
static void find_extent(struct span file, struct libelf_kernel *out)
{
	out->start = UINT64_MAX;
	out->end = 0;
	for (uint32_t i = 0; i < out->header.program_count; i++) {
		const struct elf_program program = elf_program_at(file, &out->header, i, out->header.program_bytes);
		const uint64_t end = program.physical + program.memory_size;

		if (program.type != ELF_PROGRAM_LOAD || !(program.flags & ELF_PERMISSIONS))
			continue;
		if (program.physical < out->start)
			out->start = program.physical;
		if (end > out->end)
			out->end = end;
	}
}

bool libelf_begins(struct span file)
{
	const struct elf_header header = elf_header_read(file);
	const struct elf_image image = { .file = file, .is_64 = header.is_64 };
	uint32_t sections;

	return elf_is(file) && file.size >= ELF32_HEADER && header.byte_order == ELF_DATA_LITTLE &&
	       header.programs + (uint64_t)header.program_bytes * header.program_count <= file.size &&
	       elf_section_count(&image, &sections).code != ERROR_ELF_TRUNCATED;
}

/* elf_xen_note_check(), of a kernel without a PVH entry. */
static bool is_for_xen(const struct xen_notes *notes)
{
	return (begins(xen_note_text(notes, XEN_NOTE_LOADER), "generic") ||
		begins(xen_note_text(notes, XEN_NOTE_GUEST_OS), "linux")) &&
	       begins(xen_note_text(notes, XEN_NOTE_XEN_VERSION), "xen-3.0");
}

/* elf_xen_addr_calc_check(). */
static bool check_addresses(bool pvh, struct libelf_kernel *out, struct verdict *refusal)
{
	uint64_t offset, p2m;
	const bool has_base = xen_note_address(&out->notes, XEN_NOTE_VIRT_BASE, &out->base);
	const bool has_offset = xen_note_address(&out->notes, XEN_NOTE_PADDR_OFFSET, &offset);

	if (has_offset && !has_base) {
		*refusal = refuses("Add a VIRT_BASE note", "It has a PADDR_OFFSET note and none for VIRT_BASE");
		return false;
	}
	if (!has_base || pvh)
		out->base = 0;
	if (!has_offset || pvh)
		offset = out->notes.from_string && !pvh ? out->base : 0;
	out->start += out->base - offset;
	out->end += out->base - offset;
	if (pvh || !xen_note_address(&out->notes, XEN_NOTE_ENTRY, &out->entry))
		out->entry = pvh && out->has_pvh ? out->pvh_entry : out->header.entry;
	if (out->start > out->end || out->base > out->start) {
		*refusal = refuses("Correct VIRT_BASE, PADDR_OFFSET and the segments' p_paddr",
				   "Its segments lie below VIRT_BASE, or wrap: 0x%llx to 0x%llx",
				   (unsigned long long)out->start, (unsigned long long)out->end);
		return false;
	}
	if (out->entry < out->start || out->entry > out->end) {
		*refusal = refuses("Link the entry into a PT_LOAD",
				   "It is entered at 0x%llx, outside of what is loaded, 0x%llx to 0x%llx",
				   (unsigned long long)out->entry, (unsigned long long)out->start,
				   (unsigned long long)out->end);
		return false;
	}
	if (xen_note_address(&out->notes, XEN_NOTE_INIT_P2M, &p2m) && p2m >= out->start && p2m < out->end) {
		*refusal = refuses("Move INIT_P2M", "INIT_P2M lies inside the kernel");
		return false;
	}
	return true;
}

static bool check_notes(bool looked, bool pvh, struct libelf_kernel *out, struct verdict *refusal)
{
	const struct xen_note *entry = &out->notes.note[XEN_NOTE_PHYS32_ENTRY];

	out->pvh_entry = (uint32_t)entry->number;
	out->has_pvh = entry->present && out->pvh_entry != UINT32_MAX;
	if (!read_features(out))
		*refusal = refuses("Take the '!' out of FEATURES", "FEATURES requires one that Xen does not know: \"%.*s\"",
				   (int)(xen_note_text(&out->notes, XEN_NOTE_FEATURES).size & 0x7f),
				   (const char *)xen_note_text(&out->notes, XEN_NOTE_FEATURES).at);
	else if (!looked)
		*refusal = refuses(ADD_NOTES, "It has no ELF notes");
	else if (!(pvh && out->has_pvh) && !is_for_xen(&out->notes))
		*refusal = refuses(ADD_NOTES, out->notes.count == 0 ? "None of its ELF notes is named Xen" :
				   pvh ? "Its Xen notes have neither PHYS32_ENTRY nor a LOADER \"generic\" and XEN_VERSION "
					 "\"xen-3.0\"" :
				   "Its Xen notes have no LOADER \"generic\" or GUEST_OS \"linux\", or no XEN_VERSION "
				   "\"xen-3.0\"");
	else
		return true;
	return false;
}

bool libelf_read(struct span file, bool pvh, struct libelf_kernel *out, struct verdict *refusal)
{
	bool looked;

	*out = (struct libelf_kernel){ .header = elf_header_read(file) };
	if (!elf_is(file)) {
		*refusal = refuses("Give it an ELF or a bzImage of Linux", "It is no ELF file");
		return false;
	}
	if (!libelf_begins(file)) {
		*refusal = out->header.byte_order == ELF_DATA_LITTLE || file.size < ELF32_HEADER ?
			   refuses("Give it the whole file", "The file ends inside its headers") :
			   refuses("Build it for x86", "The ELF's byte order is not little endian");
		return false;
	}
	find_extent(file, out);
	looked = find_notes(file, pvh, out);
	return check_notes(looked, pvh, out, refusal) && check_addresses(pvh, out, refusal);
}
