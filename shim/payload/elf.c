/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System V gABI, chapters 4 "ELF Header" and 5 "Program Header"; machine numbers of the i386/amd64 psABI. */
#include <shim/payload/elf_sections.h>

/* e_ident, and the fields that both classes have at the same place. */
enum {
	IDENT_CLASS = 4,
	IDENT_DATA = 5,
	IDENT_SIZE = 16,
	HEADER_TYPE = 16,
	HEADER_MACHINE = 18,
	HEADER_ENTRY = 24,

	CLASS_32 = 1,
	CLASS_64 = 2,
	DATA_LITTLE = 1,
	TYPE_OBJECT = 1,
	TYPE_EXECUTABLE = 2,
	TYPE_CORE = 4,
	MACHINE_386 = 3,
	MACHINE_X86_64 = 62,

	SEGMENT_TYPE = 0,
	SEGMENT_LOAD = 1,
	SEGMENT_NOTE = 4,
	/* PF_X, PF_W, PF_R. */
	SEGMENT_PERMISSIONS = 7,

	/* Elf32_Nhdr and Elf64_Nhdr are the same. */
	NOTE_NAME_SIZE = 0,
	NOTE_DESCRIPTOR_SIZE = 4,
	NOTE_TYPE = 8,
	NOTE_HEADER = 12,
};

/* Where the rest is, which differs by class. */
struct class_layout {
	uint8_t word;
	uint8_t header_size, segments_offset, segment_bytes;
	uint8_t segment_size, flags, offset, address, physical, file_size, memory_size, alignment;
};

static const struct class_layout layouts[] = {
	{	/* Elf32_Ehdr, Elf32_Phdr */
		.word = 4,
		.header_size = 52, .segments_offset = 28, .segment_bytes = 42,
		.segment_size = 32, .flags = 24, .offset = 4, .address = 8, .physical = 12, .file_size = 16,
		.memory_size = 20, .alignment = 28,
	},
	{	/* Elf64_Ehdr, Elf64_Phdr */
		.word = 8,
		.header_size = 64, .segments_offset = 32, .segment_bytes = 54,
		.segment_size = 56, .flags = 4, .offset = 8, .address = 16, .physical = 24, .file_size = 32,
		.memory_size = 40, .alignment = 48,
	},
};

bool elf_is(struct span file)
{
	return span_is(file, 0, "\x7f" "ELF", 4);
}

static const struct class_layout *layout_of(const struct elf_image *image)
{
	return &layouts[image->is_64];
}

static uint64_t add_or_most(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static struct error elf_need(struct span file, uint64_t offset, uint64_t size, const char *subject)
{
	if (span_has(file, offset, size))
		return error_none();
	return error_make(ERROR_ELF_TRUNCATED, subject, add_or_most(offset, size), file.size);
}

static struct error need_field(const char *subject, uint64_t expected, uint64_t found)
{
	return expected == found ? error_none() : error_make(ERROR_ELF_KIND, subject, expected, found);
}

static struct error read_header(struct span file, struct elf_image *out)
{
	const struct class_layout *layout;
	unsigned class, type, machine;

	TRY(elf_need(file, 0, IDENT_SIZE, "identification"));
	if (!elf_is(file))
		return error_make(ERROR_ELF_KIND, "magic", 0x464c457f, span_u32(file, 0));
	class = span_u8(file, IDENT_CLASS);
	if (class != CLASS_32 && class != CLASS_64)
		return error_make(ERROR_ELF_KIND, "class", CLASS_64, class);
	TRY(need_field("byte order", DATA_LITTLE, span_u8(file, IDENT_DATA)));
	out->is_64 = class == CLASS_64;
	layout = layout_of(out);
	TRY(elf_need(file, 0, layout->header_size, "header"));
	type = span_u16(file, HEADER_TYPE);
	if (type == TYPE_OBJECT || type == TYPE_CORE)
		return error_make(ERROR_ELF_KIND, "type", TYPE_EXECUTABLE, type);
	machine = span_u16(file, HEADER_MACHINE);
	out->is_x86_64 = machine == MACHINE_X86_64;
	if (machine != MACHINE_386)
		TRY(need_field("machine", MACHINE_X86_64, machine));
	out->entry = va(span_number(file, HEADER_ENTRY, layout->word));
	return error_none();
}

static struct error check_overlap(const struct elf_image *image, struct range memory)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		struct range other = image->segment[i].memory;

		if (range_overlaps(other, memory))
			return error_make(ERROR_ELF_SEGMENT_OVERLAP, NULL, 0,
					  other.start > memory.start ? other.start : memory.start);
	}
	return error_none();
}

static void widen(struct range *all, struct range more)
{
	if (range_empty(*all))
		*all = more;
	if (more.start < all->start)
		all->start = more.start;
	if (more.end > all->end)
		all->end = more.end;
}

static struct error read_load(struct elf_image *image, uint64_t header)
{
	const struct class_layout *layout = layout_of(image);
	struct span file = image->file;
	uint64_t size = span_number(file, header + layout->memory_size, layout->word);
	uint64_t physical = span_number(file, header + layout->physical, layout->word);
	struct elf_segment segment = {
		.offset = span_number(file, header + layout->offset, layout->word),
		.file_size = span_number(file, header + layout->file_size, layout->word),
		.address = va(span_number(file, header + layout->address, layout->word)),
		.flags = span_u32(file, header + layout->flags),
	};

	if (segment.file_size > size)
		return error_make(ERROR_ELF_SEGMENT_SIZE, NULL, size, segment.file_size);
	if (size == 0 || !(segment.flags & SEGMENT_PERMISSIONS))
		return error_none();
	if (!span_has(file, segment.offset, segment.file_size))
		return error_make(ERROR_ELF_SEGMENT_END, NULL, file.size,
				  add_or_most(segment.offset, segment.file_size));
	if (!range_make(physical, size, &segment.memory))
		return error_make(ERROR_ELF_SEGMENT_WRAP, NULL, size, physical);
	TRY(check_overlap(image, segment.memory));
	if (image->segment_count == ELF_MAX_SEGMENTS)
		return error_make(ERROR_ELF_SEGMENT_COUNT, "segments", ELF_MAX_SEGMENTS, ELF_MAX_SEGMENTS);
	image->segment[image->segment_count++] = segment;
	widen(&image->memory, segment.memory);
	return error_none();
}

/* Adds one PT_NOTE or SHT_NOTE to a list; one of no bytes adds nothing. */
static struct error add_notes(struct elf_notes *list, uint32_t *count, struct span bytes, uint64_t alignment)
{
	if (bytes.size == 0)
		return error_none();
	if (*count == ELF_MAX_NOTES)
		return error_make(ERROR_ELF_SEGMENT_COUNT, "notes", ELF_MAX_NOTES, ELF_MAX_NOTES);
	list[(*count)++] = (struct elf_notes){ bytes, alignment == 8 ? 8 : 4 };
	return error_none();
}

static struct error read_note(struct elf_image *image, uint64_t header)
{
	const struct class_layout *layout = layout_of(image);
	uint64_t offset = span_number(image->file, header + layout->offset, layout->word);
	uint64_t size = span_number(image->file, header + layout->file_size, layout->word);
	struct span bytes;

	if (offset == 0)
		return error_none();
	if (!span_cut(image->file, offset, size, &bytes))
		return error_make(ERROR_ELF_SEGMENT_END, NULL, image->file.size, add_or_most(offset, size));
	return add_notes(image->note, &image->note_count, bytes,
			 span_number(image->file, header + layout->alignment, layout->word));
}

static struct error read_segment(struct elf_image *image, uint64_t header)
{
	switch (span_u32(image->file, header + SEGMENT_TYPE)) {
	case SEGMENT_LOAD:
		return read_load(image, header);
	case SEGMENT_NOTE:
		return read_note(image, header);
	default:
		return error_none();
	}
}

struct error elf_parse(struct span file, struct elf_image *out)
{
	const struct class_layout *layout;
	uint64_t table, bytes, count;

	*out = (struct elf_image){ .file = file };
	TRY(read_header(file, out));
	layout = layout_of(out);
	table = span_number(file, layout->segments_offset, layout->word);
	bytes = span_u16(file, layout->segment_bytes);
	count = span_u16(file, layout->segment_bytes + 2u);
	if (count != 0 && bytes < layout->segment_size)
		return error_make(ERROR_ELF_KIND, "program header size", layout->segment_size, bytes);
	TRY(elf_need(file, table, count * bytes, "program headers"));
	for (uint64_t i = 0; i < count; i++)
		TRY(read_segment(out, table + i * bytes));
	if (out->segment_count == 0)
		return error_make(ERROR_ELF_NO_SEGMENT, NULL, 1, 0);
	return error_none();
}

struct error elf_section_notes(const struct elf_image *image, struct elf_notes *out, uint32_t *count)
{
	uint32_t sections;
	struct span notes;

	*count = 0;
	TRY(elf_section_count(image, &sections));
	for (uint32_t i = 0; i < sections; i++) {
		struct elf_section section = elf_section_read(image, i);

		if (section.type != ELF_SECTION_NOTE)
			continue;
		TRY(elf_need(image->file, section.offset, section.size, "section of notes"));
		span_cut(image->file, section.offset, section.size, &notes);
		TRY(add_notes(out, count, notes, section.alignment));
	}
	return error_none();
}

bool elf_has_note(struct span bytes, uint64_t at)
{
	return span_has(bytes, at, NOTE_HEADER);
}

/* Nothing wraps: sums are of three 32-bit numbers and the size of something in memory. */
struct error elf_next_note(struct span bytes, uint32_t step, uint64_t *at, struct elf_note *out)
{
	uint64_t name_size = span_u32(bytes, *at + NOTE_NAME_SIZE);
	uint64_t size = span_u32(bytes, *at + NOTE_DESCRIPTOR_SIZE);
	uint64_t name = *at + NOTE_HEADER;
	uint64_t start = round_down(name + name_size + step - 1, step);

	out->type = span_u32(bytes, *at + NOTE_TYPE);
	if (!span_cut(bytes, start, size, &out->descriptor))
		return error_make(ERROR_ELF_NOTE, NULL, bytes.size, start + size);
	span_cut(bytes, name, name_size, &out->name);
	*at = round_down(start + size + step - 1, step);
	return error_none();
}

bool elf_bytes_at(const struct elf_image *image, uint64_t address, uint64_t size, struct span *out)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segment[i];
		uint64_t offset = address - segment->address.v;

		if (address >= segment->address.v && offset <= segment->file_size && size <= segment->file_size - offset)
			return span_cut(image->file, segment->offset + offset, size, out);
	}
	return false;
}

bool elf_covers(const struct elf_image *image, uint64_t address)
{
	for (uint32_t i = 0; i < image->segment_count; i++)
		if (image->segment[i].memory.start <= address && address < image->segment[i].memory.end)
			return true;
	return false;
}
