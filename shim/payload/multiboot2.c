/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiboot2 Specification 2.0, section 3.1, "OS image format". */
#include <shim/payload/multiboot.h>

#define MAGIC             0xe85250d6u
#define ARCHITECTURE_I386 0

enum {
	ARCHITECTURE = 4,
	LENGTH = 8,
	CHECKSUM = 12,
	HEADER_SIZE = 16,

	TAG_FLAGS = 2,
	TAG_SIZE = 4,
	TAG_HEADER = 8,
};

#define TAG_OPTIONAL 1u

enum tag_type {
	TAG_END = 0,
	TAG_REQUEST = 1,
	TAG_ADDRESSES = 2,
	TAG_ENTRY = 3,
	TAG_CONSOLE = 4,
	TAG_FRAMEBUFFER = 5,
	TAG_ALIGN_MODULES = 6,
	TAG_EFI_SERVICES = 7,
	TAG_EFI32_ENTRY = 8,
	TAG_EFI64_ENTRY = 9,
	TAG_RELOCATABLE = 10,
	TAG_TYPES,
};

/* Bytes that each kind of tag has at least. */
static const uint8_t tag_sizes[TAG_TYPES] = {
	[TAG_END] = 8, [TAG_REQUEST] = 8, [TAG_ADDRESSES] = 24, [TAG_ENTRY] = 12, [TAG_CONSOLE] = 12, [TAG_FRAMEBUFFER] = 20,
	[TAG_ALIGN_MODULES] = 8, [TAG_EFI_SERVICES] = 8, [TAG_EFI32_ENTRY] = 12, [TAG_EFI64_ENTRY] = 12,
	[TAG_RELOCATABLE] = 24,
};

/* Section 3.6 has information of these types; a loader gives what is there of those that it is asked for. */
#define INFORMATION_TYPES 22

/* What the tags say so far. */
struct reading {
	struct span file;
	uint64_t header;
	bool has_addresses, has_efi_entry;
	struct multiboot_addresses addresses;
};

static bool adds_up(struct span file, uint64_t at)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < HEADER_SIZE; i += 4)
		sum += span_u32(file, at + i);
	return sum == 0;
}

bool multiboot2_find(struct span file, uint64_t *offset)
{
	for (*offset = 0; *offset + HEADER_SIZE <= MULTIBOOT2_AREA; *offset += MULTIBOOT2_STEP)
		if (span_u32(file, *offset) == MAGIC && span_has(file, *offset, HEADER_SIZE) &&
		    span_u32(file, *offset + ARCHITECTURE) == ARCHITECTURE_I386 && adds_up(file, *offset))
			return true;
	return false;
}

static struct error read_request(struct span tag)
{
	for (uint64_t at = TAG_HEADER; span_has(tag, at, 4); at += 4)
		if (span_u32(tag, at) >= INFORMATION_TYPES)
			return error_make(ERROR_MULTIBOOT_REQUEST, NULL, INFORMATION_TYPES - 1, span_u32(tag, at));
	return error_none();
}

static struct error read_relocatable(struct span tag, struct multiboot_kernel *out)
{
	/* The highest address is one that the image may still end at. */
	out->lowest = span_u32(tag, 8);
	out->end = span_u32(tag, 12);
	out->alignment = span_u32(tag, 16) != 0 ? span_u32(tag, 16) : 1;
	if ((out->alignment & (out->alignment - 1)) != 0)
		return error_make(ERROR_MULTIBOOT_ADDRESS, "align", 0, out->alignment);
	if (out->end <= out->lowest)
		return error_make(ERROR_MULTIBOOT_ADDRESS, "max_addr", 0, out->end);
	if (span_u32(tag, 20) > MULTIBOOT_HIGHEST)
		return error_make(ERROR_MULTIBOOT_ADDRESS, "preference", 0, span_u32(tag, 20));
	out->preference = span_u32(tag, 20);
	out->relocatable = true;
	return error_none();
}

/* The lowest address may be given as -1: the file is loaded from its beginning. */
static void read_addresses(struct span tag, struct reading *reading)
{
	reading->has_addresses = true;
	reading->addresses = (struct multiboot_addresses){
		.header = span_u32(tag, 8),
		.load = span_u32(tag, 12),
		.load_end = span_u32(tag, 16),
		.bss_end = span_u32(tag, 20),
	};
	if (reading->addresses.load == UINT32_MAX)
		reading->addresses.load = reading->addresses.header - reading->header;
}

static struct error read_tag(enum tag_type type, struct span tag, struct reading *reading, struct multiboot_kernel *out)
{
	switch (type) {
	case TAG_REQUEST:
		return read_request(tag);
	case TAG_FRAMEBUFFER:
		return error_make(ERROR_MULTIBOOT_FRAMEBUFFER, NULL, 0, 0);
	case TAG_RELOCATABLE:
		return read_relocatable(tag, out);
	case TAG_ADDRESSES:
		read_addresses(tag, reading);
		return error_none();
	case TAG_ENTRY:
		out->has_entry = true;
		out->entry = span_u32(tag, 8);
		return error_none();
	case TAG_EFI32_ENTRY:
	case TAG_EFI64_ENTRY:
		reading->has_efi_entry = true;
		return error_none();
	default:
		/* Modules lie on pages; the console is what it is; that firmware's services may be there is no demand. */
		return error_none();
	}
}

/* A tag that is optional asks for what it can get. */
static bool is_passed_over(enum tag_type type, uint32_t flags)
{
	return (flags & TAG_OPTIONAL) && (type == TAG_REQUEST || type == TAG_FRAMEBUFFER || type >= TAG_TYPES);
}

static struct error read_tags(struct span header, struct reading *reading, struct multiboot_kernel *out)
{
	uint64_t at = HEADER_SIZE;
	struct span tag;

	while (span_has(header, at, TAG_HEADER)) {
		uint32_t type = span_u16(header, at), size = span_u32(header, at + TAG_SIZE);

		if (size < TAG_HEADER || !span_cut(header, at, size, &tag))
			return error_make(ERROR_MULTIBOOT_HEADER_TAG, NULL, size, type);
		if (type == TAG_END)
			return error_none();
		if (!is_passed_over(type, span_u16(tag, TAG_FLAGS))) {
			if (type >= TAG_TYPES)
				return error_make(ERROR_MULTIBOOT_UNKNOWN, NULL, TAG_TYPES - 1, type);
			if (size < tag_sizes[type])
				return error_make(ERROR_MULTIBOOT_HEADER_TAG, NULL, size, type);
			TRY(read_tag(type, tag, reading, out));
		}
		at += (size + UINT64_C(7)) & ~UINT64_C(7);
	}
	/* The length ends the tags where no tag does. */
	return error_none();
}

struct error multiboot2_parse(struct span file, uint64_t offset, struct multiboot_kernel *out)
{
	struct reading reading = { .file = file, .header = offset };
	struct span header;

	if (!span_cut(file, offset, span_u32(file, offset + LENGTH), &header))
		return error_make(ERROR_MULTIBOOT_HEADER_TAG, NULL, span_u32(file, offset + LENGTH), TAG_END);
	TRY(read_tags(header, &reading, out));
	if (!reading.has_addresses)
		return error_none();
	if (!out->has_entry && reading.has_efi_entry)
		return error_make(ERROR_MULTIBOOT_EFI_ONLY, NULL, 0, 0);
	if (!out->has_entry)
		return error_make(ERROR_MULTIBOOT_ADDRESS, "the entry address, which is missing", 0, 0);
	return multiboot_flat(file, offset, &reading.addresses, out);
}
