/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <lull/note.h>
#include <lull/site.h>

#include "builder.h"

struct file file_new(uint64_t size)
{
	return (struct file){ calloc(size ? size : 1, 1), size };
}

struct file file_of(const void *bytes, uint64_t size)
{
	struct file file = file_new(0);

	file_append(&file, bytes, size);
	return file;
}

void file_free(struct file *file)
{
	free(file->at);
	*file = (struct file){ 0 };
}

struct file file_prefix(struct file file, uint64_t size)
{
	return file_of(file.at, size);
}

uint64_t file_append(struct file *file, const void *bytes, uint64_t size)
{
	uint64_t offset = file->size;

	file->at = realloc(file->at, offset + size ? offset + size : 1);
	if (size != 0 && bytes != NULL)
		memcpy(file->at + offset, bytes, size);
	else
		memset(file->at + offset, 0, size);
	file->size += size;
	return offset;
}

void file_align(struct file *file, uint64_t alignment)
{
	file_append(file, NULL, -file->size & (alignment - 1));
}

void file_put(struct file file, uint64_t offset, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		file.at[offset + i] = (uint8_t)(value >> (8 * i));
}

struct file build_uki(const struct pe_section *sections, unsigned count)
{
	struct file file = file_new(uki_header(count));

	memcpy(file.at, "MZ", 2);
	file_put(file, 0x3c, UKI_PE, 4);
	memcpy(file.at + UKI_PE, "PE\0\0", 4);
	file_put(file, UKI_PE + 4, 0x8664, 2);
	file_put(file, UKI_COFF_SECTIONS, count, 2);
	file_put(file, UKI_PE + 20, 112, 2);
	file_put(file, UKI_PE + 24, 0x20b, 2);
	for (unsigned i = 0; i < count; i++) {
		uint64_t offset;

		file_align(&file, 512);
		offset = file_append(&file, sections[i].bytes, sections[i].size);
		file_align(&file, 512);
		strncpy((char *)file.at + uki_header(i), sections[i].name, 8);
		file_put(file, uki_header(i) + 8, sections[i].size, 4);
		/* As if it were loaded: in memory where it is in the file. */
		file_put(file, uki_header(i) + 12, offset, 4);
		file_put(file, uki_header(i) + 16, file.size - offset, 4);
		file_put(file, uki_header(i) + 20, offset, 4);
	}
	return file;
}

struct file build_bzimage(void)
{
	struct file file = file_new(BZIMAGE_CODE + BZIMAGE_CODE_SIZE);

	file_put(file, 0x1f1, 1, 1);
	file_put(file, 0x1f4, BZIMAGE_CODE_SIZE / 16, 4);
	file_put(file, 0x1fe, 0xaa55, 2);
	file_put(file, 0x200, 0x6aeb, 2);
	memcpy(file.at + 0x202, "HdrS", 4);
	file_put(file, 0x206, 0x20f, 2);
	file_put(file, 0x20e, BZIMAGE_VERSION - 0x200, 2);
	file_put(file, 0x211, 1, 1);
	file_put(file, 0x22c, 0x7fffffff, 4);
	file_put(file, 0x230, 0x200000, 4);
	file_put(file, 0x234, 1, 1);
	file_put(file, 0x235, 21, 1);
	file_put(file, 0x236, 1, 2);
	file_put(file, 0x238, 2047, 4);
	file_put(file, 0x248, 0x280, 4);
	file_put(file, 0x24c, 64, 4);
	file_put(file, 0x258, 0x1000000, 8);
	file_put(file, 0x260, 0x400000, 4);
	strcpy((char *)file.at + BZIMAGE_VERSION, "6.1.0-test (somebody@somewhere) #1 SMP");
	memcpy(file.at + BZIMAGE_CODE + 0x280, "\xfd" "7zXZ", 6);
	return file;
}

static const struct {
	const char *name;
	unsigned at_32, at_64;
} elf_fields[] = {
	{ "type", 0, 0 }, { "flags", 24, 4 }, { "offset", 4, 8 }, { "address", 8, 16 }, { "physical", 12, 24 },
	{ "file_size", 16, 32 }, { "memory_size", 20, 40 }, { "alignment", 28, 48 },
};

uint64_t elf_field(unsigned bits, unsigned index, const char *name)
{
	unsigned i = 0;

	while (strcmp(elf_fields[i].name, name) != 0)
		i++;
	return bits == 64 ? 64 + 56 * index + elf_fields[i].at_64 : 52 + 32 * index + elf_fields[i].at_32;
}

static void put_field(struct file file, unsigned bits, unsigned index, const char *name, uint64_t value)
{
	unsigned bytes = strcmp(name, "type") == 0 || strcmp(name, "flags") == 0 ? 4 : bits / 8;

	file_put(file, elf_field(bits, index, name), value, bytes);
}

static void put_header(struct file file, unsigned bits, unsigned count)
{
	unsigned word = bits / 8, after = 24 + 3 * word + 4;

	memcpy(file.at, "\x7f" "ELF", 4);
	file_put(file, 4, bits == 64 ? 2 : 1, 1);
	file_put(file, 5, 1, 1);
	file_put(file, 6, 1, 1);
	file_put(file, 16, 2, 2);
	file_put(file, 18, bits == 64 ? 62 : 3, 2);
	file_put(file, 20, 1, 4);
	file_put(file, 24, 0x1234, word);
	file_put(file, 24 + word, bits == 64 ? 64 : 52, word);
	file_put(file, after, bits == 64 ? 64 : 52, 2);
	file_put(file, after + 2, bits == 64 ? 56 : 32, 2);
	file_put(file, after + 4, count, 2);
	file_put(file, after + 6, bits == 64 ? 64 : 40, 2);
}

struct file build_elf(unsigned bits, const struct elf_part *parts, unsigned count)
{
	struct file file = file_new(elf_field(bits, count, "type"));

	put_header(file, bits, count);
	for (unsigned i = 0; i < count; i++) {
		uint64_t offset;

		file_align(&file, 16);
		offset = file_append(&file, parts[i].bytes, parts[i].size);
		put_field(file, bits, i, "type", parts[i].type);
		put_field(file, bits, i, "flags", parts[i].flags);
		put_field(file, bits, i, "offset", offset);
		put_field(file, bits, i, "address", parts[i].address);
		put_field(file, bits, i, "physical", parts[i].physical);
		put_field(file, bits, i, "file_size", parts[i].size);
		put_field(file, bits, i, "memory_size", parts[i].memory_size);
		put_field(file, bits, i, "alignment", parts[i].alignment);
	}
	return file;
}

uint64_t elf_add_note_section(struct file *file, unsigned bits, uint64_t offset, uint64_t size, uint64_t alignment)
{
	unsigned word = bits / 8, header = bits == 64 ? 64 : 40;
	uint64_t table, note;

	file_align(file, 16);
	table = file_append(file, NULL, 2 * header);
	note = table + header;
	file_put(*file, 24 + 2 * word, table, word);
	file_put(*file, 24 + 3 * word + 4 + 8, 2, 2);
	file_put(*file, note + 4, 7, 4);
	file_put(*file, note + 8 + 2 * word, offset, word);
	file_put(*file, note + 8 + 3 * word, size, word);
	file_put(*file, note + 8 + 4 * word + 8, alignment, word);
	return table;
}

static void put_section(struct file file, unsigned bits, uint64_t header, uint64_t name, const struct elf_named *section)
{
	unsigned word = bits / 8;

	file_put(file, header, name, 4);
	file_put(file, header + 4, section->type, 4);
	file_put(file, header + 8 + word, section->address, word);
	file_put(file, header + 8 + 2 * word, section->offset, word);
	file_put(file, header + 8 + 3 * word, section->size, word);
}

uint64_t elf_add_sections(struct file *file, unsigned bits, const struct elf_named *sections, unsigned count)
{
	unsigned word = bits / 8, size = bits == 64 ? 64 : 40;
	uint64_t names = file_append(file, "", 1), name = 1, table;

	for (unsigned i = 0; i < count; i++)
		file_append(file, sections[i].name, strlen(sections[i].name) + 1);
	file_append(file, ".shstrtab", 10);
	file_align(file, 16);
	table = file_append(file, NULL, (count + 2) * (uint64_t)size);
	file_put(*file, 24 + 2 * word, table, word);
	file_put(*file, 24 + 3 * word + 4 + 8, count + 2, 2);
	file_put(*file, 24 + 3 * word + 4 + 10, count + 1, 2);
	for (unsigned i = 0; i < count; i++) {
		put_section(*file, bits, table + (i + 1) * size, name, &sections[i]);
		name += strlen(sections[i].name) + 1;
	}
	put_section(*file, bits, table + (count + 1) * size, name,
		    &(struct elf_named){ ".shstrtab", 3, 0, names, name + 10 });
	return table + size;
}

void build_note(struct file *notes, const char *name, uint32_t type, const void *bytes, uint64_t size,
		uint64_t alignment)
{
	uint64_t at = file_append(notes, NULL, 12);

	file_put(*notes, at, strlen(name) + 1, 4);
	file_put(*notes, at + 4, size, 4);
	file_put(*notes, at + 8, type, 4);
	file_append(notes, name, strlen(name) + 1);
	file_align(notes, alignment);
	file_append(notes, bytes, size);
	file_align(notes, alignment);
}

void build_note_number(struct file *notes, uint32_t type, uint64_t number, unsigned bytes)
{
	build_note(notes, "Xen", type, &number, bytes, 4);
}

struct file build_pvh(unsigned bits, uint64_t physical)
{
	static const uint8_t code[64] = { 0xf4 };
	struct file notes = file_new(0), file;

	build_note_number(&notes, 18, physical, bits / 8);
	file = build_elf(bits, (struct elf_part[]){
		{ 1, 5, physical, physical, code, sizeof(code), 0x2000, 4096 },
		{ 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 },
	}, 2);
	file_free(&notes);
	return file;
}

enum { SITES_TEXT = 0x100000, SITES_DATA = 0x200000, SITES_COUNT = 5, SITES_IMAGE = SITES_DATA + 16 * SITES_COUNT,
       SITES_SLOT = SITES_IMAGE + 8, SITES_END = SITES_SLOT + 8 };

static void put_site(struct file data, unsigned index, unsigned kind, unsigned site, unsigned length, unsigned image,
		     unsigned image_length)
{
	uint64_t at = 16 * index, address = SITES_DATA + at;

	file_put(data, at, SITES_TEXT + site - address, 4);
	if (image != 0)
		file_put(data, at + 4, image - (address + 4), 4);
	file_put(data, at + 8, kind == LULL_KIND_LOCK ? LULL_FEATURE_ONE_CPU : LULL_FEATURE_ALWAYS, 2);
	file_put(data, at + 10, kind, 1);
	file_put(data, at + 12, length, 1);
	file_put(data, at + 13, image_length, 1);
}

static void sites_note(struct file *notes, uint32_t type, uint64_t start, uint64_t end)
{
	const uint64_t range[2] = { start, end };

	build_note(notes, LULL_NOTE_NAME, type, range, sizeof(range), 4);
}

struct file build_sites(void)
{
	/* A lock prefix, a static branch, three traps, and a call through the slot. */
	static const uint8_t text[32] = { 0xf0, 0x0f, 0x1f, 0x44, 0, 0, 0xcc, 0xcc, 0xcc, 0xff, 0x15 };
	struct file notes = file_new(0), code = file_of(text, sizeof(text)), data = file_new(SITES_END - SITES_DATA), file;

	file_put(code, 11, SITES_SLOT - (SITES_TEXT + 15), 4);
	put_site(data, 0, LULL_KIND_LOCK, 0, 1, 0, 0);
	put_site(data, 1, LULL_KIND_BRANCH, 1, 5, SITES_TEXT + 20, 0);
	put_site(data, 2, LULL_KIND_TRAPPED, 6, 3, 0, 0);
	put_site(data, 3, LULL_KIND_CHOICE, 6, 3, SITES_IMAGE, 3);
	put_site(data, 4, LULL_KIND_CALL, 9, 6, SITES_SLOT, 0);
	file_put(data, SITES_SLOT - SITES_DATA, SITES_TEXT + 16, 8);
	build_note_number(&notes, 18, SITES_TEXT, 8);
	sites_note(&notes, LULL_NOTE_TEXT, SITES_TEXT, SITES_TEXT + sizeof(text));
	sites_note(&notes, LULL_NOTE_SITES, SITES_DATA, SITES_IMAGE);
	sites_note(&notes, LULL_NOTE_IMAGES, SITES_IMAGE, SITES_SLOT);
	sites_note(&notes, LULL_NOTE_DATA, SITES_SLOT, SITES_END);
	file = build_elf(64, (struct elf_part[]){
		{ 1, 5, SITES_TEXT, SITES_TEXT, code.at, code.size, 0x2000, 4096 },
		{ 1, 6, SITES_DATA, SITES_DATA, data.at, data.size, 0x2000, 4096 },
		{ 4, 4, 0, 0, notes.at, notes.size, notes.size, 4 },
	}, 3);
	file_free(&notes);
	file_free(&code);
	file_free(&data);
	return file;
}

struct file build_linux(void)
{
	static const uint64_t base = 0xffffffff81000000;
	enum { TEXT = 0x100, ALTERNATIVES = 0x100, IMAGES = 0x180, PARAVIRT = 0x1c0, LOCKS = 0x200, END = 0x208 };
	struct file segment = file_new(END), file;
	uint64_t at;

	for (unsigned i = 0; i < 2; i++) {
		at = ALTERNATIVES + 14 * i;
		file_put(segment, at, 16 * i - at, 4);
		file_put(segment, at + 4, IMAGES + 4 * i - (at + 4), 4);
		file_put(segment, at + 8, 4 * 32 + 23, 2);
		file_put(segment, at + 12, 0x0406, 2);
		memcpy(segment.at + IMAGES + 4 * i, "\xf3\x0f\xb8\xc7", 4);
		file_put(segment, PARAVIRT + 16 * i, base + 64 + 16 * i, 8);
		file_put(segment, PARAVIRT + 16 * i + 8, 0x0600 + i, 2);
		file_put(segment, 64 + 16 * i, 0x15ff, 2);
		file_put(segment, 66 + 16 * i, 0x1000 - 8 * i, 4);
		file_put(segment, LOCKS + 4 * i, 128 + 16 * i - (LOCKS + 4 * i), 4);
		file_put(segment, 128 + 16 * i, 0xf0, 1);
	}
	file = build_elf(64, &(struct elf_part){ 1, 7, 0x1000000, base, segment.at, END, END, 4096 }, 1);
	at = span_u64(file_span(file), elf_field(64, 0, "offset"));
	elf_add_sections(&file, 64, (struct elf_named[]){
		{ ".text", 1, base, at, TEXT },
		{ ".altinstructions", 1, base + ALTERNATIVES, at + ALTERNATIVES, 28 },
		{ ".altinstr_replacement", 1, base + IMAGES, at + IMAGES, 8 },
		{ ".parainstructions", 1, base + PARAVIRT, at + PARAVIRT, 32 },
		{ ".smp_locks", 1, base + LOCKS, at + LOCKS, 8 },
	}, 5);
	file_free(&segment);
	return file;
}

struct file build_multiboot(unsigned version, uint64_t size, uint64_t offset, const uint32_t *words, unsigned count)
{
	struct file file = file_new(size);
	uint32_t length = 16 + 4 * count;
	uint32_t magic = version == 1 ? 0x1badb002 : 0xe85250d6, sum = magic + (version == 1 ? words[0] : length);
	uint64_t at = offset + 4;

	file_put(file, offset, magic, 4);
	if (version == 1) {
		file_put(file, at, words[0], 4);
		file_put(file, at + 4, -(uint64_t)sum, 4);
	} else {
		file_put(file, at, 0, 4);
		file_put(file, at + 4, length, 4);
		file_put(file, at + 8, -(uint64_t)sum, 4);
	}
	for (unsigned i = version == 1; i < count; i++)
		file_put(file, at + (version == 1 ? 4 : 12) + 4 * i, words[i], 4);
	return file;
}
