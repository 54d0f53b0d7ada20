/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/elf_sections.h>
#include <shim/payload/linux_relocs.h>

#define WORD UINT64_C(4)
/* __START_KERNEL_map of page_64_types.h: a kernel is linked so far above its place in physical memory. */
#define KERNEL_MAP UINT64_C(0xffffffff80000000)

static bool is_loaded(const struct elf_image *image, uint64_t physical, uint64_t size)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		uint64_t inside = physical - image->segment[i].memory.start;

		if (inside <= image->segment[i].file_size && size <= image->segment[i].file_size - inside)
			return true;
	}
	return false;
}

static struct error check_places(const struct elf_image *image, struct span list, uint64_t size)
{
	for (uint64_t at = 0; at < list.size; at += WORD) {
		uint64_t address = (uint64_t)(int64_t)(int32_t)span_u32(list, at);

		if (!is_loaded(image, address - KERNEL_MAP, size))
			return error_make(ERROR_LINUX_RELOC_PLACE, NULL, size, address);
	}
	return error_none();
}

/* The list that ends the bytes, behind a word of 0; the bytes then end before that.  False when no 0 is before it. */
static bool take_list(struct span *bytes, struct span *list)
{
	uint64_t start = bytes->size;

	while (start != 0 && span_u32(*bytes, start - WORD) != 0)
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
	uint32_t lists = 0;
	uint64_t end;

	*out = (struct linux_relocs){ 0 };
	TRY(elf_sections_end(image, &end));
	bytes = span(image->file.at + end, image->file.size - end);
	if (bytes.size % WORD != 0)
		return error_make(ERROR_LINUX_RELOC_LISTS, NULL, WORD, bytes.size);
	while (lists < LINUX_RELOCS && bytes.size != 0 && take_list(&bytes, &found[lists]))
		lists++;
	if (bytes.size != 0 || lists == 1)
		return error_make(ERROR_LINUX_RELOC_LISTS, NULL, WORD, bytes.size);
	for (uint32_t i = 0; i < lists; i++)
		TRY(check_places(image, found[i], i + 1 == lists ? 2 * WORD : WORD));
	out->lists = lists;
	out->list[LINUX_RELOC_32] = found[0];
	if (lists == LINUX_RELOCS)
		out->list[LINUX_RELOC_INVERSE] = found[1];
	if (lists != 0)
		out->list[LINUX_RELOC_64] = found[lists - 1];
	return error_none();
}
