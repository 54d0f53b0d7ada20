/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files of every kind that the parsers read, each made of a description that a test can bend.  The bytes are on
 * the heap, exactly as many as the file has, so that the address sanitiser sees every read past the end.
 */
#ifndef LULL_TESTS_BUILDER_H
#define LULL_TESTS_BUILDER_H

#include <core/span.h>

struct file {
	uint8_t *at;
	uint64_t size;
};

struct file file_new(uint64_t size);
struct file file_of(const void *bytes, uint64_t size);
void file_free(struct file *file);
/* The first `size` bytes as a file of their own. */
struct file file_prefix(struct file file, uint64_t size);
/* Adds bytes at the end; returns their offset. */
uint64_t file_append(struct file *file, const void *bytes, uint64_t size);
void file_align(struct file *file, uint64_t alignment);
void file_put(struct file file, uint64_t offset, uint64_t value, unsigned bytes);

static inline struct span file_span(struct file file) { return span(file.at, file.size); }

/* PE.  A section of the UKI; its bytes are padded to the file alignment of 512. */
struct pe_section {
	const char *name;
	const void *bytes;
	uint64_t size;
};

/* Offsets in a file of build_uki(). */
enum {
	UKI_PE = 0x80,
	UKI_COFF_SECTIONS = UKI_PE + 6,
	UKI_TABLE = UKI_PE + 24 + 112,
};

static inline uint64_t uki_header(unsigned index) { return UKI_TABLE + index * UINT64_C(40); }

struct file build_uki(const struct pe_section *sections, unsigned count);

/* A bzImage of protocol 2.15 with one setup sector and 1 KiB of code; fields are then changed with file_put(). */
enum { BZIMAGE_CODE = 1024, BZIMAGE_CODE_SIZE = 1024, BZIMAGE_VERSION = 0x300 };

struct file build_bzimage(void);

/* ELF. */
struct elf_part {
	uint32_t type;
	uint32_t flags;
	uint64_t physical;
	uint64_t address;
	const void *bytes;
	uint64_t size;
	uint64_t memory_size;
	uint64_t alignment;
};

struct file build_elf(unsigned bits, const struct elf_part *parts, unsigned count);
/* Where a field of program header `index` is: "type", "offset", "physical", "file_size", "memory_size", "alignment". */
uint64_t elf_field(unsigned bits, unsigned index, const char *name);
/* Adds a section table with one SHT_NULL and one SHT_NOTE for [offset, offset + size). */
uint64_t elf_add_note_section(struct file *file, unsigned bits, uint64_t offset, uint64_t size, uint64_t alignment);

/*
 * Adds a section table: one SHT_NULL, these, and last the section of names.  Returns the offset of the first one's header.
 */
struct elf_named {
	const char *name;
	uint32_t type;
	uint64_t address;
	uint64_t offset;
	uint64_t size;
};

uint64_t elf_add_sections(struct file *file, unsigned bits, const struct elf_named *sections, unsigned count);

/* Appends one ELF note in steps of `alignment`. */
void build_note(struct file *notes, const char *name, uint32_t type, const void *bytes, uint64_t size,
		uint64_t alignment);
void build_note_number(struct file *notes, uint32_t type, uint64_t number, unsigned bytes);

/*
 * A file with a multiboot header at an offset: after magic and what makes it add up, these words, of which version 1 has
 * the flags first and version 2 its tags.
 */
struct file build_multiboot(unsigned version, uint64_t size, uint64_t offset, const uint32_t *words, unsigned count);

/* A Linux kernel: one segment with text, two alternatives of 14 bytes, two paravirtual calls and two lock prefixes. */
struct file build_linux(void);

/* A PVH kernel: one segment of 64 bytes at `physical`, entered at its start. */
struct file build_pvh(unsigned bits, uint64_t physical);

/* A PVH kernel with patch sites of five kinds, and the notes that name them to lull. */
struct file build_sites(void);

#endif
