/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiboot Specification 0.6.96, section 3.1, "OS image format". */
#include <shim/payload/multiboot.h>

#define MAGIC 0x1badb002u

enum {
	FLAGS = 4,
	CHECKSUM = 8,
	HEADER_SIZE = 12,
	HEADER_ADDRESS = 12,
	LOAD_ADDRESS = 16,
	LOAD_END_ADDRESS = 20,
	BSS_END_ADDRESS = 24,
	ENTRY_ADDRESS = 28,
	HEADER_SIZE_WITH_ADDRESSES = 32,
	VIDEO_MODE = 32,
};

/* Flags 0 to 15 must be understood.  Known are: modules on pages, the size of memory, a video mode. */
#define FLAGS_REQUIRED  0xffffu
#define FLAGS_KNOWN     0x0007u

bool multiboot1_find(struct span file, uint64_t end, uint64_t *offset)
{
	for (*offset = 0; *offset < end; *offset += MULTIBOOT1_STEP)
		if (span_u32(file, *offset) == MAGIC && span_has(file, *offset, HEADER_SIZE) &&
		    (uint32_t)(MAGIC + span_u32(file, *offset + FLAGS) + span_u32(file, *offset + CHECKSUM)) == 0)
			return true;
	return false;
}

struct multiboot1_header multiboot1_header_read(struct span file, uint64_t offset)
{
	return (struct multiboot1_header){
		.flags = span_u32(file, offset + FLAGS),
		.addresses = {
			.header = span_u32(file, offset + HEADER_ADDRESS),
			.load = span_u32(file, offset + LOAD_ADDRESS),
			.load_end = span_u32(file, offset + LOAD_END_ADDRESS),
			.bss_end = span_u32(file, offset + BSS_END_ADDRESS),
		},
		.entry = span_u32(file, offset + ENTRY_ADDRESS),
		.video_mode = span_u32(file, offset + VIDEO_MODE),
	};
}

struct error multiboot1_parse(struct span file, uint64_t offset, struct multiboot_kernel *out)
{
	struct multiboot1_header header = multiboot1_header_read(file, offset);
	uint32_t unknown = header.flags & FLAGS_REQUIRED & ~FLAGS_KNOWN;

	if (unknown != 0)
		return error_make(ERROR_MULTIBOOT_FLAG, NULL, FLAGS_KNOWN, unknown);
	if (!(header.flags & MULTIBOOT1_ADDRESSES))
		return error_none();
	if (!span_has(file, offset, HEADER_SIZE_WITH_ADDRESSES))
		return error_make(ERROR_MULTIBOOT_ADDRESS, "the header, which ends behind the file", 0, file.size);
	out->has_entry = true;
	out->entry = header.entry;
	return multiboot_flat(file, offset, &header.addresses, out);
}
