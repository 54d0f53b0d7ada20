/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/elf.h>
#include <tools/boot_file.h>

#define SECTOR 512

/* Xen and GRUB look for the payload behind so many sectors of setup code as the header says; 0 has no other meaning there. */
static void open_payload(struct boot_file *file)
{
	const uint64_t offset = (file->setup.setup_sectors + 1u) * (uint64_t)SECTOR + file->setup.payload_offset;
	struct error error;

	if (!file->setup.has_magic || !span_cut(file->bytes, offset, file->setup.payload_length, &file->payload))
		return;
	file->compression = compression_of(file->payload);
	if (elf_is(file->payload)) {
		file->vmlinux = file->payload;
		return;
	}
	if (file->compression == COMPRESSION_NONE)
		return;
	file->lacks_memory = !unpacked_kernel(file->payload, file->compression, &file->memory, &error);
	if (!file->lacks_memory && !failed(error))
		file->vmlinux = span(file->memory.at, file->memory.size);
}

static void open_boot_file(struct boot_file *out, struct span bytes)
{
	*out = (struct boot_file){ .bytes = bytes, .setup = linux_header_read(bytes), .payload = span(bytes.at, 0),
				   .vmlinux = span(bytes.at, 0) };
	open_payload(out);
}

static void open_content(struct loader_file *out, struct span file)
{
	struct error error;

	out->lacks_memory = !unpacked_file(file, out->compression, &out->memory, &error);
	if (!out->lacks_memory && !failed(error))
		open_boot_file(&out->content, span(out->memory.at, out->memory.size));
}

void loader_file_open(struct loader_file *out, struct span file)
{
	*out = (struct loader_file){ .compression = compression_of(file) };
	open_boot_file(&out->plain, file);
	if (out->plain.setup.has_magic || elf_is(file))
		out->compression = COMPRESSION_NONE;
	open_boot_file(&out->content, span(file.at, 0));
	if (out->compression != COMPRESSION_NONE)
		open_content(out, file);
	out->lacks_memory = out->lacks_memory || out->plain.lacks_memory || out->content.lacks_memory;
}

void loader_file_close(struct loader_file *file)
{
	unpacked_release(&file->plain.memory);
	unpacked_release(&file->content.memory);
	unpacked_release(&file->memory);
}
