/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lull pack writes, read back: a UKI of any parts by uki_parse(), section for section and byte for byte, and by a
 * look at its headers as firmware looks; the same UKI in a made-up shim by embed_find() and by elf_parse().  A shim that is
 * damaged is refused, or changed in nothing but its image.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <core/embedded.h>
#include <shim/payload/elf.h>
#include <shim/payload/linux.h>
#include <shim/payload/uki.h>
#include <tests/unit/builder.h>
#include <tools/embed.h>
#include <tools/message.h>
#include <tools/uki_write.h>

#include "choices.h"
#include "fuzz.h"

static struct choices c;

/* Files that cannot be used are named to a user, who is not here. */
void message(const char *format, ...)
{
	(void)format;
}

void message_framed(const char *file, const struct error *error)
{
	(void)file;
	(void)error;
}

/* Bytes of their own, as many as they are, so that the address sanitiser sees one too many being read. */
static struct file some_bytes(uint64_t most)
{
	struct file file = file_new(once_in(&c, 4) ? 0 : once_in(&c, 4) ? 512 * below(&c, 5) : some_size(&c, most));

	fill(&c, file.at, file.size);
	return file;
}

static void damage(struct file shim)
{
	for (uint64_t i = 1 + below(&c, 3); i > 0; i--) {
		unsigned width = 1u << below(&c, 4);
		uint64_t at = below(&c, shim.size - width + 1) & ~(uint64_t)(width - 1);
		uint64_t value = once_in(&c, 2) ? below(&c, 2 * shim.size) : span_number(file_span(shim), at, width) + below(&c, 9) - 4;

		file_put(shim, at, value, width);
	}
}

static bool is_section(const struct uki *uki, enum uki_section kind, struct file part)
{
	if (uki->present[kind] != (part.size != 0) || uki->section[kind].size != part.size)
		return false;
	return part.size == 0 || span_is(uki->section[kind], 0, part.at, part.size);
}

/* Microsoft's "PE Format": sections ascend in file and memory without overlap, each aligned, all inside SizeOfImage. */
static void check_pe(struct span file)
{
	uint64_t pe = span_u32(file, 0x3c), optional = pe + 24, table = optional + span_u16(file, pe + 20);
	uint64_t raw = span_u32(file, optional + 60), address = raw, entry = span_u32(file, optional + 16);
	bool entry_found = false;

	PROMISE(span_is(file, 0, "MZ", 2) && span_is(file, pe, "PE\0\0", 4) && span_u16(file, optional) == 0x20b);
	PROMISE(table + 40 * span_u16(file, pe + 6) <= raw && raw % 512 == 0);
	for (unsigned i = 0; i < span_u16(file, pe + 6); i++, table += 40) {
		uint64_t here = span_u32(file, table + 12), size = span_u32(file, table + 8);

		PROMISE(here >= address && here % 4096 == 0 && size != 0);
		PROMISE(span_u32(file, table + 20) == raw && span_u32(file, table + 16) % 512 == 0);
		PROMISE(span_u32(file, table + 16) >= size && span_u32(file, table + 16) - size < 512);
		entry_found = entry_found || ((span_u32(file, table + 36) & 0x20000000) && entry >= here && entry < here + size);
		address = here + size;
		raw += span_u32(file, table + 16);
	}
	/* A container has none. */
	PROMISE((entry_found || entry == 0) && raw == file.size);
	PROMISE(span_u32(file, optional + 56) >= address && span_u32(file, optional + 56) % 4096 == 0);
}

/* The same, of a stub that is a container itself, with the version alone; it may be damaged, and is then refused or taken. */
static struct span make_with_stub(const struct uki_parts *parts)
{
	struct uki_parts own = { .uname = parts->uname, .osrel = parts->uname.size ? span(NULL, 0) : span("x", 1) };
	struct uki_parts rest = *parts;
	struct uki_stub stub;
	struct span bare, file;
	struct file damaged;

	PROMISE(uki_build(&own, &bare));
	damaged = file_new(bare.size);
	memcpy(damaged.at, bare.at, bare.size);
	damage(damaged);
	if (!failed(uki_stub_read(file_span(damaged), &stub)) && !failed(uki_build_stub(&stub, parts, &file)))
		free((void *)(uintptr_t)file.at);
	rest.uname = span(NULL, 0);
	PROMISE(!failed(uki_stub_read(bare, &stub)) && !failed(uki_build_stub(&stub, &rest, &file)) && file.size != 0);
	if (parts->uname.size != 0)
		PROMISE(failed(uki_build_stub(&stub, parts, &(struct span){ NULL, 0 })));
	/* More than a PE file can hold; none of it is read. */
	PROMISE(failed(uki_build_stub(&stub, &(struct uki_parts){ .kernel = span("", 4 * GIB) }, &(struct span){ NULL, 0 })));
	file_free(&damaged);
	free((void *)(uintptr_t)bare.at);
	return file;
}

/* The file, to be given back; an empty one when there was no kernel, without which it is no UKI. */
static struct span make_uki(void)
{
	struct file uname = some_bytes(100), cmdline = some_bytes(2048), initrd = some_bytes(20000), kernel = some_bytes(20000);
	struct uki_parts parts = { .uname = file_span(uname), .cmdline = file_span(cmdline), .initrd = file_span(initrd),
				   .kernel = file_span(kernel) };
	struct span file;
	struct uki uki;

	if (once_in(&c, 2))
		PROMISE(uki_build(&parts, &file));
	else
		file = make_with_stub(&parts);
	check_pe(file);
	PROMISE(failed(uki_parse(file, &uki)) == (kernel.size == 0));
	PROMISE(is_section(&uki, UKI_LINUX, kernel) && is_section(&uki, UKI_INITRD, initrd) &&
		is_section(&uki, UKI_CMDLINE, cmdline) && is_section(&uki, UKI_UNAME, uname));
	PROMISE(uki.unused == 0);
	file_free(&uname);
	file_free(&cmdline);
	file_free(&initrd);
	file_free(&kernel);
	return file;
}

/* A shim: text, perhaps data, and last a segment that is the section .payload. */
static struct file make_shim(uint64_t *base)
{
	uint8_t text[300], magic[EMBED_HEADER_SIZE] = EMBEDDED_MAGIC;
	unsigned last = (unsigned)below(&c, 3);
	struct elf_part part[3];
	struct file shim;
	uint64_t at;

	*base = once_in(&c, 20) ? 4 * GIB - some_size(&c, 64 * KIB) : MIB + below(&c, 64 * MIB);
	fill(&c, text, sizeof(text));
	for (unsigned i = 0; i < last; i++)
		part[i] = (struct elf_part){ 1, 5 + i, *base - 32 * KIB + i * 4096, *base - 32 * KIB + i * 4096, text,
					     below(&c, sizeof(text)), 4000, 4096 };
	part[last] = (struct elf_part){ 1, 4, *base, *base, magic, sizeof(magic), sizeof(magic), UINT64_C(1) << below(&c, 15) };
	shim = build_elf(64, part, last + 1);
	/* Text that spells Linux's mark where a bzImage has it (boot.rst, "header") would make it one. */
	if (linux_is(file_span(shim)))
		file_put(shim, 0x202, 0, 4);
	at = span_u64(file_span(shim), elf_field(64, last, "offset"));
	elf_add_sections(&shim, 64, (struct elf_named[]){
		{ ".text", 1, part[0].address, 64, 0 }, { EMBED_SECTION, 1, *base, at, sizeof(magic) },
	}, 2);
	return shim;
}

/* Where a loader puts the image: right behind the header, at the end of the last segment. */
static void check_loaded(struct span file, struct span image, uint64_t base)
{
	const struct elf_segment *last;
	struct elf_image elf;

	PROMISE(!failed(elf_parse(file, &elf)));
	last = &elf.segment[elf.segment_count - 1];
	PROMISE(last->memory.start == base && last->memory.end == base + EMBED_HEADER_SIZE + image.size);
	PROMISE(last->file_size == EMBED_HEADER_SIZE + image.size);
	/* Loaders that map pages want it where its page is. */
	PROMISE((last->offset - base) % PAGE_SIZE == 0);
	PROMISE(span_is(file, last->offset + EMBED_HEADER_SIZE, image.at, image.size));
}

static struct file read_back(int descriptor)
{
	struct file file = file_new((uint64_t)lseek(descriptor, 0, SEEK_END));

	PROMISE(pread(descriptor, file.at, file.size, 0) == (ssize_t)file.size);
	return file;
}

/* Nothing of the shim is changed but the two headers, of a segment and of a section, that say where the image is. */
static void check_unchanged(struct span shim, struct span written)
{
	uint64_t segments = span_u64(shim, 32), sections = span_u64(shim, 40), changed_segments = 0, changed_sections = 0;

	PROMISE(written.size > shim.size);
	for (uint64_t at = 0; at < shim.size; at++) {
		if (shim.at[at] == written.at[at])
			continue;
		if (at >= segments && at < segments + 56 * span_u16(shim, 56))
			changed_segments |= UINT64_C(1) << (at - segments) / 56;
		else if (at >= sections && at < sections + 64 * span_u16(shim, 60))
			changed_sections |= UINT64_C(1) << (at - sections) / 64;
		else
			PROMISE(false);
	}
	/* One each: a power of two. */
	PROMISE(changed_segments && !(changed_segments & (changed_segments - 1)));
	PROMISE(changed_sections && !(changed_sections & (changed_sections - 1)));
}

static void check_written(struct span shim, struct span written, struct span image, uint64_t base, bool is_damaged)
{
	struct span found;

	PROMISE(embed_find(written, &found) && found.size == image.size && span_is(found, 0, image.at, image.size));
	if (is_damaged)
		return;
	check_unchanged(shim, written);
	check_loaded(written, image, base);
}

static void embed(struct span image)
{
	uint64_t base;
	struct file shim = make_shim(&base), written;
	bool is_damaged = once_in(&c, 2), fits = base + EMBED_HEADER_SIZE + image.size <= 4 * GIB;
	struct output out = { .descriptor = memfd_create("fuzz", 0) };

	PROMISE(out.descriptor >= 0);
	if (is_damaged)
		damage(shim);
	if (embed_write(&out, "shim", file_span(shim), image)) {
		PROMISE(is_damaged || fits);
		written = read_back(out.descriptor);
		check_written(file_span(shim), file_span(written), image, base, is_damaged);
		file_free(&written);
	} else {
		PROMISE(is_damaged || !fits);
	}
	close(out.descriptor);
	file_free(&shim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span image, file = span(data, size);

	c = choices_of(file);
	/* Any file at all may be looked at. */
	if (embed_find(file, &image))
		PROMISE(lies_in(file, image));
	image = make_uki();
	if (once_in(&c, 4))
		embed(image);
	free((void *)(uintptr_t)image.at);
	return 0;
}
