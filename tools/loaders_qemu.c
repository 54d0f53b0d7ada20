/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU -kernel on a PC, in the order of x86_load_linux(): Linux by its magic, multiboot by its header, an ELF by its PVH
 * note, and all else as a Linux of before 2.00, which any file is.
 */
#include <shim/payload/multiboot.h>
#include <tools/elf_programs.h>
#include <tools/loaders.h>

#define NOTE_HEADER        12
#define NOTE_PHYS32_ENTRY  18
/* Where real-mode code lies, and its entry behind the boot sector. */
#define REAL_LOW           0x90000
#define REAL_HIGH          0x10000
#define REAL_ENTRY         0x200
/* The header is looked for where all twelve words of it fit. */
#define MULTIBOOT_END      (8192 - 48)
#define MAX_PROGRAMS       1024
/* "elfboot unsupported flags": bits of multiboot's flags, which QEMU looks for in e_flags. */
#define E_FLAGS_REFUSED    0x10004

static struct verdict real_mode(struct span file, const struct linux_header *header)
{
	const uint64_t setup_size = ((header->setup_sectors ? header->setup_sectors : 4u) + 1) * UINT64_C(512);
	const bool is_high = header->has_magic && header->protocol >= 0x202 && (header->loadflags & 1);
	const uint64_t entry = (is_high ? REAL_HIGH : REAL_LOW) + REAL_ENTRY;

	if (setup_size > file.size)
		return refuses("Give it a whole kernel file", "The file ends inside its %llu bytes of setup code",
			       (unsigned long long)setup_size);
	if (!header->has_magic)
		return misreads("Give it a bzImage, an ELF with a PVH note or a 32-bit multiboot kernel",
				"Nothing in it says how it starts, and QEMU then runs the second sector of any file as a Linux "
				"of 1995");
	return takes("linux", entry);
}

/* What load_elf() finds. */
struct loaded {
	uint64_t entry;
	/* A note of type 18 was found, and what QEMU reads as its value. */
	bool has_note;
	uint64_t pvh;
	/* Something goes wrong with its notes that QEMU does not notice. */
	const char *misread;
};

static uint64_t up(uint64_t size, uint64_t alignment)
{
	return (size + alignment - 1) / alignment * alignment;
}

/*
 * get_elf_note_type() looks at the type alone, steps by p_align as if each field began a multiple of it, and compares each
 * note's own size with the segment's: a block without the note is read on behind its end.
 */
static void read_notes(struct span file, bool is_64, const struct elf_program *program, struct loaded *out)
{
	const uint64_t alignment = program->alignment;
	uint64_t at = program->offset, value, size;

	if (alignment == 0) {
		out->misread = "Its PT_NOTE has alignment 0, by which QEMU divides";
		return;
	}
	while (span_u32(file, at + 8) != NOTE_PHYS32_ENTRY) {
		size = NOTE_HEADER + up(span_u32(file, at), alignment) + up(span_u32(file, at + 4), alignment);
		if (size > program->file_size)
			return;
		at += size;
		if (!span_has(file, at, NOTE_HEADER)) {
			out->misread = "A PT_NOTE has no note of type 18, and QEMU reads on behind the end of the file";
			return;
		}
	}
	if (!span_is(file, at + NOTE_HEADER, "Xen", 4))
		out->misread = "The first note of type 18 is not Xen's, which QEMU does not look at";
	else if (at >= program->offset + program->file_size)
		out->misread = "The note of type 18 that QEMU finds lies behind the end of PT_NOTE";
	value = at + NOTE_HEADER + up(span_u32(file, at), alignment);
	out->has_note = true;
	/* Behind the end of the file there are zeros, as far as its last page goes. */
	out->pvh = is_64 && span_has(file, value, 8) ? span_u64(file, value) : span_u32(file, value);
	if (value != at + NOTE_HEADER + up(span_u32(file, at), 4))
		out->misread = "Its PT_NOTE has an alignment other than 4, by which QEMU steps, and the notes do not";
}

static bool in_file(struct span file, const struct elf_program *program)
{
	return program->file_size == 0 || span_has(file, program->offset, program->file_size);
}

/* Bytes that a PT_LOAD takes: those in the file only, where the zeros behind them would lie upon another segment. */
static struct range loaded_range(struct span file, const struct elf_header *header, uint32_t index)
{
	const struct elf_program program = elf_program_at(file, header, index, header->program_size);
	struct range memory = { program.physical, program.physical + program.memory_size };
	const struct range zeros = { program.physical + program.file_size, memory.end };

	if (program.type != ELF_PROGRAM_LOAD)
		return (struct range){ 0, 0 };
	for (uint32_t i = 0; program.memory_size > program.file_size && i < header->program_count; i++) {
		const struct elf_program other = elf_program_at(file, header, i, header->program_size);

		if (i != index && other.type == ELF_PROGRAM_LOAD &&
		    range_overlaps(zeros, (struct range){ other.physical, other.physical + other.memory_size }))
			memory.end = zeros.start;
	}
	return memory;
}

/*
 * Returns what is wrong with the places of the segments, or NULL.  SeaBIOS lies right below 4 GiB, and no segment may overlap it
 * or another one.  Compares MAX_PROGRAMS of them, more than any kernel has.
 */
static const char *places_problem(struct span file, const struct elf_header *header)
{
	const struct range bios = { 0xfffc0000, UINT64_C(1) << 32 };
	struct range memory[MAX_PROGRAMS];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < header->program_count && i < MAX_PROGRAMS; i++) {
		memory[i] = loaded_range(file, header, i);
		sum += range_size(memory[i]);
		if (range_size(memory[i]) > INT64_MAX || sum > INT64_MAX)
			return "Its segments are too large";
		if (range_overlaps(memory[i], bios))
			return "A segment lies upon the BIOS below 4 GiB";
		for (uint32_t j = 0; j < i; j++)
			if (range_overlaps(memory[i], memory[j]))
				return "Segments overlap in physical memory";
	}
	return NULL;
}

/* NULL, or why load_elf() refuses. */
static const char *load_elf(struct span file, bool with_notes, struct loaded *out)
{
	const struct elf_header header = elf_header_read(file);

	*out = (struct loaded){ .entry = header.entry };
	if (!elf_is(file))
		return "It is no ELF file";
	if (header.byte_order != ELF_DATA_LITTLE)
		return "The ELF's byte order is not little endian";
	if (file.size < header.header_size)
		return "The file ends inside its ELF header";
	if (header.machine != ELF_MACHINE_X86_64 && header.machine != ELF_MACHINE_386)
		return "The ELF is for another machine";
	if (!elf_has_programs(file, &header, header.program_size))
		return "The file ends inside its program headers";
	for (uint32_t i = 0; i < header.program_count; i++) {
		const struct elf_program program = elf_program_at(file, &header, i, header.program_size);

		if (program.type != ELF_PROGRAM_LOAD && (program.type != ELF_PROGRAM_NOTE || !with_notes))
			continue;
		if (!in_file(file, &program))
			return "The file ends inside a segment or a note";
		if (program.type == ELF_PROGRAM_NOTE && program.file_size != 0)
			read_notes(file, header.is_64, &program, out);
		if (program.type != ELF_PROGRAM_LOAD)
			continue;
		if (program.memory_size != 0 && program.file_size > program.memory_size)
			out->misread = "A segment has more bytes in the file than in memory, and QEMU hangs";
		if (program.address != program.physical && (program.flags & 1) &&
		    header.entry - program.address < program.file_size)
			out->entry = header.entry - program.address + program.physical;
	}
	return places_problem(file, &header);
}

static struct verdict boot_pvh(struct span file)
{
	const struct elf_header header = elf_header_read(file);
	struct loaded loaded;
	const char *problem;

	if (header.flags & E_FLAGS_REFUSED)
		return refuses("Clear e_flags", "e_flags is 0x%x, which QEMU takes for flags of multiboot", header.flags);
	problem = load_elf(file, true, &loaded);
	if (problem)
		return refuses("Link it anew, or pack it with lull pack", "%s", problem);
	if (loaded.misread)
		return misreads("Link it anew, its Xen notes in a PT_NOTE of their own with alignment 4", "%s", loaded.misread);
	if (loaded.pvh == 0)
		return refuses("Link it with a PHYS32_ENTRY note (Linux: CONFIG_PVH=y), or give QEMU the bzImage",
			       loaded.has_note ? "Its PHYS32_ENTRY note is 0" : "It has no PHYS32_ENTRY note in a PT_NOTE");
	return takes("pvh", (uint32_t)loaded.pvh);
}

/* The bytes in the file that the address fields of a header load, and where; NULL when they are sound. */
static const char *kludge_problem(struct span file, uint64_t header, const struct multiboot_addresses *addresses)
{
	const uint64_t before = addresses->header - addresses->load;
	uint64_t offset, size;

	if (addresses->header < addresses->load)
		return "load_addr lies behind header_addr";
	if (before > header)
		return "header_addr and load_addr mean bytes in front of the file";
	offset = header - before;
	size = file.size - offset;
	if (addresses->load_end != 0) {
		if (addresses->load_end < addresses->load)
			return "load_end_addr lies in front of load_addr";
		size = addresses->load_end - addresses->load;
	}
	if (size > UINT32_MAX - addresses->load)
		return "it ends above 4 GiB";
	if (addresses->bss_end != 0 && addresses->bss_end < addresses->load + size)
		return "bss_end_addr lies in front of the end of the data";
	return span_has(file, offset, size) ? NULL : "the file ends before load_end_addr";
}

static struct verdict boot_multiboot(struct span file, uint64_t at)
{
	const struct multiboot1_header header = multiboot1_header_read(file, at);
	struct loaded loaded;
	const char *problem;

	if (header.flags & MULTIBOOT1_ADDRESSES) {
		problem = kludge_problem(file, at, &header.addresses);
		return problem ? refuses("Correct the address fields of the multiboot header",
					 "In its multiboot header, %s", problem) :
				 takes("multiboot", header.entry);
	}
	if (elf_header_read(file).machine == ELF_MACHINE_X86_64)
		return refuses("Give QEMU a 32-bit ELF, or take the multiboot header out, so that its PVH note counts",
			       "A multiboot header in an x86-64 ELF, without address fields: QEMU never looks at the rest");
	problem = load_elf(file, false, &loaded);
	if (!problem && loaded.misread)
		return misreads("Link it anew", "%s", loaded.misread);
	return problem ? refuses("Link it anew", "It has a multiboot header, but: %s", problem) :
			 takes("multiboot", (uint32_t)loaded.entry);
}

struct verdict loader_qemu(const struct loader_file *in)
{
	const struct boot_file *file = &in->plain;
	uint64_t header;

	if (file->bytes.size == 0)
		return refuses("Give it a kernel", "The file is empty");
	if (!file->setup.has_magic && multiboot1_find(file->bytes, MULTIBOOT_END, &header))
		return boot_multiboot(file->bytes, header);
	if (!file->setup.has_magic && elf_is(file->bytes))
		return boot_pvh(file->bytes);
	return real_mode(file->bytes, &file->setup);
}
