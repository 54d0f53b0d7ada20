/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include <tools/embed.h>
#include <tools/subject.h>

/* Enough of a compressed file to see what is in it; lzop's blocks are 256 KiB. */
#define PEEK_SIZE (UINT64_C(1) << 20)

const char *subject_kind_name(enum subject_kind kind)
{
	static const char *const names[] = {
		[SUBJECT_UNKNOWN] = "unknown",
		[SUBJECT_EMPTY] = "empty",
		[SUBJECT_SHIM] = "lull-shim",
		[SUBJECT_PACKED] = "lull-packed",
		[SUBJECT_UKI] = "uki",
		[SUBJECT_BZIMAGE] = "linux-bzimage",
		[SUBJECT_ELF] = "elf",
		[SUBJECT_PE] = "pe",
		[SUBJECT_CPIO] = "cpio",
		[SUBJECT_COMPRESSED] = "compressed",
	};

	return names[kind];
}

struct span subject_inner(const struct subject *subject)
{
	return span(subject->inner.at, subject->inner.size);
}

/* The "new ASCII" archives, which Linux takes as an initrd. */
static bool is_cpio(struct span file)
{
	return span_is(file, 0, "070701", 6) || span_is(file, 0, "070702", 6);
}

static enum subject_kind kind_of(struct subject *subject)
{
	const struct span file = subject->file;

	if (file.size == 0)
		return SUBJECT_EMPTY;
	if (elf_is(file)) {
		if (!embed_find(file, &subject->embedded))
			return SUBJECT_ELF;
		return subject->embedded.size != 0 ? SUBJECT_PACKED : SUBJECT_SHIM;
	}
	if (uki_is(file))
		return SUBJECT_UKI;
	if (linux_is(file))
		return SUBJECT_BZIMAGE;
	if (uki_is_pe(file))
		return SUBJECT_PE;
	if (is_cpio(file))
		return SUBJECT_CPIO;
	subject->compression = compression_of(file);
	return subject->compression != COMPRESSION_NONE ? SUBJECT_COMPRESSED : SUBJECT_UNKNOWN;
}

static struct error read_elf(struct subject *subject, struct span file)
{
	TRY(elf_parse(file, &subject->elf));
	TRY(xen_notes_find(&subject->elf, &subject->notes));
	subject->has_elf = true;
	return error_none();
}

/* Unpacks all of it, or the limit's worth; NULL, or what is wrong. */
static const char *unpack_inner(struct subject *subject, struct span packed, uint64_t limit, enum unpack_result *result)
{
	free(subject->inner.at);
	*result = unpack(packed, subject->compression, limit, &subject->inner);
	if (*result == UNPACK_BROKEN)
		return "the compressed data is broken or cut short";
	if (*result == UNPACK_NO_MEMORY)
		return "not enough memory to unpack it";
	return NULL;
}

/*
 * The kernel inside a bzImage.  Its last four bytes are the unpacked size: gzip's own trailer, and for the other formats
 * a word that the kernel's build appends and that is no part of the data (arch/x86/boot/compressed/Makefile).
 */
static const char *open_bzimage(struct subject *subject)
{
	struct span packed = subject->bzimage.compressed;
	enum unpack_result result;
	const char *problem;
	uint64_t size;

	subject->compression = subject->bzimage.compression;
	if (packed.size < 4 || subject->compression == COMPRESSION_NONE)
		return "not compressed by anything known";
	size = span_u32(packed, packed.size - 4);
	if (size > UNPACK_LIMIT)
		return "it says that it unpacks to more than 1 GiB";
	if (subject->compression != COMPRESSION_GZIP)
		packed.size -= 4;
	/* One byte more than there should be, to see that there is none. */
	problem = unpack_inner(subject, packed, size + 1, &result);
	if (problem)
		return problem;
	if (subject->inner.size != size)
		return "it does not unpack to the size that it says";
	subject->inner_error = read_elf(subject, subject_inner(subject));
	return NULL;
}

static const char *open_compressed(struct subject *subject)
{
	enum unpack_result result;
	const char *problem = unpack_inner(subject, subject->file, PEEK_SIZE, &result);

	if (!problem && result == UNPACK_LIMITED && elf_is(subject_inner(subject)))
		problem = unpack_inner(subject, subject->file, UNPACK_LIMIT, &result);
	return problem;
}

void subject_examine(struct subject *subject, struct span file)
{
	*subject = (struct subject){ .file = file };
	subject->kind = kind_of(subject);
	switch (subject->kind) {
	case SUBJECT_SHIM:
	case SUBJECT_PACKED:
	case SUBJECT_ELF:
		subject->error = read_elf(subject, file);
		break;
	case SUBJECT_UKI:
		subject->error = uki_parse(file, &subject->uki);
		break;
	case SUBJECT_BZIMAGE:
		subject->error = linux_parse(file, &subject->bzimage);
		if (!failed(subject->error))
			subject->inner_problem = open_bzimage(subject);
		break;
	case SUBJECT_COMPRESSED:
		subject->inner_problem = open_compressed(subject);
		break;
	default:
		break;
	}
}

void subject_release(struct subject *subject)
{
	free(subject->inner.at);
	subject->inner.at = NULL;
}
