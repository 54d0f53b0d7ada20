/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/elf_sections.h>
#include <shim/payload/linux_relocs.h>

#define WORD UINT64_C(4)
#define ELF64_HEADER_SIZE 64

/* Where the words of a list's entries are changed, 4 or 8 bytes. */
static uint64_t width_of(enum linux_reloc list)
{
	return list == LINUX_RELOC_64 ? 2 * WORD : WORD;
}

/* A list's entry is an address of the kernel's, extended by its sign; this is the physical one, by which segments are found. */
static uint64_t place_of(struct span list, uint64_t at)
{
	int32_t word;

	__builtin_memcpy(&word, list.at + at, sizeof(word));
	return (uint64_t)(int64_t)word - LINUX_KERNEL_MAP;
}

/* What one segment loads: so many bytes from `start` on can be the first of a word. */
struct loaded {
	uint64_t start;
	uint64_t words;
	const uint8_t *bytes;
};

static bool loads(const struct loaded *segment, uint64_t place)
{
	return place - segment->start < segment->words;
}

/* The segment that loads the whole word at a place; one that loads no word when there is none. */
static struct loaded find_segment(const struct elf_image *image, uint64_t place, uint64_t width)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segment[i];
		struct loaded found = {
			.start = segment->memory.start,
			.words = segment->file_size < width ? 0 : segment->file_size - width + 1,
			.bytes = image->file.at + segment->offset,
		};

		if (loads(&found, place))
			return found;
	}
	return (struct loaded){ 0 };
}

static const uint8_t *word_in(const struct loaded *segment, uint64_t place)
{
	return segment->bytes + (place - segment->start);
}

static uint64_t value_of(const uint8_t *word, uint64_t width)
{
	uint64_t value = 0;

	if (width == WORD)
		__builtin_memcpy(&value, word, WORD);
	else
		__builtin_memcpy(&value, word, 2 * WORD);
	return value;
}

/*
 * Whether a word is one that its list changes.  It holds an address of the kernel's: a physical one, in the first GiB, or a
 * virtual one, in the GiB from LINUX_KERNEL_MAP on (a word of 32 bits has its lower half).  In the inverse list the word is the
 * distance from such an address to the percpu section at 0.
 */
static bool is_changed(enum linux_reloc list, uint64_t value)
{
	switch (list) {
	case LINUX_RELOC_32:
		return !(value & GIB);
	case LINUX_RELOC_INVERSE:
		return value >> 30 == 1;
	default:
		return value < GIB || value - LINUX_KERNEL_MAP < GIB;
	}
}

static void leave_out(struct elf_image *image, struct range headers)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		struct elf_segment *segment = &image->segment[i];
		struct range bytes = { segment->offset, segment->offset + segment->file_size };

		if (range_overlaps(bytes, headers))
			segment->file_size = 0;
	}
}

/* The image with the segments only that hold none of the headers by which it is read: those are no place for a relocation. */
static struct elf_image without_headers(const struct elf_image *image)
{
	struct elf_image out = *image;
	uint32_t sections;
	uint64_t start;

	leave_out(&out, (struct range){ 0, ELF64_HEADER_SIZE });
	/* The caller has read them. */
	elf_section_count(image, &sections);
	if (sections == 0)
		return out;
	start = (uint64_t)(elf_section_header(image, 0).at - image->file.at);
	leave_out(&out, (struct range){ start, (uint64_t)(elf_section_header(image, sections - 1).at - image->file.at) + 1 });
	return out;
}

/* Each entry is above the one before, and shares no byte with it.  Each call is compiled for its own list. */
static inline struct error check_list(const struct elf_image *image, struct span list, enum linux_reloc which)
{
	const uint64_t width = width_of(which);
	struct loaded segment = { 0 };
	uint64_t lowest = 0;

	for (uint64_t at = 0; at < list.size; at += WORD) {
		uint64_t place = place_of(list, at), value;

		if (!loads(&segment, place))
			segment = find_segment(image, place, width);
		if (!loads(&segment, place))
			return error_make(ERROR_LINUX_RELOC_PLACE, NULL, width, place + LINUX_KERNEL_MAP);
		if (place < lowest)
			return error_make(ERROR_LINUX_RELOC_ORDER, NULL, 0, place + LINUX_KERNEL_MAP);
		lowest = place + width;
		value = value_of(word_in(&segment, place), width);
		if (!is_changed(which, value))
			return error_make(ERROR_LINUX_RELOC_VALUE, NULL, width, value);
	}
	return error_none();
}

/* Two lists in order share no byte.  The inverse one shares none with the others: no value is right for two. */
static struct error check_apart(struct span narrow, struct span wide)
{
	uint64_t other = 0;

	for (uint64_t at = 0; at < narrow.size; at += WORD) {
		uint64_t place = place_of(narrow, at);

		while (other < wide.size && place_of(wide, other) + 2 * WORD <= place)
			other += WORD;
		if (other < wide.size && place_of(wide, other) < place + WORD)
			return error_make(ERROR_LINUX_RELOC_ORDER, NULL, 0, place + LINUX_KERNEL_MAP);
	}
	return error_none();
}

/* The list that ends the bytes, behind a word of 0; the bytes then end before that.  False when no 0 is before it. */
static bool take_list(struct span *bytes, struct span *list)
{
	uint64_t start = bytes->size;

	while (start != 0 && value_of(bytes->at + start - WORD, WORD) != 0)
		start -= WORD;
	if (start == 0)
		return false;
	*list = span(bytes->at + start, bytes->size - start);
	bytes->size = start - WORD;
	return true;
}

struct error linux_relocs_find(const struct elf_image *image, struct linux_relocs *out)
{
	struct span found[LINUX_RELOCS] = { { 0 } }, bytes;
	struct linux_relocs relocs = { 0 };
	struct elf_image loaded;
	uint64_t end;

	*out = (struct linux_relocs){ 0 };
	TRY(elf_sections_end(image, &end));
	loaded = without_headers(image);
	bytes = span(image->file.at + end, image->file.size - end);
	if (bytes.size % WORD != 0)
		return error_make(ERROR_LINUX_RELOC_LISTS, NULL, WORD, bytes.size);
	while (relocs.lists < LINUX_RELOCS && bytes.size != 0 && take_list(&bytes, &found[relocs.lists]))
		relocs.lists++;
	if (bytes.size != 0 || relocs.lists == 1)
		return error_make(ERROR_LINUX_RELOC_LISTS, NULL, WORD, bytes.size);
	relocs.list[LINUX_RELOC_32] = found[0];
	if (relocs.lists == LINUX_RELOCS)
		relocs.list[LINUX_RELOC_INVERSE] = found[1];
	if (relocs.lists != 0)
		relocs.list[LINUX_RELOC_64] = found[relocs.lists - 1];
	TRY(check_list(&loaded, relocs.list[LINUX_RELOC_32], LINUX_RELOC_32));
	TRY(check_list(&loaded, relocs.list[LINUX_RELOC_INVERSE], LINUX_RELOC_INVERSE));
	TRY(check_list(&loaded, relocs.list[LINUX_RELOC_64], LINUX_RELOC_64));
	TRY(check_apart(relocs.list[LINUX_RELOC_32], relocs.list[LINUX_RELOC_64]));
	*out = relocs;
	return error_none();
}

bool linux_relocs_touch(const struct linux_relocs *relocs, uint64_t place, uint64_t size)
{
	struct span list = relocs->list[LINUX_RELOC_32];

	for (uint64_t at = 0; at < list.size; at += WORD)
		if (place_of(list, at) - place < size)
			return true;
	return false;
}

/* The file's bytes are in memory that the caller may write. */
static void add_to(const uint8_t *word, uint64_t width, uint64_t delta)
{
	uint64_t value = value_of(word, width) + delta;

	if (width == WORD)
		__builtin_memcpy((uint8_t *)word, &value, WORD);
	else
		__builtin_memcpy((uint8_t *)word, &value, 2 * WORD);
}

static inline void apply_list(const struct elf_image *image, struct span list, enum linux_reloc which, uint64_t delta)
{
	const uint64_t width = width_of(which);
	struct loaded segment = { 0 };

	if (which == LINUX_RELOC_INVERSE)
		delta = -delta;
	for (uint64_t at = 0; at < list.size; at += WORD) {
		uint64_t place = place_of(list, at);

		/* linux_relocs_find() has found each. */
		if (!loads(&segment, place))
			segment = find_segment(image, place, width);
		add_to(word_in(&segment, place), width, delta);
	}
}

void linux_relocs_apply(const struct elf_image *image, const struct linux_relocs *relocs, uint64_t delta)
{
	struct elf_image loaded = without_headers(image);
	uint32_t sections;

	apply_list(&loaded, relocs->list[LINUX_RELOC_32], LINUX_RELOC_32, delta);
	apply_list(&loaded, relocs->list[LINUX_RELOC_INVERSE], LINUX_RELOC_INVERSE, delta);
	apply_list(&loaded, relocs->list[LINUX_RELOC_64], LINUX_RELOC_64, delta);
	/* linux_relocs_find() has read them. */
	elf_section_count(image, &sections);
	for (uint32_t i = 0; i < sections; i++)
		if (elf_section_read(image, i).address - LINUX_KERNEL_MAP < GIB)
			add_to(elf_section_header(image, i).at + ELF64_SECTION_ADDRESS, 2 * WORD, delta);
}
