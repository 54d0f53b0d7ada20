/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include <core/addr.h>
#include <core/check.h>
#include <tools/embed.h>
#include <tools/message.h>

/* A shim opened by libelf: the section and the segment that hold the image. */
struct shim {
	Elf *elf;
	Elf_Scn *section;
	GElf_Shdr header;
	size_t segment_index;
	GElf_Phdr segment;
	/* Where the section was before it grew. */
	uint64_t old_offset;
};

static bool find_section(struct shim *shim)
{
	size_t names;

	if (elf_getshdrstrndx(shim->elf, &names) != 0)
		return false;
	shim->section = NULL;
	while ((shim->section = elf_nextscn(shim->elf, shim->section))) {
		const char *name;

		if (!gelf_getshdr(shim->section, &shim->header))
			continue;
		name = elf_strptr(shim->elf, names, shim->header.sh_name);
		if (name && strcmp(name, EMBED_SECTION) == 0)
			return shim->header.sh_type == SHT_PROGBITS && shim->header.sh_size >= EMBED_HEADER_SIZE;
	}
	return false;
}

/* True when the section is one PT_LOAD's whole content, and no other PT_LOAD lies behind it. */
static bool find_segment(struct shim *shim)
{
	size_t count;
	bool found = false;

	if (elf_getphdrnum(shim->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(shim->elf, (int)i, &segment) || segment.p_type != PT_LOAD)
			continue;
		if (segment.p_paddr >= shim->header.sh_addr + shim->header.sh_size)
			return false;
		if (segment.p_offset != shim->header.sh_offset || segment.p_filesz == 0)
			continue;
		shim->segment = segment;
		shim->segment_index = i;
		found = segment.p_vaddr == shim->header.sh_addr && segment.p_filesz == shim->header.sh_size &&
			segment.p_memsz == segment.p_filesz;
	}
	return found;
}

static bool shim_find(struct shim *shim, Elf *elf, struct span file, struct span *content)
{
	*shim = (struct shim){ .elf = elf };
	return elf && elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64 &&
	       find_section(shim) && find_segment(shim) &&
	       span_cut(file, shim->header.sh_offset, shim->header.sh_size, content) &&
	       span_is(*content, 0, EMBED_MAGIC, EMBED_MAGIC_SIZE);
}

bool embed_find(struct span file, struct span *image)
{
	struct shim shim;
	struct span content;
	bool found;

	*image = span(file.at, 0);
	if (elf_version(EV_CURRENT) == EV_NONE || file.size < EMBED_HEADER_SIZE)
		return false;
	/* libelf takes a pointer to char, and does not write through it. */
	shim.elf = elf_memory((char *)(uintptr_t)file.at, file.size);
	found = shim_find(&shim, shim.elf, file, &content);
	if (found && !span_cut(content, EMBED_HEADER_SIZE, span_u64(content, EMBED_MAGIC_SIZE), image))
		found = false;
	elf_end(shim.elf);
	return found;
}

/* Moves the section to the end of the file and lets it grow; libelf writes the rest back as it was. */
static bool grow(struct shim *shim, uint64_t file_size, struct span image, uint8_t *header)
{
	Elf_Data *head;
	Elf_Data *tail;
	const uint64_t alignment = shim->segment.p_align > PAGE_SIZE ? shim->segment.p_align : PAGE_SIZE;
	const uint64_t skew = shim->segment.p_vaddr & (alignment - 1);
	uint64_t offset;

	elf_flagelf(shim->elf, ELF_C_SET, ELF_F_LAYOUT);
	head = elf_getdata(shim->section, NULL);
	tail = elf_newdata(shim->section);
	if (!head || !tail || !round_up(file_size, alignment, &offset))
		return false;
	offset += skew;
	memcpy(header, EMBED_MAGIC, EMBED_MAGIC_SIZE);
	for (unsigned i = 0; i < 8; i++)
		header[EMBED_MAGIC_SIZE + i] = (uint8_t)(image.size >> 8 * i);
	head->d_buf = header;
	head->d_size = EMBED_HEADER_SIZE;
	tail->d_buf = (void *)(uintptr_t)image.at;
	tail->d_size = image.size;
	tail->d_off = EMBED_HEADER_SIZE;
	tail->d_align = 1;
	tail->d_type = ELF_T_BYTE;
	elf_flagdata(head, ELF_C_SET, ELF_F_DIRTY);
	elf_flagdata(tail, ELF_C_SET, ELF_F_DIRTY);

	shim->header.sh_size = EMBED_HEADER_SIZE + image.size;
	shim->header.sh_offset = offset;
	shim->segment.p_offset = offset;
	shim->segment.p_filesz = shim->segment.p_memsz = shim->header.sh_size;
	return gelf_update_shdr(shim->section, &shim->header) != 0 &&
	       gelf_update_phdr(shim->elf, (int)shim->segment_index, &shim->segment) != 0;
}

/* Sets the bytes [offset, offset + size) of a copy to what the original has there. */
static void forgive(uint8_t *copy, struct span original, uint64_t offset, uint64_t size)
{
	if (span_has(original, offset, size))
		memcpy(copy + offset, original.at + offset, size);
}

/* True when nothing of the shim changed but the two headers that say where the image is. */
static bool verify(const struct shim *shim, const struct output *out, struct span original, struct span image)
{
	struct span file, found;
	uint64_t size;
	uint8_t *copy;
	bool same = false;

	if (!file_read(out->temporary, FILE_MAX_SIZE, &file))
		return false;
	CHECK(embed_find(file, &found) && found.size == image.size && memcmp(found.at, image.at, image.size) == 0);
	copy = (uint8_t *)(uintptr_t)file.at;
	size = sizeof(Elf64_Phdr);
	forgive(copy, original, span_u64(original, 32) + shim->segment_index * size, size);
	size = sizeof(Elf64_Shdr);
	forgive(copy, original, span_u64(original, 40) + elf_ndxscn(shim->section) * size, size);
	forgive(copy, original, shim->old_offset, EMBED_HEADER_SIZE);
	same = memcmp(copy, original.at, original.size) == 0;
	file_release(&file);
	CHECK(same);
	return same;
}

bool embed_write(struct output *out, const char *name, struct span file, struct span image)
{
	uint8_t header[EMBED_HEADER_SIZE];
	struct span old;
	struct shim shim;
	bool found, done = false;

	if (!embed_find(file, &old)) {
		message("%s is no lull.elf: it does not end in a segment with one section %s", name, EMBED_SECTION);
		return false;
	}
	if (old.size != 0) {
		message("%s has an image in it already: give the lull.elf that make built", name);
		return false;
	}
	if (!output_write(out, file))
		return false;
	shim.elf = elf_begin(out->descriptor, ELF_C_RDWR, NULL);
	found = shim_find(&shim, shim.elf, file, &old);
	shim.old_offset = shim.header.sh_offset;
	if (found && shim.header.sh_addr + EMBED_HEADER_SIZE + image.size > 4 * GIB)
		message("%s: the image would end above 4 GiB, out of every loader's reach", out->name);
	else if (!found || !grow(&shim, file.size, image, header) || elf_update(shim.elf, ELF_C_WRITE) < 0)
		message("cannot write %s: %s", out->name, elf_errmsg(-1));
	else
		done = verify(&shim, out, file, image);
	elf_end(shim.elf);
	return done;
}
