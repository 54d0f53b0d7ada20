/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf.c: reads the program headers of an x86 ELF kernel, 32 or 64 bits wide (System V gABI, "Program Header").
 */
#ifndef LULL_SHIM_PAYLOAD_ELF_H
#define LULL_SHIM_PAYLOAD_ELF_H

#include <core/addr.h>
#include <core/error.h>
#include <core/span.h>

#define ELF_MAX_SEGMENTS 32
#define ELF_MAX_NOTES    16

/* Values of the headers' fields (gABI, "ELF Identification", "ELF Header" and "Program Header"; the psABI's machines). */
enum {
	ELF_DATA_LITTLE = 1,
	ELF_TYPE_OBJECT = 1,
	ELF_TYPE_EXECUTABLE = 2,
	ELF_TYPE_DYNAMIC = 3,
	ELF_TYPE_CORE = 4,
	ELF_MACHINE_386 = 3,
	ELF_MACHINE_X86_64 = 62,
	ELF_PROGRAM_LOAD = 1,
	ELF_PROGRAM_NOTE = 4,
	/* PF_X, PF_W, PF_R. */
	ELF_PERMISSIONS = 7,
};

/* An ELF header as it is in the file, nothing of it judged. */
struct elf_header {
	/* The class is 64 bits; all else is read as 32 bits. */
	bool is_64;
	uint8_t byte_order;
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint32_t flags;
	uint64_t entry;
	/* How large this class's file header and program header are. */
	uint16_t header_size;
	uint16_t program_size;
	/* Where the program headers are, how many bytes each has, and how many there are: e_phoff, e_phentsize, e_phnum. */
	uint64_t programs;
	uint16_t program_bytes;
	uint16_t program_count;
};

/* A program header as it is in the file, nothing of it judged. */
struct elf_program {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t physical;
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t alignment;
};

/* A PT_LOAD that takes memory. */
struct elf_segment {
	/* Its bytes in the file. */
	uint64_t offset;
	uint64_t file_size;
	/* Its place in physical memory (p_paddr, p_memsz): never wraps, overlaps no other segment. */
	struct range memory;
	va_t     address;
	/* PF_X 1, PF_W 2, PF_R 4. */
	uint32_t flags;
};

/* A PT_NOTE or SHT_NOTE. */
struct elf_notes {
	struct span bytes;
	/* 4, or 8 where the header says so. */
	uint32_t alignment;
};

struct elf_image {
	struct span file;
	/* The class: how wide the headers' fields are. */
	bool is_64;
	/* The machine: which of the two a PV guest is (a PVH kernel is entered in 32-bit mode, whatever it is). */
	bool is_x86_64;
	/* e_entry; a PVH kernel starts at its note's address instead. */
	va_t entry;
	uint32_t segment_count;
	struct elf_segment segment[ELF_MAX_SEGMENTS];
	/* From the lowest byte of all segments to the end of the highest. */
	struct range memory;
	/* The PT_NOTEs. */
	uint32_t note_count;
	struct elf_notes note[ELF_MAX_NOTES];
};

/* True when the file begins with the ELF magic. */
bool elf_is(struct span file);

/* The file's header, and the program header at an offset.  What lies outside the file is 0. */
struct elf_header elf_header_read(struct span file);
struct elf_program elf_program_read(struct span file, bool is_64, uint64_t at);

/*
 * Reads header and program headers.  Takes what Xen's libelf and QEMU's load_elf() take: either class with either x86
 * machine, any type that is linked, headers that are larger than their class has.  As libelf does, it leaves out a PT_LOAD
 * without any permission and a PT_NOTE at offset 0.  It also leaves out a PT_LOAD of no memory and a PT_NOTE of no bytes.
 * Errors: ELF_TRUNCATED, ELF_KIND (not a little-endian x86 program: an object or a core dump), ELF_SEGMENT_COUNT,
 * ELF_SEGMENT_END, ELF_SEGMENT_SIZE, ELF_SEGMENT_WRAP, ELF_SEGMENT_OVERLAP, ELF_NO_SEGMENT.
 */
struct error elf_parse(struct span file, struct elf_image *out);

/*
 * Reads the SHT_NOTEs of the section table, for kernels whose notes no PT_NOTE covers.  Writes at most ELF_MAX_NOTES
 * of them and their number.  No section table is no error.  Errors: ELF_TRUNCATED (the table or a note lies outside
 * the file), ELF_SEGMENT_COUNT (too many notes).
 */
struct error elf_section_notes(const struct elf_image *image, struct elf_notes *out, uint32_t *count);

/* One note of a block. */
struct elf_note {
	/* With its terminator. */
	struct span name;
	uint32_t type;
	struct span descriptor;
};

/* True when a block has room for the header of another note at this offset; fewer bytes are padding. */
bool elf_has_note(struct span bytes, uint64_t at);

/*
 * Reads the note at *at, for which elf_has_note() is true, and sets *at behind it.  Notes come in steps of `step` bytes,
 * 4 or 8.  Errors: ELF_NOTE (a name or a descriptor that reaches past the block).
 */
struct error elf_next_note(struct span bytes, uint32_t step, uint64_t *at, struct elf_note *out);

/* The bytes in the file for virtual addresses [address, address + size); false when no one segment has them all. */
bool elf_bytes_at(const struct elf_image *image, uint64_t address, uint64_t size, struct span *out);

/* True when a physical address lies in one of the segments. */
bool elf_covers(const struct elf_image *image, uint64_t address);

#endif
