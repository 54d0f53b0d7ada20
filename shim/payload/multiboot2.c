/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiboot2 Specification 2.0, section 3.1, "OS image format". */
#include <shim/payload/multiboot.h>

#define MAGIC             0xe85250d6u
#define ARCHITECTURE_I386 0

enum {
	ARCHITECTURE = 4,
	LENGTH = 8,
	CHECKSUM = 12,

	TAG_FLAGS = 2,
	TAG_SIZE = 4,
};

/* Bytes that each kind of tag has at least. */
static const uint8_t tag_sizes[MULTIBOOT2_TAG_TYPES] = {
	[MULTIBOOT2_TAG_END] = 8,
	[MULTIBOOT2_TAG_REQUEST] = 8,
	[MULTIBOOT2_TAG_ADDRESSES] = 24,
	[MULTIBOOT2_TAG_ENTRY] = 12,
	[MULTIBOOT2_TAG_CONSOLE] = 12,
	[MULTIBOOT2_TAG_FRAMEBUFFER] = 20,
	[MULTIBOOT2_TAG_ALIGN_MODULES] = 8,
	[MULTIBOOT2_TAG_EFI_SERVICES] = 8,
	[MULTIBOOT2_TAG_EFI32_ENTRY] = 12,
	[MULTIBOOT2_TAG_EFI64_ENTRY] = 12,
	[MULTIBOOT2_TAG_RELOCATABLE] = 24,
};

/* Types of information that section 3.6 has, 0 included; of those that a kernel requests it gets what is there. */
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

	for (unsigned i = 0; i < MULTIBOOT2_HEADER_SIZE; i += 4)
		sum += span_u32(file, at + i);
	return sum == 0;
}

bool multiboot2_find(struct span file, uint64_t end, uint64_t *offset)
{
	for (*offset = 0; *offset < end; *offset += MULTIBOOT2_STEP)
		if (span_u32(file, *offset) == MAGIC && span_has(file, *offset, MULTIBOOT2_HEADER_SIZE) &&
		    span_u32(file, *offset + ARCHITECTURE) == ARCHITECTURE_I386 && adds_up(file, *offset))
			return true;
	return false;
}

bool multiboot2_tag_next(struct span bytes, uint64_t *at, struct multiboot2_tag *out)
{
	if (!span_has(bytes, *at, MULTIBOOT2_TAG_HEADER_SIZE))
		return false;
	*out = (struct multiboot2_tag){ *at, span_u16(bytes, *at), span_u16(bytes, *at + TAG_FLAGS), span_u32(bytes, *at + TAG_SIZE) };
	*at += (out->size + UINT64_C(7)) & ~UINT64_C(7);
	return true;
}

struct multiboot_addresses multiboot2_addresses_read(struct span bytes, uint64_t tag)
{
	return (struct multiboot_addresses){
		.header = span_u32(bytes, tag + 8),
		.load = span_u32(bytes, tag + 12),
		.load_end = span_u32(bytes, tag + 16),
		.bss_end = span_u32(bytes, tag + 20),
	};
}

static struct error read_request(struct span tag)
{
	for (uint64_t at = MULTIBOOT2_TAG_HEADER_SIZE; span_has(tag, at, 4); at += 4)
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
	reading->addresses = multiboot2_addresses_read(tag, 0);
	if (reading->addresses.load == UINT32_MAX)
		reading->addresses.load = reading->addresses.header - reading->header;
}

static struct error read_tag(enum multiboot2_tag_type type, struct span tag, struct reading *reading, struct multiboot_kernel *out)
{
	switch (type) {
	case MULTIBOOT2_TAG_REQUEST:
		return read_request(tag);
	case MULTIBOOT2_TAG_FRAMEBUFFER:
		return error_make(ERROR_MULTIBOOT_FRAMEBUFFER, NULL, 0, 0);
	case MULTIBOOT2_TAG_RELOCATABLE:
		return read_relocatable(tag, out);
	case MULTIBOOT2_TAG_ADDRESSES:
		read_addresses(tag, reading);
		return error_none();
	case MULTIBOOT2_TAG_ENTRY:
		out->has_entry = true;
		out->entry = span_u32(tag, 8);
		return error_none();
	case MULTIBOOT2_TAG_EFI32_ENTRY:
	case MULTIBOOT2_TAG_EFI64_ENTRY:
		reading->has_efi_entry = true;
		return error_none();
	default:
		/* Modules lie on pages; the console is what it is; that firmware's services may be there is no demand. */
		return error_none();
	}
}

/* A tag that is optional asks for what it can get. */
static bool is_passed_over(enum multiboot2_tag_type type, uint32_t flags)
{
	return (flags & MULTIBOOT2_OPTIONAL) &&
	       (type == MULTIBOOT2_TAG_REQUEST || type == MULTIBOOT2_TAG_FRAMEBUFFER || type >= MULTIBOOT2_TAG_TYPES);
}

static struct error read_tags(struct span header, struct reading *reading, struct multiboot_kernel *out)
{
	uint64_t at = MULTIBOOT2_HEADER_SIZE;
	struct multiboot2_tag tag;
	struct span bytes;

	while (multiboot2_tag_next(header, &at, &tag)) {
		if (tag.size < MULTIBOOT2_TAG_HEADER_SIZE || !span_cut(header, tag.offset, tag.size, &bytes))
			return error_make(ERROR_MULTIBOOT_HEADER_TAG, NULL, tag.size, tag.type);
		if (tag.type == MULTIBOOT2_TAG_END)
			return error_none();
		if (is_passed_over(tag.type, tag.flags))
			continue;
		if (tag.type >= MULTIBOOT2_TAG_TYPES)
			return error_make(ERROR_MULTIBOOT_UNKNOWN, NULL, MULTIBOOT2_TAG_TYPES - 1, tag.type);
		if (tag.size < tag_sizes[tag.type])
			return error_make(ERROR_MULTIBOOT_HEADER_TAG, NULL, tag.size, tag.type);
		TRY(read_tag(tag.type, bytes, reading, out));
	}
	/* The length ends the tags where no tag does. */
	return error_none();
}

struct error multiboot2_parse(struct span file, uint64_t offset, struct multiboot_kernel *out)
{
	struct reading reading = { .file = file, .header = offset };
	struct span header;

	if (!span_cut(file, offset, span_u32(file, offset + LENGTH), &header))
		return error_make(ERROR_MULTIBOOT_HEADER_TAG, NULL, span_u32(file, offset + LENGTH), MULTIBOOT2_TAG_END);
	TRY(read_tags(header, &reading, out));
	if (!reading.has_addresses)
		return error_none();
	if (!out->has_entry && reading.has_efi_entry)
		return error_make(ERROR_MULTIBOOT_EFI_ONLY, NULL, 0, 0);
	if (!out->has_entry)
		return error_make(ERROR_MULTIBOOT_ADDRESS, "the entry address, which is missing", 0, 0);
	return multiboot_flat(file, offset, &reading.addresses, out);
}
