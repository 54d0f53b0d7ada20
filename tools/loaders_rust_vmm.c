/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rust-vmm's linux-loader: an ELF is read as one of 64 bits whatever its class, machine and type, and each PT_NOTE in steps
 * of 4; where there are several, the last one decides.
 */
#include <tools/elf_programs.h>
#include <tools/loaders.h>

#define ELF64_HEADER    64
#define ELF64_PROGRAM   56
#define NOTE_PVH        18
/* HIMEM_START of Firecracker, HIGH_RAM_START of Cloud Hypervisor. */
#define HIGH_MEMORY     0x100000

/* A file, as if its class were 64 bits; no byte behind the header's class is changed. */
static struct elf_program program_64(struct span file, const struct elf_header *header, uint32_t index)
{
	return elf_program_read(file, true, header->programs + (uint64_t)index * ELF64_PROGRAM);
}

enum pvh { PVH_NONE, PVH_FOUND, PVH_BROKEN };

/* parse_elf_note(). */
static enum pvh find_entry(struct span file, const struct elf_program *program, uint32_t *entry)
{
	struct elf_note note;
	struct span rest;

	if (!span_cut(file, program->offset, file.size - program->offset, &rest))
		return program->file_size == 0 ? PVH_NONE : PVH_BROKEN;
	for (uint64_t at = 0; at < program->file_size;) {
		if (!elf_has_note(rest, at))
			return PVH_BROKEN;
		/* It seeks past whatever the sizes say, and reads a header there only if the block goes on. */
		if (failed(elf_next_note(rest, 4, &at, &note)))
			return at + note.descriptor.size < program->file_size ? PVH_BROKEN : PVH_NONE;
		if (note.type != NOTE_PVH || note.name.size != 4 || !span_is(note.name, 0, "Xen", 4))
			continue;
		*entry = span_u32(note.descriptor, 0);
		return note.descriptor.size < 4 ? PVH_BROKEN : PVH_FOUND;
	}
	return PVH_NONE;
}

/* What Elf::load() returns. */
struct loaded {
	uint64_t entry;
	enum pvh pvh;
	uint32_t pvh_entry;
};

/* Empty when the header is sound. */
static struct verdict check_header(struct span file, const struct elf_header *header)
{
	if (!elf_is(file))
		return refuses("Give it a vmlinux", "It is no ELF file");
	if (file.size < ELF64_HEADER)
		return refuses("Give it the whole file", "The file ends inside its ELF header");
	if (header->byte_order != ELF_DATA_LITTLE)
		return refuses("Build it for x86-64", "The ELF's byte order is not little endian");
	if (!header->is_64)
		return refuses("Link it as an ELF64, which may hold 32-bit code", "It is a 32-bit ELF");
	if (header->program_bytes != ELF64_PROGRAM)
		return refuses("Link it anew", "Its program headers have %u bytes and not 56", header->program_bytes);
	if (header->programs < ELF64_HEADER)
		return refuses("Link it anew", "Its program headers lie inside the ELF header");
	if (header->entry < HIGH_MEMORY)
		return refuses("Give it an e_entry at or above 1 MiB, even where only the PVH entry is used",
			       "e_entry is 0x%llx, below 1 MiB", (unsigned long long)header->entry);
	return (struct verdict){ .answer = ANSWER_TAKES };
}

static struct verdict load_elf(struct span file, struct loaded *out)
{
	const struct elf_header header = elf_header_read(file);
	struct verdict verdict = check_header(file, &header);

	*out = (struct loaded){ .entry = header.entry };
	if (verdict.answer != ANSWER_TAKES)
		return verdict;
	if (!elf_has_programs(file, &header, ELF64_PROGRAM))
		return refuses("Give it the whole file", "The file ends inside its program headers");
	for (uint32_t i = 0; i < header.program_count; i++) {
		const struct elf_program program = program_64(file, &header, i);

		if (program.type == ELF_PROGRAM_NOTE)
			out->pvh = find_entry(file, &program, &out->pvh_entry);
		if (out->pvh == PVH_BROKEN)
			return refuses("Link it anew", "A PT_NOTE has a note that reaches past the end of the file");
		if (program.type != ELF_PROGRAM_LOAD || program.file_size == 0)
			continue;
		if (!span_has(file, program.offset, program.file_size))
			return refuses("Give it the whole file", "The file ends inside a segment");
	}
	return takes("linux64", header.entry);
}

struct verdict loader_firecracker(const struct loader_file *in)
{
	struct loaded loaded;
	struct verdict verdict = load_elf(in->plain.bytes, &loaded);

	if (verdict.answer != ANSWER_TAKES) {
		if (in->plain.setup.has_magic)
			return refuses("Give it the vmlinux inside (extract-vmlinux), or pack it with lull pack",
				       "It is a bzImage, and Firecracker takes an ELF only");
		return verdict;
	}
	if (loaded.pvh == PVH_FOUND)
		return takes_but("pvh", loaded.pvh_entry, "", "Before 1.12 Firecracker enters it at e_entry, 0x%llx, as a "
				 "64-bit Linux", (unsigned long long)loaded.entry);
	return takes_but("linux64", loaded.entry, "", "There is no PHYS32_ENTRY in its last PT_NOTE: it is entered in 64-bit mode "
			 "with a zero page");
}

/* BzImage::load(), tried with whatever Elf::load() refused. */
static struct verdict load_bzimage(const struct boot_file *file, const struct verdict *elf)
{
	const struct linux_header *setup = &file->setup;
	const uint64_t setup_size = ((setup->setup_sectors ? setup->setup_sectors : 4u) + 1) * UINT64_C(512);

	if (!setup->has_magic)
		return *elf;
	if (setup->protocol < 0x200 || !(setup->loadflags & 1))
		return refuses("Give it a bzImage", "It is a zImage, or older than protocol 2.00");
	if (file->bytes.size < setup_size)
		return refuses("Give it the whole file", "The file ends inside its setup code");
	if (setup->code32_start < HIGH_MEMORY)
		return refuses("Correct code32_start", "code32_start is 0x%x, below 1 MiB", setup->code32_start);
	return takes_but("linux", setup->code32_start, "", "Before version 45 Cloud Hypervisor takes an ELF with a PVH note only");
}

struct verdict loader_cloud_hypervisor(const struct loader_file *in)
{
	struct loaded loaded;
	struct verdict verdict = load_elf(in->plain.bytes, &loaded);

	if (verdict.answer != ANSWER_TAKES)
		return load_bzimage(&in->plain, &verdict);
	if (loaded.pvh != PVH_FOUND)
		return refuses("Link it with a PHYS32_ENTRY note in its last PT_NOTE (Linux: CONFIG_PVH=y)",
			       "There is no PHYS32_ENTRY in its last PT_NOTE");
	return takes("pvh", loaded.pvh_entry);
}
