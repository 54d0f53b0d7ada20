/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB on a PC.  A command gets its file through GRUB's filters, which unpack gzip, and xz and lzop where their modules are
 * loaded.
 */
#include <shim/payload/elf_sections.h>
#include <shim/payload/multiboot.h>
#include <tools/elf_programs.h>
#include <tools/loaders.h>

#define LINUX_HEADER_STRUCT   0x268
#define LINUX_MAX_SECTORS     64
#define LINUX_LOAD_ADDRESS    0x100000
#define SEARCH                8192
#define SEARCH_2              32768
/* Bits of the flags below 16 that GRUB does not know. */
#define UNSUPPORTED_FLAGS     0xfff8u

/* Where a PC has no memory: the frame buffer and the ROMs.  GRUB does not look. */
static const struct range hole = { 0xa0000, 0x100000 };

#define NO_MEMORY "It is loaded where a PC has no memory, from 0xa0000 to 1 MiB"

static const struct boot_file *filtered(const struct loader_file *file)
{
	const bool has_filter = file->compression == COMPRESSION_GZIP || file->compression == COMPRESSION_XZ ||
				file->compression == COMPRESSION_LZO;

	return has_filter ? &file->content : &file->plain;
}

struct verdict loader_grub_linux(const struct loader_file *in)
{
	const struct boot_file *file = filtered(in);
	const struct linux_header *setup = &file->setup;
	const uint64_t setup_size = ((setup->setup_sectors ? setup->setup_sectors : 4u) + 1) * UINT64_C(512);
	const uint64_t base = setup->protocol >= 0x20a && setup->relocatable ? setup->pref_address : LINUX_LOAD_ADDRESS;

	if (file->bytes.size < LINUX_HEADER_STRUCT)
		return refuses("Give it a bzImage", "The file is too short for a Linux");
	if (setup->boot_flag != 0xaa55)
		return refuses("Give it a bzImage; an ELF or a UKI is none", "There is no 0xaa55 at offset 0x1fe");
	if (setup->setup_sectors > LINUX_MAX_SECTORS)
		return refuses("Give it a bzImage", "It has %u sectors of setup code, more than 64", setup->setup_sectors);
	if (!setup->has_magic || setup->protocol < 0x203)
		return refuses("Use linux16", "It has no setup header, or one older than protocol 2.03");
	if (!(setup->loadflags & 1))
		return refuses("Use linux16", "It is a zImage: LOADED_HIGH is not set");
	if (LINUX_HEADER_BASE + (int8_t)setup->jump < LINUX_SETUP_HEADER)
		return misreads("Correct the jump at 0x200", "Its setup header ends behind 0x281: GRUB counts with a sign, and "
				"writes over its own memory");
	if (file->bytes.size < setup_size)
		return refuses("Give it the whole file", "The file ends inside its setup code");
	if (base > UINT64_MAX - setup->init_size)
		return misreads("Correct pref_address", "Its preferred place wraps around, and GRUB looks for memory there for ever");
	return takes("linux", base + setup->code32_start - LINUX_LOAD_ADDRESS);
}

/* Where the entry is in physical memory, once the file is loaded. */
static bool find_entry(struct span file, const struct elf_header *header, uint64_t *entry)
{
	for (uint32_t i = 0; i < header->program_count; i++) {
		const struct elf_program program = elf_program_at(file, header, i, header->program_bytes);

		if (program.address > header->entry || program.address + program.memory_size <= header->entry)
			continue;
		*entry = header->entry - program.address + program.physical;
		return *entry <= UINT32_MAX;
	}
	return false;
}

/* False where the section headers are not all there. */
static bool open_sections(struct span file, const struct elf_header *header, struct elf_image *image, uint32_t *count)
{
	*image = (struct elf_image){ .file = file, .is_64 = header->is_64 };
	return !failed(elf_section_count(image, count));
}

/* Sections without an address are loaded too, so that the kernel finds its symbols. */
static bool sections_are_there(struct span file, const struct elf_header *header)
{
	struct elf_image image;
	uint32_t count;

	if (!open_sections(file, header, &image, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct elf_section section = elf_section_read(&image, i);

		if (section.address == 0 && section.size != 0 && !span_has(file, section.offset, section.size))
			return false;
	}
	return true;
}

static bool has_relocations(struct span file, const struct elf_header *header)
{
	struct elf_image image;
	uint32_t count;

	if (!open_sections(file, header, &image, &count))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t type = elf_section_read(&image, i).type;

		if (type == ELF_SECTION_RELA || type == ELF_SECTION_REL)
			return true;
	}
	return false;
}

static struct verdict load_segments(struct span file, const struct elf_header *header)
{
	bool in_hole = false;

	for (uint32_t i = 0; i < header->program_count; i++) {
		const struct elf_program program = elf_program_at(file, header, i, header->program_bytes);
		struct range memory;

		if (program.type != ELF_PROGRAM_LOAD)
			continue;
		if (!range_make(program.physical, program.memory_size, &memory) || memory.end >= UINT64_C(1) << 32)
			return refuses("Link it below 4 GiB", "A segment ends above 4 GiB");
		in_hole = in_hole || range_overlaps(memory, hole);
		if (program.file_size != 0 && !span_has(file, program.offset, program.file_size))
			return refuses("Give it the whole file", "The file ends inside a segment");
	}
	return in_hole ? takes_but("", 0, "Link it at 1 MiB or above", NO_MEMORY) : takes("", 0);
}

/* multiboot_elfxx.c; `search` is how much of the file GRUB has read by then. */
static struct verdict load_elf(struct span file, uint64_t search, bool is_2, const char *door)
{
	const struct elf_header header = elf_header_read(file);
	const uint64_t table = header.programs + (uint64_t)header.program_count * header.program_bytes;
	struct verdict verdict;
	uint64_t entry;

	if (!elf_is(file) || header.byte_order != ELF_DATA_LITTLE)
		return refuses("Link it as an ELF, or fill in the header's address fields",
			       "It has a %s header, but is no ELF file and has no load addresses", door);
	if (header.machine != (header.is_64 ? ELF_MACHINE_X86_64 : ELF_MACHINE_386) || header.version != 1)
		return refuses("Link it as elf32-i386 or elf64-x86-64", "The ELF's class does not fit its machine");
	if (header.type != ELF_TYPE_EXECUTABLE && header.type != ELF_TYPE_DYNAMIC)
		return refuses("Link it", "The ELF is no executable");
	if (table > search)
		return refuses("Move the program headers to the front", "The program headers end behind the first %llu bytes",
			       (unsigned long long)search);
	verdict = load_segments(file, &header);
	if (verdict.answer != ANSWER_TAKES)
		return verdict;
	if (!find_entry(file, &header, &entry))
		return refuses("Correct e_entry", "e_entry, 0x%llx, is in no segment, or above 4 GiB",
			       (unsigned long long)header.entry);
	if (is_2 && has_relocations(file, &header))
		return refuses("Strip it (objcopy --strip-all)", "It has a section of relocations");
	if (!sections_are_there(file, &header))
		return refuses("Give it the whole file, or strip it", "The file ends inside a section, or the section headers");
	verdict.door = door;
	verdict.entry = entry;
	return verdict;
}

/* By the addresses of a header, which is at `header` of the file; GRUB reckons in 32 bits. */
static struct verdict load_raw(const char *door, struct span file, uint32_t entry, const struct multiboot_addresses *raw,
			       uint64_t header)
{
	const uint64_t offset = (uint32_t)(header - (raw->header - raw->load));
	const uint64_t size = raw->load_end ? (uint32_t)(raw->load_end - raw->load) : file.size - offset;
	const uint64_t all = raw->bss_end ? (uint32_t)(raw->bss_end - raw->load) : size;
	struct range memory;

	if (offset > file.size)
		return refuses("Correct header_addr and load_addr", "They mean bytes that are not in the file");
	if (all < size)
		return misreads("Correct bss_end_addr", "bss_end_addr lies in front of the end of the data, and GRUB writes over "
				"its own memory");
	if (!range_make(raw->load, all, &memory) || memory.end > UINT64_C(1) << 32)
		return refuses("Load it below 4 GiB", "Its %s header loads it above 4 GiB", door);
	if (range_overlaps(memory, hole))
		return takes_but(door, entry, "Load it at 1 MiB or above", NO_MEMORY);
	return takes(door, entry);
}

struct verdict loader_grub_multiboot(const struct loader_file *in)
{
	const struct span file = filtered(in)->bytes;
	const uint64_t head = file.size < SEARCH ? file.size : SEARCH;
	struct multiboot1_header header;
	struct span start;
	uint64_t at;

	span_cut(file, 0, head, &start);
	if (head < 32 || !multiboot1_find(start, head - 11, &at))
		return refuses("Give it a multiboot kernel, or a bzImage to the command linux",
			       "There is no multiboot header in its first 8192 bytes");
	header = multiboot1_header_read(start, at);
	if (header.flags & UNSUPPORTED_FLAGS)
		return refuses("Clear them", "Its multiboot header requires what GRUB does not know: flags 0x%x", header.flags);
	if ((header.flags & MULTIBOOT1_VIDEO) && header.video_mode > 1)
		return refuses("Set it to 0 or 1", "Its multiboot header asks for a graphics mode of type %u", header.video_mode);
	if (!(header.flags & MULTIBOOT1_ADDRESSES))
		return load_elf(file, SEARCH, false, "multiboot");
	return load_raw("multiboot", file, header.entry, &header.addresses, at);
}

/* What the tags of a multiboot2 header ask for. */
struct tags {
	bool has_addresses, has_entry;
	struct multiboot_addresses addresses;
	uint32_t entry;
	/* Tag 10: the lowest and the highest address that it may lie at. */
	bool relocatable;
	uint32_t lowest, highest;
};

/* The last kind of information that GRUB has. */
#define REQUEST_KNOWN_TO 21

/* The kinds of information that an information request may name. */
static bool requests_unknown(struct span file, const struct multiboot2_tag *tag, uint32_t *unknown)
{
	for (uint64_t at = 8; at + 4 <= tag->size; at += 4) {
		*unknown = span_u32(file, tag->offset + at);
		if (*unknown > REQUEST_KNOWN_TO)
			return true;
	}
	return false;
}

/* The entry for EFI of 32 bits is none that it knows. */
static bool is_known(uint16_t type)
{
	return type < MULTIBOOT2_TAG_TYPES && type != MULTIBOOT2_TAG_EFI32_ENTRY;
}

static struct verdict read_tags(struct span file, uint64_t at, struct tags *out)
{
	struct multiboot2_tag tag;
	uint32_t unknown;

	*out = (struct tags){ .has_entry = false };
	while (multiboot2_tag_next(file, &at, &tag)) {
		if (tag.type == MULTIBOOT2_TAG_END)
			return takes("multiboot2", 0);
		if (tag.size == 0)
			break;
		if (!is_known(tag.type) && !(tag.flags & MULTIBOOT2_OPTIONAL))
			return refuses("Mark it optional", "GRUB does not know tag %u of its multiboot2 header", tag.type);
		if (tag.type == MULTIBOOT2_TAG_REQUEST && !(tag.flags & MULTIBOOT2_OPTIONAL) && requests_unknown(file, &tag, &unknown))
			return refuses("Mark the request optional", "It requires information of type %u, which GRUB does not have",
				       unknown);
		if (tag.type == MULTIBOOT2_TAG_ADDRESSES) {
			out->has_addresses = true;
			out->addresses = multiboot2_addresses_read(file, tag.offset);
		}
		if (tag.type == MULTIBOOT2_TAG_RELOCATABLE) {
			out->relocatable = true;
			out->lowest = span_u32(file, tag.offset + MULTIBOOT2_TAG_HEADER_SIZE);
			out->highest = span_u32(file, tag.offset + MULTIBOOT2_TAG_HEADER_SIZE + 4);
		}
		if (tag.type == MULTIBOOT2_TAG_ENTRY) {
			out->has_entry = true;
			out->entry = span_u32(file, tag.offset + MULTIBOOT2_TAG_HEADER_SIZE);
		}
	}
	return misreads("End the tags with one of type 0", "The tags of its multiboot2 header have no end, and GRUB reads on behind "
			"what it has read of the file");
}

/* From the first byte of its segments to the last. */
static uint64_t segments_size(struct span file)
{
	const struct elf_header header = elf_header_read(file);
	struct range all = { UINT64_MAX, 0 };

	for (uint32_t i = 0; i < header.program_count; i++) {
		const struct elf_program program = elf_program_at(file, &header, i, header.program_bytes);
		const uint64_t end = program.physical + program.memory_size;

		if (program.type != ELF_PROGRAM_LOAD)
			continue;
		all.start = program.physical < all.start ? program.physical : all.start;
		all.end = end > all.end ? end : all.end;
	}
	return all.start < all.end ? range_size(all) : 0;
}

/* GRUB asks only of a kernel that may be moved whether it finds a place, between the limits that its header has. */
static struct verdict judge_limits(struct verdict verdict, const struct tags *tags, uint64_t size)
{
	if (verdict.answer != ANSWER_TAKES || !tags->relocatable ||
	    (size <= tags->highest && tags->lowest <= tags->highest - size))
		return verdict;
	return refuses("Correct tag 10", "Its multiboot2 header says that it lies between 0x%x and 0x%x, where it does not fit",
		       tags->lowest, tags->highest);
}

/* How much memory load_raw() fills; what that does not take has none. */
static uint64_t raw_size(struct span file, const struct multiboot_addresses *raw, uint64_t header)
{
	const uint64_t offset = (uint32_t)(header - (raw->header - raw->load));

	return raw->bss_end ? (uint32_t)(raw->bss_end - raw->load) :
	       raw->load_end ? (uint32_t)(raw->load_end - raw->load) : file.size - offset;
}

struct verdict loader_grub_multiboot2(const struct loader_file *in)
{
	const struct span file = filtered(in)->bytes;
	const uint64_t head = file.size < SEARCH_2 ? file.size : SEARCH_2;
	struct span start;
	struct verdict verdict;
	struct tags tags;
	uint64_t header;

	span_cut(file, 0, head, &start);
	if (head < 32 || !multiboot2_find(start, head - 11, &header))
		return refuses("Give it a multiboot2 kernel, or a bzImage to the command linux",
			       "There is no multiboot2 header for i386 in its first 32768 bytes");
	verdict = read_tags(start, header + MULTIBOOT2_HEADER_SIZE, &tags);
	if (verdict.answer != ANSWER_TAKES)
		return verdict;
	if (!tags.has_addresses) {
		verdict = load_elf(file, SEARCH_2, true, "multiboot2");
		if (verdict.answer == ANSWER_TAKES && tags.has_entry)
			verdict.entry = tags.entry;
		return judge_limits(verdict, &tags, segments_size(file));
	}
	if (!tags.has_entry)
		return refuses("Add tag 3", "Its multiboot2 header has load addresses (tag 2) but no entry (tag 3)");
	if (tags.addresses.load == UINT32_MAX)
		tags.addresses.load = (uint32_t)(tags.addresses.header - header);
	verdict = load_raw("multiboot2", file, tags.entry, &tags.addresses, header);
	return judge_limits(verdict, &tags, raw_size(file, &tags.addresses, header));
}
