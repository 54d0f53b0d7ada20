/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/multiboot.h>

bool multiboot_is(struct span file)
{
	uint64_t offset;

	return multiboot2_find(file, MULTIBOOT2_END, &offset) || multiboot1_find(file, MULTIBOOT1_END, &offset);
}

struct error multiboot_parse(struct span file, unsigned version, struct multiboot_kernel *out)
{
	uint64_t offset;

	*out = (struct multiboot_kernel){ .alignment = 1 };
	if (version != 1 && multiboot2_find(file, MULTIBOOT2_END, &offset)) {
		out->version = 2;
		return multiboot2_parse(file, offset, out);
	}
	if (version != 2 && multiboot1_find(file, MULTIBOOT1_END, &offset)) {
		out->version = 1;
		return multiboot1_parse(file, offset, out);
	}
	return error_make(ERROR_MULTIBOOT_NONE, version == 1 ? "multiboot1" : "multiboot2",
			  version == 1 ? MULTIBOOT1_AREA : MULTIBOOT2_AREA, file.size);
}

static struct error wrong_address(const char *field, uint64_t found)
{
	return error_make(ERROR_MULTIBOOT_ADDRESS, field, 0, found);
}

/* All sums are of 32-bit numbers and the size of something in memory. */
struct error multiboot_flat(struct span file, uint64_t offset, const struct multiboot_addresses *addresses,
			    struct multiboot_kernel *out)
{
	uint64_t before = addresses->header - addresses->load, size, end;

	if (addresses->load > addresses->header)
		return wrong_address("load_addr", addresses->load);
	if (before > offset)
		return wrong_address("header_addr", addresses->header);
	/* 0 is the end of the file. */
	size = addresses->load_end != 0 ? addresses->load_end - addresses->load : file.size - (offset - before);
	if ((addresses->load_end != 0 && addresses->load_end < addresses->load) || !span_has(file, offset - before, size))
		return wrong_address("load_end_addr", addresses->load_end);
	end = addresses->bss_end != 0 ? addresses->bss_end : addresses->load + size;
	if (end <= addresses->load || end < addresses->load + size || end > 4 * GIB)
		return wrong_address("bss_end_addr", end);
	out->is_flat = true;
	out->segment = (struct elf_segment){
		.offset = offset - before,
		.file_size = size,
		.memory = { addresses->load, end },
		.address = va(addresses->load),
		.flags = 7,
	};
	return error_none();
}

/* The physical address of a virtual one; that itself where no segment has it. */
static uint64_t physical(const struct elf_image *elf, uint64_t address)
{
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segment[i];
		uint64_t offset = address - segment->address.v;

		if (address >= segment->address.v && offset < range_size(segment->memory))
			return segment->memory.start + offset;
	}
	return address;
}

struct error multiboot_entry(const struct elf_image *elf, struct multiboot_kernel *kernel)
{
	if (!kernel->has_entry)
		kernel->entry = physical(elf, elf->entry.v);
	if (kernel->entry >= 4 * GIB || !elf_covers(elf, kernel->entry))
		return error_make(ERROR_MULTIBOOT_ENTRY, NULL, 0, kernel->entry);
	return error_none();
}
