/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V ABI (gABI), "ELF Header", "Sections", "Program Header"; the numbers are those of <elf.h>. */
#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <core/addr.h>
#include <shim/payload/elf.h>
#include <shim/payload/linux.h>
#include <tools/embed.h>
#include <tools/embed_bzimage.h>
#include <tools/message.h>

/* The largest alignment that the segment may ask for.  No linker asks for more; up to as many zeros come before the image. */
#define MAX_ALIGNMENT (2 * MIB)

/* Offsets in the headers of ELF files of one class, and the bytes of an address. */
struct elf_form {
	unsigned width;
	unsigned section_table, section_size, section_entry, section_count, names_index;
	unsigned segment_table, segment_size, segment_entry, segment_count;
	unsigned sh_addr, sh_offset, sh_size;
	unsigned p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

#define ELF_FORM(bits) { \
	.width = (bits) / 8, \
	.section_table = offsetof(Elf##bits##_Ehdr, e_shoff), .section_size = sizeof(Elf##bits##_Shdr), \
	.section_entry = offsetof(Elf##bits##_Ehdr, e_shentsize), .section_count = offsetof(Elf##bits##_Ehdr, e_shnum), \
	.names_index = offsetof(Elf##bits##_Ehdr, e_shstrndx), \
	.segment_table = offsetof(Elf##bits##_Ehdr, e_phoff), .segment_size = sizeof(Elf##bits##_Phdr), \
	.segment_entry = offsetof(Elf##bits##_Ehdr, e_phentsize), .segment_count = offsetof(Elf##bits##_Ehdr, e_phnum), \
	.sh_addr = offsetof(Elf##bits##_Shdr, sh_addr), .sh_offset = offsetof(Elf##bits##_Shdr, sh_offset), \
	.sh_size = offsetof(Elf##bits##_Shdr, sh_size), \
	.p_offset = offsetof(Elf##bits##_Phdr, p_offset), .p_vaddr = offsetof(Elf##bits##_Phdr, p_vaddr), \
	.p_paddr = offsetof(Elf##bits##_Phdr, p_paddr), .p_filesz = offsetof(Elf##bits##_Phdr, p_filesz), \
	.p_memsz = offsetof(Elf##bits##_Phdr, p_memsz), .p_align = offsetof(Elf##bits##_Phdr, p_align), \
}

static const struct elf_form form_32 = ELF_FORM(32), form_64 = ELF_FORM(64);

_Static_assert(offsetof(Elf32_Shdr, sh_name) == offsetof(Elf64_Shdr, sh_name) &&
	       offsetof(Elf32_Shdr, sh_type) == offsetof(Elf64_Shdr, sh_type) &&
	       offsetof(Elf32_Phdr, p_type) == offsetof(Elf64_Phdr, p_type), "these three lie alike, and have 4 bytes");

/* Where the headers of the section and the segment that hold the image are in the file, and what those say. */
struct place {
	const struct elf_form *form;
	uint64_t section_at, segment_at;
	/* Of both: where they are in the file, in memory, and how large. */
	uint64_t offset, address, size;
	uint64_t alignment;
};

static uint64_t field(struct span file, const struct elf_form *form, uint64_t at, unsigned offset)
{
	return span_number(file, at + offset, form->width);
}

/* The header of that index in a table; false when it is not all there. */
static bool table_entry(struct span file, uint64_t table, uint64_t index, uint64_t size, uint64_t *at)
{
	*at = table + index * size;
	return table <= file.size && span_has(file, *at, size);
}

static bool is_alignment(uint64_t value) { return value <= MAX_ALIGNMENT && (value & (value - 1)) == 0; }

/* Finds the section .payload. */
static bool find_section(struct span file, struct place *place)
{
	const struct elf_form *form = place->form;
	const uint64_t table = field(file, form, 0, form->section_table), count = span_u16(file, form->section_count);
	uint64_t strings;
	struct span names;

	if (span_u16(file, form->section_entry) != form->section_size ||
	    !table_entry(file, table, span_u16(file, form->names_index), form->section_size, &strings) ||
	    !span_cut(file, field(file, form, strings, form->sh_offset), field(file, form, strings, form->sh_size), &names))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at;

		if (!table_entry(file, table, i, form->section_size, &at))
			return false;
		if (!span_is(names, span_u32(file, at + offsetof(Elf64_Shdr, sh_name)), EMBED_SECTION, sizeof(EMBED_SECTION)))
			continue;
		place->section_at = at;
		place->address = field(file, form, at, form->sh_addr);
		place->offset = field(file, form, at, form->sh_offset);
		place->size = field(file, form, at, form->sh_size);
		return span_u32(file, at + offsetof(Elf64_Shdr, sh_type)) == SHT_PROGBITS;
	}
	return false;
}

/* True when the segment whose header is at `at` holds the section and nothing else. */
static bool is_sections(struct span file, const struct place *place, uint64_t at)
{
	const struct elf_form *form = place->form;

	return field(file, form, at, form->p_vaddr) == place->address && field(file, form, at, form->p_paddr) == place->address &&
	       field(file, form, at, form->p_filesz) == place->size && field(file, form, at, form->p_memsz) == place->size &&
	       is_alignment(field(file, form, at, form->p_align));
}

/* True when the section is one PT_LOAD's whole content, and no other PT_LOAD lies behind it. */
static bool find_segment(struct span file, struct place *place)
{
	const struct elf_form *form = place->form;
	const uint64_t table = field(file, form, 0, form->segment_table), count = span_u16(file, form->segment_count);
	bool found = false;

	if (span_u16(file, form->segment_entry) != form->segment_size)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at, address;

		if (!table_entry(file, table, i, form->segment_size, &at))
			return false;
		address = field(file, form, at, form->p_paddr);
		if (span_u32(file, at) != PT_LOAD)
			continue;
		if (address >= place->address && address - place->address >= place->size)
			return false;
		if (field(file, form, at, form->p_offset) != place->offset || field(file, form, at, form->p_filesz) == 0)
			continue;
		place->segment_at = at;
		place->alignment = field(file, form, at, form->p_align);
		found = is_sections(file, place, at);
	}
	return found;
}

/* Finds where the image is, or is to be. */
static bool find_place(struct span file, struct place *place, struct span *image)
{
	struct span content;

	*image = span(file.at, 0);
	place->form = span_u8(file, EI_CLASS) == ELFCLASS64 ? &form_64 : &form_32;
	return span_has(file, 0, sizeof(Elf64_Ehdr)) && elf_is(file) && find_section(file, place) &&
	       find_segment(file, place) && span_cut(file, place->offset, place->size, &content) &&
	       span_is(content, 0, EMBEDDED_MAGIC, EMBEDDED_MAGIC_SIZE) && content.size >= EMBED_HEADER_SIZE &&
	       span_cut(content, EMBED_HEADER_SIZE, span_u64(content, EMBEDDED_MAGIC_SIZE), image);
}

bool embed_find(struct span file, struct span *image)
{
	struct place place;

	return linux_is(file) ? embed_bzimage_find(file, image) : find_place(file, &place, image);
}

/*
 * Where the image's header will be: at the end of the file, as far into a page as its address is.  False when the image
 * would end above 4 GiB.
 */
static bool move_to_end(struct place *place, uint64_t file_size, uint64_t image_size)
{
	const uint64_t alignment = place->alignment > PAGE_SIZE ? place->alignment : PAGE_SIZE;

	place->size = EMBED_HEADER_SIZE + image_size;
	/* Files have at most 4 GiB here, so that nothing wraps. */
	if (!round_up(file_size, alignment, &place->offset) || place->address > 4 * GIB ||
	    place->address + place->size > 4 * GIB)
		return false;
	place->offset += place->address & (alignment - 1);
	return true;
}

static void put_field(uint8_t *copy, const struct elf_form *form, uint64_t at, unsigned offset, uint64_t value)
{
	memcpy(copy + at + offset, &value, form->width);
}

/* The shim with the two headers that say where the image is, zeros up to there, and the image's own header. */
static bool write_shim(struct output *out, struct span file, const struct place *place, uint64_t image_size)
{
	const struct elf_form *form = place->form;
	const uint64_t size = place->offset + EMBED_HEADER_SIZE;
	uint8_t *copy = calloc(1, size);
	bool done;

	if (!copy) {
		message("not enough memory for the image");
		return false;
	}
	memcpy(copy, file.at, file.size);
	put_field(copy, form, place->section_at, form->sh_offset, place->offset);
	put_field(copy, form, place->section_at, form->sh_size, place->size);
	put_field(copy, form, place->segment_at, form->p_offset, place->offset);
	put_field(copy, form, place->segment_at, form->p_filesz, place->size);
	put_field(copy, form, place->segment_at, form->p_memsz, place->size);
	memcpy(copy + place->offset, EMBEDDED_MAGIC, EMBEDDED_MAGIC_SIZE);
	memcpy(copy + place->offset + EMBEDDED_MAGIC_SIZE, &image_size, sizeof(image_size));
	done = output_write(out, span(copy, size));
	free(copy);
	return done;
}

bool embed_write(struct output *out, const char *name, struct span file, struct span image)
{
	struct elf_image elf;
	struct place place;
	struct span old;
	struct error error;

	if (linux_is(file))
		return embed_bzimage_write(out, name, file, image);
	if (!find_place(file, &place, &old)) {
		message("%s is no lull.elf: it does not end in a segment with one section %s", name, EMBED_SECTION);
		return false;
	}
	if (old.size != 0) {
		message("%s has an image in it already: give the lull.elf that make built", name);
		return false;
	}
	error = elf_parse(file, &elf);
	if (failed(error)) {
		message_framed(name, &error);
		return false;
	}
	if (!move_to_end(&place, file.size, image.size)) {
		message("%s: the image would end above 4 GiB, out of every loader's reach", out->name);
		return false;
	}
	return write_shim(out, file, &place, image.size) && output_write(out, image);
}
