/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <tools/embed.h>
#include <tools/subject.h>

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
		[SUBJECT_STORED] = "stored-kernel",
	};

	return names[kind];
}

struct span subject_inner(const struct subject *subject)
{
	return span(subject->inner.at, subject->inner.size);
}

static enum subject_kind kind_of(struct subject *subject)
{
	const struct span file = subject->file;

	if (file.size == 0)
		return SUBJECT_EMPTY;
	if (embed_find(file, &subject->embedded))
		return subject->embedded.size != 0 ? SUBJECT_PACKED : SUBJECT_SHIM;
	if (elf_is(file))
		return SUBJECT_ELF;
	if (uki_is(file))
		return SUBJECT_UKI;
	if (linux_is(file))
		return SUBJECT_BZIMAGE;
	if (uki_is_pe(file))
		return SUBJECT_PE;
	if (cpio_is(file))
		return SUBJECT_CPIO;
	if (stored_is(file))
		return SUBJECT_STORED;
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

/* The kernel inside a bzImage. */
static void open_bzimage(struct subject *subject)
{
	const struct linux_kernel *kernel = &subject->bzimage;

	subject->compression = kernel->compression;
	/* A kernel need not be in it: all else that is started like a Linux has its own code there. */
	if (kernel->payload_length == 0)
		return;
	subject->inner_error = linux_check_compressed(kernel);
	if (failed(subject->inner_error))
		return;
	subject->lacks_memory = !unpacked_kernel(kernel->compressed, kernel->compression, &subject->inner,
						 &subject->inner_error);
	if (!subject->lacks_memory && !failed(subject->inner_error))
		subject->inner_error = read_elf(subject, subject_inner(subject));
}

static void open_stored(struct subject *subject)
{
	subject->lacks_memory = !unpacked_stored(&subject->stored, &subject->inner, &subject->inner_error);
	if (!subject->lacks_memory && !failed(subject->inner_error))
		subject->inner_error = read_elf(subject, subject_inner(subject));
}

static struct error read_stored(struct subject *subject)
{
	TRY(stored_parse(subject->file, &subject->stored));
	return subject->stored.setup.size != 0 ? linux_parse_setup(subject->stored.setup, &subject->bzimage) : error_none();
}

/* What an archive unpacks to is nobody's memory; of what else is larger than any kernel, its size is known. */
static void open_compressed(struct subject *subject)
{
	initrd_next(subject->file, 0, &subject->first);
	if (subject->first.is_cpio)
		return;
	subject->lacks_memory = !unpacked_file(subject->file, subject->compression, &subject->inner, &subject->inner_error);
	if (subject->inner_error.code == ERROR_UNPACK_LONG && !subject->first.is_broken) {
		unpacked_release(&subject->inner);
		subject->inner_error = error_none();
	}
}

void subject_examine(struct subject *subject, struct span file)
{
	*subject = (struct subject){ .file = file };
	subject->kind = kind_of(subject);
	switch (subject->kind) {
	case SUBJECT_SHIM:
	case SUBJECT_PACKED:
	case SUBJECT_ELF:
		/* lull.bzimage is no ELF, and embed_find() has looked at its header. */
		if (elf_is(file))
			subject->error = read_elf(subject, file);
		break;
	case SUBJECT_UKI:
		subject->error = uki_parse(file, &subject->uki);
		break;
	case SUBJECT_BZIMAGE:
		subject->error = linux_parse(file, &subject->bzimage);
		if (!failed(subject->error))
			open_bzimage(subject);
		break;
	case SUBJECT_COMPRESSED:
		open_compressed(subject);
		break;
	case SUBJECT_STORED:
		subject->error = read_stored(subject);
		if (!failed(subject->error))
			open_stored(subject);
		break;
	default:
		break;
	}
}

void subject_release(struct subject *subject)
{
	unpacked_release(&subject->inner);
}
