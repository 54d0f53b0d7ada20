/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/span.h>
#include <shim/payload/elf.h>
#include <tools/initrd.h>
#include <tools/stream.h>

/* The bytes at the beginning of a part that tell what it is. */
#define FIRST 8

/* What a compressed part unpacks to. */
struct content {
	struct cpio cpio;
	uint8_t first[FIRST];
	unsigned first_size;
	bool is_cpio;
	/* Behind the archives lies something that is no archive. */
	bool has_junk;
};

/* The archives of one part, one behind the other. */
static void read_archives(struct content *content, struct span piece)
{
	while (piece.size != 0 && !content->has_junk) {
		const uint64_t taken = cpio_read(&content->cpio, piece);

		span_cut(piece, taken, piece.size - taken, &piece);
		if (piece.size == 0)
			return;
		content->has_junk = content->cpio.state != CPIO_DONE;
		content->cpio = (struct cpio){ .files = content->cpio.files };
	}
}

static void look(void *context, struct span piece)
{
	struct content *content = context;

	if (content->first_size == 0) {
		while (content->first_size < FIRST && content->first_size < piece.size) {
			content->first[content->first_size] = piece.at[content->first_size];
			content->first_size++;
		}
		content->is_cpio = cpio_is(span(content->first, content->first_size));
	}
	if (content->is_cpio)
		read_archives(content, piece);
}

static void read_compressed(struct span rest, struct initrd_part *part)
{
	struct content content = { .first_size = 0 };
	struct stream stream = { .packed = rest, .sink = look, .context = &content };

	part->is_broken = !stream_unpack(&stream, part->compression);
	part->lacks_memory = stream.lacks_memory;
	part->size = stream.taken;
	part->unpacked = stream.made;
	part->files = content.cpio.files;
	part->is_cpio = content.is_cpio;
	part->is_elf = elf_is(span(content.first, content.first_size));
	if (content.is_cpio && (content.has_junk || !cpio_may_end(&content.cpio)))
		part->is_broken = true;
}

static void read_plain(struct span rest, struct initrd_part *part)
{
	struct cpio cpio = { .position = 0 };

	part->is_cpio = true;
	part->size = part->unpacked = cpio_read(&cpio, rest);
	part->files = cpio.files;
	part->is_broken = !cpio_may_end(&cpio);
}

bool initrd_next(struct span file, uint64_t offset, struct initrd_part *part)
{
	struct span rest;

	while (offset < file.size && file.at[offset] == 0)
		offset++;
	*part = (struct initrd_part){ .offset = offset };
	if (!span_cut(file, offset, file.size - offset, &rest) || rest.size == 0)
		return false;
	part->compression = compression_of(rest);
	if (cpio_is(rest) && (offset & 3) == 0)
		read_plain(rest, part);
	else if (part->compression != COMPRESSION_NONE)
		read_compressed(rest, part);
	else
		part->is_broken = true;
	return true;
}
