/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/image_file.h>
#include <shim/payload/initrds.h>
#include <shim/payload/pe.h>

#include <string.h>

#define SECTION_VIRTUAL_SIZE 8
#define SECTION_RAW_SIZE     16
#define SECTION_RAW_OFFSET   20
#define NAME_SIZE            8

static void put_place(uint8_t *header, uint32_t size, uint32_t offset)
{
	memcpy(header + SECTION_RAW_SIZE, &size, sizeof(size));
	memcpy(header + SECTION_RAW_OFFSET, &offset, sizeof(offset));
}

/*
 * Sections are in the file where they are in memory.  The picture has had its turn: it loses its bytes, or lull.elf would say that it
 * is not used.
 */
static void put_places(uint8_t *image, uint64_t image_size)
{
	struct span file = span(image, image_size);
	struct pe_header header = pe_header_read(file);

	for (uint32_t i = 0; i < header.section_count; i++) {
		struct pe_section_header section = pe_section_read(file, &header, i);
		uint32_t size = section.virtual_size != 0 ? section.virtual_size : section.raw_size;

		if (pe_name_is(section.name, ".splash"))
			size = 0;
		put_place(image + header.sections + (uint64_t)i * PE_SECTION_BYTES, size, section.address);
	}
}

/*
 * Makes a .initrd of the first section, which is the stub's own text and not for lull.elf; and of those that had this name, in the
 * base or in a profile, none.
 */
static void put_initrd(uint8_t *image, uint64_t size, uint64_t offset, uint64_t length)
{
	const uint32_t bytes = (uint32_t)length;
	struct span file = span(image, size);
	struct pe_header header = pe_header_read(file);

	for (uint32_t i = 0; i < header.section_count; i++)
		if (pe_name_is(pe_section_read(file, &header, i).name, addon_section_name(ADDON_INITRD)))
			memset(image + header.sections + (uint64_t)i * PE_SECTION_BYTES, 0, NAME_SIZE);
	memset(image + header.sections, 0, NAME_SIZE);
	memcpy(image + header.sections, addon_section_name(ADDON_INITRD), strlen(addon_section_name(ADDON_INITRD)));
	memcpy(image + header.sections + SECTION_VIRTUAL_SIZE, &bytes, sizeof(bytes));
	put_place(image + header.sections, bytes, (uint32_t)offset);
}

static uint64_t joined_size(struct span own, const struct addons *addons)
{
	uint64_t size = own.size;

	for (uint32_t i = 0; i < addons->count; i++)
		size = initrd_end(size, addons->section[i][ADDON_INITRD].size);
	return size;
}

static void join(uint8_t *to, struct span own, const struct addons *addons)
{
	uint64_t at = own.size;

	memcpy(to, own.at, own.size);
	for (uint32_t i = 0; i < addons->count; i++) {
		struct span part = addons->section[i][ADDON_INITRD];

		at = initrd_end(at, part.size);
		memcpy(to + at - part.size, part.at, part.size);
	}
}

struct error image_file_make(const struct addons *addons, struct range *out)
{
	const uint64_t size = firmware.loaded->ImageSize, offset = (size + PAGE_MASK) & ~PAGE_MASK;
	struct span own = image_section(addon_section_name(ADDON_INITRD));
	const uint64_t length = joined_size(own, addons);
	uint8_t *image = firmware.loaded->ImageBase;

	*out = (struct range){ (uint64_t)image, (uint64_t)image + size };
	if (length != own.size) {
		if (offset + length > UINT32_MAX)
			return error_make(ERROR_PE_SECTION_END, addon_section_name(ADDON_INITRD), UINT32_MAX, offset + length);
		TRY(firmware_allocate(offset + length, (void **)&image));
		memset(image + size, 0, offset + length - size);
		memcpy(image, firmware.loaded->ImageBase, size);
		join(image + offset, own, addons);
		*out = (struct range){ (uint64_t)image, (uint64_t)image + offset + length };
	}
	put_places(image, size);
	if (length != own.size)
		put_initrd(image, size, offset, length);
	return error_none();
}
