/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/bsd_symbols.h>
#include <shim/payload/elf_sections.h>
#include <shim/payload/xen_notes.h>

#include <string.h>

/* Elf64_Ehdr and Elf64_Shdr. */
enum {
	FILE_HEADER = 64,
	SECTION_HEADER = 64,
	FILE_SEGMENTS = 32,
	FILE_SECTIONS = 40,
	FILE_SEGMENT_BYTES = 54,
	FILE_SEGMENT_COUNT = 56,
	FILE_SECTION_COUNT = 60,
	SECTION_OFFSET = 24,
	SECTION_LINK = 40,
};

static uint64_t aligned(uint64_t at) { return (at + 7) & ~UINT64_C(7); }

static void head_put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static struct error bytes_of(const struct elf_image *elf, const struct elf_section *section, struct span *out)
{
	if (span_cut(elf->file, section->offset, section->size, out))
		return error_none();
	return error_make(ERROR_ELF_TRUNCATED, "symbols", section->offset, elf->file.size);
}

static struct error wrong_symbols(uint64_t value)
{
	return error_make(ERROR_ELF_PV_NOTE, xen_note_name(XEN_NOTE_BSD_SYMTAB), 0, value);
}

/* Fills the ELF header, without program headers, and three section headers: an empty one, symbols, strings. */
static void fill_head(const struct elf_image *elf, uint32_t symbols, uint32_t strings, struct bsd_symbols *out)
{
	uint64_t file = out->memory.start + 4;
	uint8_t *header = out->head + 4, *section = header + FILE_HEADER;

	head_put(out->head, out->strings_at + out->strings.size - file, 4);
	memcpy(header, elf->file.at, FILE_HEADER);
	head_put(header + FILE_SEGMENTS, 0, 8);
	head_put(header + FILE_SECTIONS, FILE_HEADER, 8);
	head_put(header + FILE_SEGMENT_BYTES, 0, 2);
	head_put(header + FILE_SEGMENT_COUNT, 0, 2);
	head_put(header + FILE_SECTION_COUNT, 3, 2);
	section += SECTION_HEADER;
	memcpy(section, elf_section_header(elf, symbols).at, SECTION_HEADER);
	head_put(section + SECTION_OFFSET, out->symbols_at - file, 8);
	head_put(section + SECTION_LINK, 2, 4);
	section += SECTION_HEADER;
	memcpy(section, elf_section_header(elf, strings).at, SECTION_HEADER);
	head_put(section + SECTION_OFFSET, out->strings_at - file, 8);
}

static struct error place_symbols(const struct elf_image *elf, uint32_t index, uint32_t count, uint64_t end,
				  struct bsd_symbols *out)
{
	struct elf_section symbols = elf_section_read(elf, index), strings = { 0 };

	if (symbols.link < count)
		strings = elf_section_read(elf, symbols.link);
	if (strings.type != ELF_SECTION_STRINGS || !elf->is_64)
		return wrong_symbols(symbols.link);
	TRY(bytes_of(elf, &symbols, &out->symbols));
	TRY(bytes_of(elf, &strings, &out->strings));
	out->memory.start = aligned(end);
	out->symbols_at = aligned(out->memory.start + BSD_SYMBOLS_HEAD);
	out->strings_at = aligned(out->symbols_at + symbols.size);
	out->memory.end = aligned(out->strings_at + strings.size);
	out->present = true;
	fill_head(elf, index, symbols.link, out);
	return error_none();
}

struct error bsd_symbols_find(const struct elf_image *elf, uint64_t end, struct bsd_symbols *out)
{
	uint32_t count;

	*out = (struct bsd_symbols){ .symbols = span(elf->file.at, 0), .strings = span(elf->file.at, 0) };
	TRY(elf_section_count(elf, &count));
	for (uint32_t i = 0; i < count; i++)
		if (elf_section_read(elf, i).type == ELF_SECTION_SYMBOLS)
			return place_symbols(elf, i, count, end, out);
	return error_none();
}
