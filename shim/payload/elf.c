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
	HEADER_VERSION = 20,
	HEADER_ENTRY = 24,

	CLASS_32 = 1,
	CLASS_64 = 2,

	SEGMENT_TYPE = 0,

	/* Elf32_Nhdr and Elf64_Nhdr are the same. */
	NOTE_NAME_SIZE = 0,
	NOTE_DESCRIPTOR_SIZE = 4,
	NOTE_TYPE = 8,
	NOTE_HEADER = 12,
};

/* Where the rest is, which differs by class. */
struct class_layout {
	uint8_t word;
	/* e_phoff; e_flags, which e_ehsize follows; e_phentsize, which e_phnum follows. */
	uint8_t header_size, segments_offset, flags_offset, segment_bytes;
	uint8_t segment_size, flags, offset, address, physical, file_size, memory_size, alignment;
};

static const struct class_layout layouts[] = {
	{	/* Elf32_Ehdr, Elf32_Phdr */
		.word = 4,
		.header_size = 52, .segments_offset = 28, .flags_offset = 36, .segment_bytes = 42,
		.segment_size = 32, .flags = 24, .offset = 4, .address = 8, .physical = 12, .file_size = 16,
		.memory_size = 20, .alignment = 28,
	},
	{	/* Elf64_Ehdr, Elf64_Phdr */
		.word = 8,
		.header_size = 64, .segments_offset = 32, .flags_offset = 48, .segment_bytes = 54,
		.segment_size = 56, .flags = 4, .offset = 8, .address = 16, .physical = 24, .file_size = 32,
		.memory_size = 40, .alignment = 48,
	},
};

bool elf_is(struct span file)
{
	return span_is(file, 0, "\x7f" "ELF", 4);
}

struct elf_header elf_header_read(struct span file)
{
	const bool is_64 = span_u8(file, IDENT_CLASS) == CLASS_64;
	const struct class_layout *layout = &layouts[is_64];

	return (struct elf_header){
		.is_64 = is_64,
		.byte_order = span_u8(file, IDENT_DATA),
		.type = span_u16(file, HEADER_TYPE),
		.machine = span_u16(file, HEADER_MACHINE),
		.version = span_u32(file, HEADER_VERSION),
		.entry = span_number(file, HEADER_ENTRY, layout->word),
		.flags = span_u32(file, layout->flags_offset),
		.header_size = layout->header_size,
		.program_size = layout->segment_size,
		.programs = span_number(file, layout->segments_offset, layout->word),
		.program_bytes = span_u16(file, layout->segment_bytes),
		.program_count = span_u16(file, layout->segment_bytes + 2u),
	};
}

struct elf_program elf_program_read(struct span file, bool is_64, uint64_t at)
{
	const struct class_layout *layout = &layouts[is_64];

	return (struct elf_program){
		.type = span_u32(file, at + SEGMENT_TYPE),
		.flags = span_u32(file, at + layout->flags),
		.offset = span_number(file, at + layout->offset, layout->word),
		.address = span_number(file, at + layout->address, layout->word),
		.physical = span_number(file, at + layout->physical, layout->word),
		.file_size = span_number(file, at + layout->file_size, layout->word),
		.memory_size = span_number(file, at + layout->memory_size, layout->word),
		.alignment = span_number(file, at + layout->alignment, layout->word),
	};
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

static struct error read_header(struct span file, struct elf_header *header)
{
	unsigned class;

	TRY(elf_need(file, 0, IDENT_SIZE, "identification"));
	if (!elf_is(file))
		return error_make(ERROR_ELF_KIND, "magic", 0x464c457f, span_u32(file, 0));
	class = span_u8(file, IDENT_CLASS);
	if (class != CLASS_32 && class != CLASS_64)
		return error_make(ERROR_ELF_KIND, "class", CLASS_64, class);
	*header = elf_header_read(file);
	TRY(need_field("byte order", ELF_DATA_LITTLE, header->byte_order));
	TRY(elf_need(file, 0, header->header_size, "header"));
	if (header->type == ELF_TYPE_OBJECT || header->type == ELF_TYPE_CORE)
		return error_make(ERROR_ELF_KIND, "type", ELF_TYPE_EXECUTABLE, header->type);
	if (header->machine != ELF_MACHINE_386)
		TRY(need_field("machine", ELF_MACHINE_X86_64, header->machine));
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

static struct error read_load(struct elf_image *image, const struct elf_program *program)
{
	struct span file = image->file;
	struct elf_segment segment = {
		.offset = program->offset,
		.file_size = program->file_size,
		.address = va(program->address),
		.flags = program->flags,
	};

	if (program->file_size > program->memory_size)
		return error_make(ERROR_ELF_SEGMENT_SIZE, NULL, program->memory_size, program->file_size);
	if (program->memory_size == 0 || !(program->flags & ELF_PERMISSIONS))
		return error_none();
	if (!span_has(file, segment.offset, segment.file_size))
		return error_make(ERROR_ELF_SEGMENT_END, NULL, file.size,
				  add_or_most(segment.offset, segment.file_size));
	if (!range_make(program->physical, program->memory_size, &segment.memory))
		return error_make(ERROR_ELF_SEGMENT_WRAP, NULL, program->memory_size, program->physical);
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

static struct error read_note(struct elf_image *image, const struct elf_program *program)
{
	struct span bytes;

	if (program->offset == 0)
		return error_none();
	if (!span_cut(image->file, program->offset, program->file_size, &bytes))
		return error_make(ERROR_ELF_SEGMENT_END, NULL, image->file.size,
				  add_or_most(program->offset, program->file_size));
	return add_notes(image->note, &image->note_count, bytes, program->alignment);
}

static struct error read_segment(struct elf_image *image, uint64_t at)
{
	struct elf_program program = elf_program_read(image->file, image->is_64, at);

	switch (program.type) {
	case ELF_PROGRAM_LOAD:
		return read_load(image, &program);
	case ELF_PROGRAM_NOTE:
		return read_note(image, &program);
	default:
		return error_none();
	}
}

struct error elf_parse(struct span file, struct elf_image *out)
{
	struct elf_header header;
	uint64_t bytes;

	*out = (struct elf_image){ .file = file };
	TRY(read_header(file, &header));
	out->is_64 = header.is_64;
	out->is_x86_64 = header.machine == ELF_MACHINE_X86_64;
	out->entry = va(header.entry);
	if (header.program_count != 0 && header.program_bytes < header.program_size)
		return error_make(ERROR_ELF_KIND, "program header size", header.program_size, header.program_bytes);
	bytes = (uint64_t)header.program_count * header.program_bytes;
	TRY(elf_need(file, header.programs, bytes, "program headers"));
	for (uint64_t at = 0; at < bytes; at += header.program_bytes)
		TRY(read_segment(out, header.programs + at));
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
