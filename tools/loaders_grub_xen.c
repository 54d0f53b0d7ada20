/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `linux` of GRUB as a Xen PV guest (x86_64-xen).  Its reader of notes steps by 4, asks only whether LOADER is "generic",
 * and reads numbers as wide as the class's addresses, whatever the note's size.
 */
#include <shim/payload/elf_sections.h>
#include <shim/payload/xen_notes.h>
#include <tools/elf_programs.h>
#include <tools/loaders.h>

/* What GRUB reads of a file to look at its ELF header, and its struct linux_i386_kernel_header. */
#define ELF_UNION        64
#define LINUX_HEADER     0x268
#define PAYLOAD_MAGIC    6

struct grub_notes {
	bool any;
	bool wrong_loader;
	bool narrow;
	uint64_t base;
	uint64_t entry;
	/* All ones when there is none. */
	uint64_t hypercall_page;
};

static void take_note(struct span rest, const struct elf_note *note, struct grub_notes *out)
{
	const uint64_t number = span_u64(rest, (uint64_t)(note->descriptor.at - rest.at));

	out->any = true;
	switch (note->type) {
	case XEN_NOTE_ENTRY:
		out->entry = number;
		out->narrow = out->narrow || note->descriptor.size < 8;
		break;
	case XEN_NOTE_VIRT_BASE:
		out->base = number;
		out->narrow = out->narrow || note->descriptor.size < 8;
		break;
	case XEN_NOTE_HYPERCALL_PAGE:
		out->hypercall_page = number;
		break;
	case XEN_NOTE_LOADER:
		if (!span_is(rest, (uint64_t)(note->descriptor.at - rest.at), "generic",
			     note->descriptor.size == 7 ? 7 : 8) || note->descriptor.size < 7)
			out->wrong_loader = true;
		break;
	default:
		break;
	}
}

/* False when the block is not all in the file. */
static bool read_notes(struct span file, uint64_t start, uint64_t size, struct grub_notes *out)
{
	struct elf_note note;
	struct span block;

	if (!span_cut(file, start, size, &block))
		return false;
	for (uint64_t at = 0; elf_has_note(block, at);) {
		const bool broken = failed(elf_next_note(block, 4, &at, &note));

		if (broken)
			return true;
		if (note.name.size >= 3 && span_is(note.name, 0, "Xen", note.name.size == 3 ? 3 : 4))
			take_note(block, &note, out);
	}
	return true;
}

/* SHT_NOTE, where no PT_NOTE has Xen's. */
static bool read_sections(struct span file, struct grub_notes *out)
{
	const struct elf_image image = { .file = file, .is_64 = true };
	uint32_t count;

	if (failed(elf_section_count(&image, &count)))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct elf_section section = elf_section_read(&image, i);

		if (section.type == ELF_SECTION_NOTE && !read_notes(file, section.offset, section.size, out))
			return false;
	}
	return true;
}

static struct verdict load_segments(struct span file, const struct elf_header *header)
{
	bool any = false;

	for (uint32_t i = 0; i < header->program_count; i++) {
		const struct elf_program program = elf_program_at(file, header, i, header->program_bytes);

		if (program.type != ELF_PROGRAM_LOAD)
			continue;
		any = true;
		if (program.file_size != 0 && !span_has(file, program.offset, program.file_size))
			return refuses("Give it the whole file", "The file ends inside a segment");
	}
	return any ? takes("xen-pv", 0) : refuses("Link it anew", "It has no segment to load");
}

static struct verdict boot_elf(struct span file)
{
	const struct elf_header header = elf_header_read(file);
	struct grub_notes notes = { .entry = header.entry, .hypercall_page = UINT64_MAX };
	struct verdict verdict;

	if (!header.is_64 || header.machine != ELF_MACHINE_X86_64)
		return refuses("Give it a 64-bit kernel", "It is no 64-bit x86 ELF, and this GRUB is a 64-bit guest");
	if (!elf_has_programs(file, &header, header.program_bytes))
		return refuses("Give it the whole file", "The file ends inside its program headers");
	for (uint32_t i = 0; i < header.program_count; i++) {
		const struct elf_program program = elf_program_at(file, &header, i, header.program_bytes);

		if (program.type == ELF_PROGRAM_NOTE && !read_notes(file, program.offset, program.file_size, &notes))
			return refuses("Give it the whole file", "The file ends inside a PT_NOTE");
	}
	if (!notes.any && !read_sections(file, &notes))
		return refuses("Give it the whole file", "The file ends inside its section headers or a section of notes");
	if (notes.wrong_loader)
		return refuses("Make LOADER \"generic\"", "Its LOADER note is not \"generic\"");
	if (!notes.any)
		return refuses("Build it with CONFIG_XEN_PV=y", "It has no Xen notes");
	if (notes.base & (PAGE_SIZE - 1))
		return refuses("Correct VIRT_BASE", "VIRT_BASE is not page aligned%s",
			       notes.narrow ? ", as GRUB reads it: eight bytes of a note of four" : "");
	verdict = load_segments(file, &header);
	if (verdict.answer != ANSWER_TAKES)
		return verdict;
	if (notes.hypercall_page < notes.base)
		return misreads("Correct the note", "HYPERCALL_PAGE lies below VIRT_BASE, and GRUB writes there");
	if (notes.narrow)
		return misreads("Make ENTRY and VIRT_BASE eight bytes wide", "ENTRY or VIRT_BASE has four bytes, of which GRUB reads "
				"eight");
	return takes("xen-pv", notes.entry);
}

static bool is_loadable_elf(struct span file)
{
	const struct elf_header header = elf_header_read(file);

	return file.size >= ELF_UNION && elf_is(file) && span_u8(file, 6) == 1 && header.version == 1 &&
	       header.byte_order == ELF_DATA_LITTLE && (span_u8(file, 4) == 1 || span_u8(file, 4) == 2);
}

struct verdict loader_grub_xen(const struct loader_file *in)
{
	const bool has_filter = in->compression == COMPRESSION_GZIP || in->compression == COMPRESSION_XZ ||
				in->compression == COMPRESSION_LZO;
	const struct boot_file *file = has_filter ? &in->content : &in->plain;
	const struct linux_header *setup = &file->setup;

	if (is_loadable_elf(file->bytes))
		return boot_elf(file->bytes);
	if (file->bytes.size < LINUX_HEADER)
		return refuses("Give it a PV kernel", "It is no ELF file, and too short for a bzImage");
	if (setup->boot_flag != 0xaa55 || !setup->has_magic || setup->protocol < 0x208)
		return refuses("Give it a PV kernel", "It is neither an ELF file nor a bzImage of protocol 2.08 or later");
	if (setup->payload_length < PAYLOAD_MAGIC || file->payload.size == 0)
		return refuses("Give it a PV kernel", "Its setup header names no compressed kernel in the file");
	if (file->compression != COMPRESSION_GZIP && file->compression != COMPRESSION_XZ &&
	    file->compression != COMPRESSION_LZO && !elf_is(file->payload))
		return refuses("Pack it with lull pack and start that, or give GRUB the vmlinux inside",
			       "Its kernel is compressed by %s, which GRUB before 2.14 does not unpack (\"not xen image\")",
			       compression_name(file->compression));
	if (file->vmlinux.size == 0)
		return misreads("Give it the whole file", "Its compressed kernel is damaged, and GRUB unpacks no more of it than it "
				"loads");
	if (!is_loadable_elf(file->vmlinux))
		return refuses("Give it a kernel of Linux", "Its compressed kernel is no ELF file");
	return boot_elf(file->vmlinux);
}
