/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V ABI (gABI), "ELF Header", "Sections", "Program Header"; the numbers are those of <elf.h>. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <core/addr.h>
#include <shim/payload/elf.h>
#include <tools/embed.h>
#include <tools/message.h>

/* The largest alignment that the segment may ask for.  No linker asks for more; up to as many zeros come before the image. */
#define MAX_ALIGNMENT (2 * MIB)

/* Where the section and the segment that hold the image have their headers in the file, and what those say. */
struct place {
	uint64_t section_at;
	Elf64_Shdr section;
	uint64_t segment_at;
	Elf64_Phdr segment;
};

/* Copies a header out of the file; false when it is not all there. */
static bool read_at(struct span file, uint64_t offset, void *out, uint64_t size)
{
	if (!span_has(file, offset, size))
		return false;
	memcpy(out, file.at + offset, size);
	return true;
}

/* The offset of one header of a table; when that wraps, an offset that lies in no file. */
static uint64_t table_entry(uint64_t table, uint64_t index, uint64_t size)
{
	return table > UINT64_MAX - index * size ? UINT64_MAX : table + index * size;
}

static bool is_alignment(uint64_t value) { return value <= MAX_ALIGNMENT && (value & (value - 1)) == 0; }

static bool has_name(struct span names, uint64_t offset)
{
	return span_is(names, offset, EMBED_SECTION, sizeof(EMBED_SECTION));
}

/* Finds the section .payload. */
static bool find_section(struct span file, const Elf64_Ehdr *head, struct place *place)
{
	Elf64_Shdr strings;
	struct span names;

	if (head->e_shentsize != sizeof(Elf64_Shdr) ||
	    !read_at(file, table_entry(head->e_shoff, head->e_shstrndx, sizeof(strings)), &strings, sizeof(strings)) ||
	    !span_cut(file, strings.sh_offset, strings.sh_size, &names))
		return false;
	for (unsigned i = 0; i < head->e_shnum; i++) {
		place->section_at = table_entry(head->e_shoff, i, sizeof(Elf64_Shdr));
		if (!read_at(file, place->section_at, &place->section, sizeof(place->section)))
			return false;
		if (has_name(names, place->section.sh_name))
			return place->section.sh_type == SHT_PROGBITS;
	}
	return false;
}

/* True when the section is one PT_LOAD's whole content, and no other PT_LOAD lies behind it. */
static bool find_segment(struct span file, const Elf64_Ehdr *head, struct place *place)
{
	const Elf64_Shdr *section = &place->section;
	bool found = false;

	if (head->e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (unsigned i = 0; i < head->e_phnum; i++) {
		const uint64_t at = table_entry(head->e_phoff, i, sizeof(Elf64_Phdr));
		Elf64_Phdr segment;

		if (!read_at(file, at, &segment, sizeof(segment)))
			return false;
		if (segment.p_type != PT_LOAD)
			continue;
		if (segment.p_paddr >= section->sh_addr && segment.p_paddr - section->sh_addr >= section->sh_size)
			return false;
		if (segment.p_offset != section->sh_offset || segment.p_filesz == 0)
			continue;
		place->segment = segment;
		place->segment_at = at;
		found = segment.p_vaddr == section->sh_addr && segment.p_filesz == section->sh_size &&
			segment.p_memsz == segment.p_filesz && is_alignment(segment.p_align);
	}
	return found;
}

/* Finds where the image is, or is to be. */
static bool find_place(struct span file, struct place *place, struct span *image)
{
	struct span content;
	Elf64_Ehdr head;

	*image = span(file.at, 0);
	return read_at(file, 0, &head, sizeof(head)) && elf_is(file) && head.e_ident[EI_CLASS] == ELFCLASS64 &&
	       find_section(file, &head, place) && find_segment(file, &head, place) &&
	       span_cut(file, place->section.sh_offset, place->section.sh_size, &content) &&
	       span_is(content, 0, EMBEDDED_MAGIC, EMBEDDED_MAGIC_SIZE) && content.size >= EMBED_HEADER_SIZE &&
	       span_cut(content, EMBED_HEADER_SIZE, span_u64(content, EMBEDDED_MAGIC_SIZE), image);
}

bool embed_find(struct span file, struct span *image)
{
	struct place place;

	return find_place(file, &place, image);
}

/*
 * Where the image's header will be: at the end of the file, as far into a page as its address is.  False when the image
 * would end above 4 GiB.
 */
static bool move_to_end(struct place *place, uint64_t file_size, uint64_t image_size, uint64_t *offset)
{
	const uint64_t size = EMBED_HEADER_SIZE + image_size;
	const uint64_t alignment = place->segment.p_align > PAGE_SIZE ? place->segment.p_align : PAGE_SIZE;

	/* Files have at most 4 GiB here, so that nothing wraps. */
	if (!round_up(file_size, alignment, offset) || place->segment.p_paddr > 4 * GIB ||
	    place->segment.p_paddr + size > 4 * GIB)
		return false;
	*offset += place->segment.p_vaddr & (alignment - 1);
	place->section.sh_size = size;
	place->section.sh_offset = *offset;
	place->segment.p_offset = *offset;
	place->segment.p_filesz = place->segment.p_memsz = size;
	return true;
}

/* The shim with the two headers that say where the image is, zeros up to there, and the image's own header. */
static bool write_shim(struct output *out, struct span file, const struct place *place, uint64_t offset,
		       uint64_t image_size)
{
	const uint64_t size = offset + EMBED_HEADER_SIZE;
	uint8_t *copy = calloc(1, size);
	bool done;

	if (!copy) {
		message("not enough memory for the image");
		return false;
	}
	memcpy(copy, file.at, file.size);
	memcpy(copy + place->segment_at, &place->segment, sizeof(place->segment));
	memcpy(copy + place->section_at, &place->section, sizeof(place->section));
	memcpy(copy + offset, EMBEDDED_MAGIC, EMBEDDED_MAGIC_SIZE);
	memcpy(copy + offset + EMBEDDED_MAGIC_SIZE, &image_size, sizeof(image_size));
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
	uint64_t offset;

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
	if (!move_to_end(&place, file.size, image.size, &offset)) {
		message("%s: the image would end above 4 GiB, out of every loader's reach", out->name);
		return false;
	}
	return write_shim(out, file, &place, offset, image.size) && output_write(out, image);
}
