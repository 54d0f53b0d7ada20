/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel, its initrd, and what it is told: configure_pvh() of Firecracker (src/vmm/src/arch/x86_64/mod.rs) and of Cloud
 * Hypervisor (arch/src/x86_64/mod.rs).
 */
#include "vmm.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define NOTE_PVH 18
#define PAGE     UINT64_C(4096)
enum { RAM = 1, RESERVED = 2 };

struct file {
	const uint8_t *bytes;
	uint64_t size;
};

static struct file map_file(const char *name)
{
	int descriptor = open(name, O_RDONLY | O_CLOEXEC);
	struct stat about;

	if (descriptor < 0 || fstat(descriptor, &about) != 0 || about.st_size == 0)
		fail("%s: cannot be read, or is empty", name);
	void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (bytes == MAP_FAILED)
		fail("%s: cannot be mapped", name);
	close(descriptor);
	return (struct file){ bytes, (uint64_t)about.st_size };
}

static const void *part(struct file file, uint64_t offset, uint64_t size)
{
	if (offset > file.size || size > file.size - offset)
		fail("the kernel ends too early");
	return file.bytes + offset;
}

/* The entry that a PT_NOTE names, else 0. Notes lie at multiples of four bytes. */
static uint32_t pvh_entry(const uint8_t *notes, uint64_t size)
{
	for (uint64_t at = 0; size - at >= sizeof(Elf64_Nhdr);) {
		Elf64_Nhdr note;

		memcpy(&note, notes + at, sizeof(note));
		const uint64_t name = at + sizeof(note), value = name + ((note.n_namesz + UINT64_C(3)) & ~UINT64_C(3));
		const uint64_t next = value + ((note.n_descsz + UINT64_C(3)) & ~UINT64_C(3));
		if (next > size)
			break;
		if (note.n_type == NOTE_PVH && note.n_namesz == 4 && memcmp(notes + name, "Xen", 4) == 0 && note.n_descsz >= 4) {
			uint32_t entry;

			memcpy(&entry, notes + value, sizeof(entry));
			return entry;
		}
		at = next;
	}
	return 0;
}

/* linux-loader's Elf::load(): 64 bits only, segments at their physical addresses, the last PT_NOTE counts. */
static void load_kernel(struct vmm *vmm, struct file file)
{
	Elf64_Ehdr header;

	memcpy(&header, part(file, 0, sizeof(header)), sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
		fail("the kernel is no ELF file of 64 bits");
	if (header.e_entry < HIGH_MEMORY)
		fail("the kernel's e_entry is below 1 MiB");
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr program;

		memcpy(&program, part(file, header.e_phoff + i * sizeof(program), sizeof(program)), sizeof(program));
		const void *bytes = part(file, program.p_offset, program.p_filesz);
		if (program.p_type == PT_NOTE)
			vmm->entry = pvh_entry(bytes, program.p_filesz);
		if (program.p_type == PT_LOAD && program.p_filesz != 0)
			memcpy(guest(vmm, program.p_paddr, program.p_filesz), bytes, program.p_filesz);
	}
	if (vmm->entry == 0)
		fail("the kernel's last PT_NOTE has no PVH entry");
}

struct map {
	struct hvm_memmap_table_entry *table;
	uint32_t count;
};

static void add(struct map *map, uint64_t start, uint64_t size, uint32_t type)
{
	if (size)
		map->table[map->count++] = (struct hvm_memmap_table_entry){ .addr = start, .size = size, .type = type };
}

/* Firecracker's comes in no order: low memory is its last entry. */
static uint32_t write_map(const struct vmm *vmm)
{
	struct map map = { guest(vmm, MEMORY_MAP, 8 * sizeof(*map.table)), 0 };

	if (vmm->imitated == FIRECRACKER) {
		add(&map, 0, FIRECRACKER_SYSTEM, RAM);
		add(&map, FIRECRACKER_SYSTEM, FIRECRACKER_RSDP - FIRECRACKER_SYSTEM, RESERVED);
		add(&map, UINT64_C(0xeec00000), UINT64_C(256) << 20, RESERVED);
		add(&map, FOUR_GIB, vmm->high_size, RAM);
		add(&map, HIGH_MEMORY, vmm->low_size - HIGH_MEMORY, RAM);
	} else {
		add(&map, 0, CLOUD_RSDP, RAM);
		add(&map, HIGH_MEMORY, vmm->low_size - HIGH_MEMORY, RAM);
		add(&map, FOUR_GIB, vmm->high_size, RAM);
		add(&map, UINT64_C(0xe8000000), UINT64_C(256) << 20, RESERVED);
	}
	return map.count;
}

void load(struct vmm *vmm, const char *kernel, const char *initrd, const char *line)
{
	struct hvm_start_info start = {
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.cmdline_paddr = COMMAND_LINE,
		.memmap_paddr = MEMORY_MAP,
	};

	load_kernel(vmm, map_file(kernel));
	if (initrd) {
		const struct file file = map_file(initrd);
		if (file.size > vmm->low_size)
			fail("the initrd is larger than memory");
		/* At the end of low memory, and without a command line. */
		const uint64_t at = (vmm->low_size - file.size) & ~(PAGE - 1);
		const struct hvm_modlist_entry module = { .paddr = at, .size = file.size };

		memcpy(guest(vmm, module.paddr, file.size), file.bytes, file.size);
		memcpy(guest(vmm, MODULE_LIST, sizeof(module)), &module, sizeof(module));
		start.nr_modules = 1;
		start.modlist_paddr = MODULE_LIST;
	}
	line = line ? line : "";
	memcpy(guest(vmm, COMMAND_LINE, strlen(line) + 1), line, strlen(line) + 1);
	start.memmap_entries = write_map(vmm);
	/* Firecracker leaves the search for ACPI's root pointer to the kernel. */
	start.rsdp_paddr = vmm->imitated == CLOUD_HYPERVISOR ? CLOUD_RSDP : 0;
	memcpy(guest(vmm, START_INFO, sizeof(start)), &start, sizeof(start));
}
