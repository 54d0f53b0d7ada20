/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/elf_sections.h>

/* Where the fields are in Elf32_Ehdr and Elf32_Shdr, and in Elf64_Ehdr and Elf64_Shdr. */
struct section_layout {
	uint8_t word;
	/* Of the file's header: e_shoff; e_shentsize, which e_shnum and e_shstrndx follow. */
	uint8_t table, header_size;
	/* Of a section header, after sh_name and sh_type. */
	uint8_t size, address, offset, length, link, alignment;
};

static const struct section_layout layouts[] = {
	{ .word = 4, .table = 32, .header_size = 46,
	  .size = 40, .address = 12, .offset = 16, .length = 20, .link = 24, .alignment = 32 },
	{ .word = 8, .table = 40, .header_size = 58,
	  .size = 64, .address = ELF64_SECTION_ADDRESS, .offset = 24, .length = 32, .link = 40, .alignment = 48 },
};

static const struct section_layout *layout_of(const struct elf_image *image)
{
	return &layouts[image->is_64];
}

static struct error truncated(const struct elf_image *image, const char *subject, uint64_t offset, uint64_t size)
{
	uint64_t end;

	if (__builtin_add_overflow(offset, size, &end))
		end = UINT64_MAX;
	return error_make(ERROR_ELF_TRUNCATED, subject, end, image->file.size);
}

/* An address, offset or size of the file's class: a few for each header, of which there are many. */
static uint64_t word_at(struct span file, uint64_t offset, unsigned word)
{
	return word == 8 ? span_u64(file, offset) : span_u32(file, offset);
}

struct error elf_section_count(const struct elf_image *image, uint32_t *count)
{
	const struct section_layout *layout = layout_of(image);
	uint64_t table = word_at(image->file, layout->table, layout->word);
	uint16_t size = span_u16(image->file, layout->header_size);
	uint16_t sections = span_u16(image->file, layout->header_size + 2u);

	*count = 0;
	if (table == 0 || sections == 0)
		return error_none();
	if (size < layout->size)
		return error_make(ERROR_ELF_KIND, "section header size", layout->size, size);
	if (!span_has(image->file, table, (uint64_t)sections * size))
		return truncated(image, "section headers", table, (uint64_t)sections * size);
	*count = sections;
	return error_none();
}

static uint64_t header_offset(const struct elf_image *image, uint32_t index)
{
	const struct section_layout *layout = layout_of(image);

	return word_at(image->file, layout->table, layout->word) +
	       (uint64_t)index * span_u16(image->file, layout->header_size);
}

struct span elf_section_header(const struct elf_image *image, uint32_t index)
{
	struct span header;

	span_cut(image->file, header_offset(image, index), layout_of(image)->size, &header);
	return header;
}

struct elf_section elf_section_read(const struct elf_image *image, uint32_t index)
{
	const struct section_layout *layout = layout_of(image);
	struct span file = image->file;
	uint64_t header = header_offset(image, index);

	return (struct elf_section){
		.name = span_u32(file, header),
		.type = span_u32(file, header + 4),
		.flags = word_at(file, header + 8, layout->word),
		.address = word_at(file, header + layout->address, layout->word),
		.offset = word_at(file, header + layout->offset, layout->word),
		.size = word_at(file, header + layout->length, layout->word),
		.alignment = word_at(file, header + layout->alignment, layout->word),
		.link = span_u32(file, header + layout->link),
	};
}

static void reach(uint64_t *end, uint64_t offset, uint64_t size)
{
	if (offset + size > *end)
		*end = offset + size;
}

struct error elf_sections_end(const struct elf_image *image, uint64_t *end)
{
	uint32_t count;

	*end = 0;
	TRY(elf_section_count(image, &count));
	if (count != 0)
		reach(end, header_offset(image, count), 0);
	for (uint32_t i = 0; i < count; i++) {
		struct elf_section section = elf_section_read(image, i);

		if (section.type == ELF_SECTION_NO_BYTES)
			continue;
		if (!span_has(image->file, section.offset, section.size))
			return truncated(image, "section", section.offset, section.size);
		reach(end, section.offset, section.size);
	}
	/* elf_parse() has seen to it that these lie in the file. */
	for (uint32_t i = 0; i < image->segment_count; i++)
		reach(end, image->segment[i].offset, image->segment[i].file_size);
	return error_none();
}

/* Finds the bytes of a section, which one segment must load where its header says. */
static struct error find_bytes(const struct elf_image *image, const struct elf_section *section, const char *name,
			       struct span *bytes)
{
	*bytes = span(image->file.at, 0);
	if (section->type == ELF_SECTION_NO_BYTES || section->size == 0)
		return error_none();
	if (!span_has(image->file, section->offset, section->size))
		return truncated(image, name, section->offset, section->size);
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segment[i];
		uint64_t inside = section->offset - segment->offset;

		if (inside <= segment->file_size && section->size <= segment->file_size - inside &&
		    section->address - segment->address.v == inside) {
			*bytes = span(image->file.at + section->offset, section->size);
			return error_none();
		}
	}
	return error_make(ERROR_LINUX_SECTION_LOAD, name, 0, section->address);
}

/* The section headers' names. */
static struct error find_names(const struct elf_image *image, uint32_t count, struct span *names)
{
	uint16_t index = span_u16(image->file, layout_of(image)->header_size + 4u);
	struct elf_section section;

	*names = span(image->file.at, 0);
	if (index >= count)
		return error_none();
	section = elf_section_read(image, index);
	if (!span_cut(image->file, section.offset, section.size, names))
		return truncated(image, "section names", section.offset, section.size);
	return error_none();
}

struct error elf_section_bytes(const struct elf_image *image, const char *name, struct span *out)
{
	struct span names;
	uint32_t sections;

	*out = span(image->file.at, 0);
	TRY(elf_section_count(image, &sections));
	TRY(find_names(image, sections, &names));
	for (uint32_t i = 0; i < sections; i++) {
		struct elf_section section = elf_section_read(image, i);

		if (!span_is(names, section.name, name, __builtin_strlen(name) + 1))
			continue;
		if (section.type != ELF_SECTION_NO_BYTES && !span_cut(image->file, section.offset, section.size, out))
			return truncated(image, name, section.offset, section.size);
		return error_none();
	}
	return error_none();
}

struct error elf_sections_find(const struct elf_image *image, const char *const *name, uint32_t count,
			       struct elf_found *out)
{
	struct span names;
	uint32_t sections;

	for (uint32_t k = 0; k < count; k++)
		out[k] = (struct elf_found){ .bytes = span(image->file.at, 0) };
	TRY(elf_section_count(image, &sections));
	TRY(find_names(image, sections, &names));
	for (uint32_t i = 0; i < sections; i++) {
		struct elf_section section = elf_section_read(image, i);

		for (uint32_t k = 0; k < count; k++) {
			if (!span_is(names, section.name, name[k], __builtin_strlen(name[k]) + 1))
				continue;
			if (out[k].present) {
				out[k].bytes.size = 0;
				out[k].wrong = error_make(ERROR_LINUX_SECTION_TWICE, name[k], 1, i);
				continue;
			}
			out[k].present = true;
			out[k].address = va(section.address);
			out[k].wrong = find_bytes(image, &section, name[k], &out[k].bytes);
		}
	}
	return error_none();
}

uint32_t elf_sections_executed(const struct elf_image *image, uint32_t limit, struct elf_found *out)
{
	uint32_t sections, count = 0;

	if (failed(elf_section_count(image, &sections)))
		return 0;
	for (uint32_t i = 0; i < sections && count < limit; i++) {
		struct elf_section section = elf_section_read(image, i);

		out[count] = (struct elf_found){ .present = true, .address = va(section.address) };
		if ((section.flags & ELF_SECTION_EXECUTED) != ELF_SECTION_EXECUTED)
			continue;
		out[count].wrong = find_bytes(image, &section, NULL, &out[count].bytes);
		if (out[count].bytes.size != 0)
			count++;
	}
	return count;
}
