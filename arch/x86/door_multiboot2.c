/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multiboot2 door: GRUB and whatever else reads the specification (version 2.0, section 3.6 for the tags).
 */
#include <arch/x86/door_multiboot2.h>

#include <string.h>

#define TAG_END     0
#define TAG_CMDLINE 1
#define TAG_MODULE  3
#define TAG_MEMORY  6
#define TAG_SCREEN  8
#define TAG_TABLE   12
#define TAG_MAP     17
/* Only a kernel that asks for it is entered with firmware's boot services, which lull does not. */
#define TAG_BOOT_SERVICES 18

/* Fixed part of the tags that are read, in bytes. */
#define INFORMATION_HEADER 8
#define TAG_HEADER    8
#define MODULE_HEADER 16
#define MEMORY_HEADER 16
#define MEMORY_ENTRY  24

/* Copies the text of a tag, which must end inside it.  One that is too long for `out` breaks lull's limit, not the loader's. */
static struct error copy_text(struct span tag, uint64_t offset, char *out)
{
	uint64_t length = 0;

	out[0] = '\0';
	while (offset + length < tag.size && tag.at[offset + length] != '\0')
		length++;
	if (offset + length == tag.size)
		return error_make(ERROR_DOOR_CMDLINE, NULL, length, tag.size);
	if (length >= BOOT_CMDLINE_SIZE)
		return error_make(ERROR_CMDLINE_BUFFER, NULL, BOOT_CMDLINE_SIZE - 1, length);
	memcpy(out, tag.at + offset, length + 1);
	return error_none();
}

static struct error read_module(struct span tag, struct door_strings *strings, struct boot_info *info)
{
	if (info->module_count == BOOT_MAX_MODULES)
		return error_make(ERROR_MODULE_COUNT, NULL, BOOT_MAX_MODULES, BOOT_MAX_MODULES + 1);
	if (tag.size < MODULE_HEADER || span_u32(tag, 12) < span_u32(tag, 8))
		return error_make(ERROR_MULTIBOOT_TAG, NULL, MODULE_HEADER, tag.size);
	struct boot_module *module = &info->module[info->module_count];
	char *text = strings->module_cmdline[info->module_count];

	module->where = (struct range){ span_u32(tag, 8), span_u32(tag, 12) };
	module->cmdline = NULL;
	info->module_count++;
	if (tag.size == MODULE_HEADER)
		return error_none();
	TRY(copy_text(tag, MODULE_HEADER, text));
	if (text[0] != '\0')
		module->cmdline = text;
	return error_none();
}

static struct error read_memory_map(struct span tag, struct memory_map *memory)
{
	uint64_t step = span_u32(tag, 8);

	if (tag.size < MEMORY_HEADER || step < MEMORY_ENTRY)
		return error_make(ERROR_MULTIBOOT_TAG, NULL, MEMORY_ENTRY, step);
	memory->count = (tag.size - MEMORY_HEADER) / step;
	for (uint64_t i = 0; i < memory->count && i < BOOT_MAX_REGIONS; i++) {
		uint64_t at = MEMORY_HEADER + i * step;

		memory->region[i] = (struct region){ span_u64(tag, at), span_u64(tag, at + 8), span_u32(tag, at + 16) };
	}
	return error_none();
}

static struct error read_tag(uint32_t type, struct span tag, struct door_strings *strings, struct multiboot2_more *more,
			     struct boot_info *info)
{
	switch (type) {
	case TAG_CMDLINE:
		TRY(copy_text(tag, TAG_HEADER, strings->cmdline));
		info->cmdline = strings->cmdline;
		return error_none();
	case TAG_MODULE:
		return read_module(tag, strings, info);
	case TAG_MEMORY:
		return read_memory_map(tag, &info->memory);
	case TAG_SCREEN:
		more->screen = tag;
		return error_none();
	case TAG_TABLE:
		more->table = tag;
		return error_none();
	case TAG_MAP:
		more->map = tag;
		return error_none();
	case TAG_BOOT_SERVICES:
		return error_make(ERROR_EFI_BOOT_SERVICES, NULL, 0, type);
	default:
		return error_none();
	}
}

struct error multiboot2_read(uint32_t magic, uint64_t address, reach_function reach, struct door_strings *strings,
			     struct boot_info *info)
{
	if (magic != MULTIBOOT2_MAGIC)
		return error_make(ERROR_MULTIBOOT_MAGIC, NULL, MULTIBOOT2_MAGIC, magic);
	struct span head = reach(address, INFORMATION_HEADER);
	struct span all = reach(address, span_u32(head, 0));
	struct multiboot2_more more = { .screen = span("", 0), .table = span("", 0), .map = span("", 0) };

	for (uint64_t offset = INFORMATION_HEADER; offset < all.size;) {
		uint32_t type = span_u32(all, offset);
		uint32_t size = span_u32(all, offset + 4);
		struct span tag;

		if (size < TAG_HEADER || !span_cut(all, offset, size, &tag))
			return error_make(ERROR_MULTIBOOT_TAG, NULL, all.size, offset);
		if (type == TAG_END)
			return multiboot2_tell_linux(&more, reach, strings, info);
		TRY(read_tag(type, tag, strings, &more, info));
		offset += (size + UINT64_C(7)) & ~UINT64_C(7);
	}
	return error_make(ERROR_MULTIBOOT_TAG, NULL, all.size, all.size);
}
