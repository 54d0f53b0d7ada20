/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/initrds.h>
#include <shim/payload/modules.h>

static uint64_t entry_at(uint64_t index)
{
	return sizeof(struct modules_header) + index * sizeof(struct modules_entry);
}

struct error modules_count(struct span section, uint64_t *count)
{
	if (!span_has(section, 0, sizeof(struct modules_header)) || !span_is(section, 0, MODULES_MAGIC, MODULES_MAGIC_SIZE))
		return error_make(ERROR_MODULES_SECTION, "no header in it", 0, section.size);
	*count = span_u64(section, offsetof(struct modules_header, count));
	if (*count > (section.size - sizeof(struct modules_header)) / sizeof(struct modules_entry))
		return error_make(ERROR_MODULES_SECTION, "a count of modules without their entries", 0, *count);
	return error_none();
}

struct error modules_entry_read(struct span section, uint64_t index, struct span *bytes, struct span *line)
{
	uint64_t at = entry_at(index);

	if (!span_cut(section, span_u64(section, at + offsetof(struct modules_entry, offset)),
		      span_u64(section, at + offsetof(struct modules_entry, size)), bytes) ||
	    !span_cut(section, span_u64(section, at + offsetof(struct modules_entry, line_offset)),
		      span_u64(section, at + offsetof(struct modules_entry, line_size)), line))
		return error_make(ERROR_MODULES_SECTION, "a module outside of it", 0, index);
	*line = cmdline_before_nul(*line);
	return error_none();
}

struct error modules_add(struct image image, struct span line, const char *name, struct payload *out)
{
	if (image.bytes.size == 0)
		return error_make(ERROR_INITRD_EMPTY, name, 1, 0);
	if (out->module_count == BOOT_MAX_MODULES)
		return error_make(ERROR_MODULE_COUNT, NULL, BOOT_MAX_MODULES, BOOT_MAX_MODULES + 1);
	out->module[out->module_count++] = (struct payload_module){ image, line, name };
	return error_none();
}

struct error modules_add_packed(struct image section, struct payload *out)
{
	uint64_t count;
	struct span bytes, line;

	TRY(modules_count(section.bytes, &count));
	for (uint64_t i = 0; i < count; i++) {
		TRY(modules_entry_read(section.bytes, i, &bytes, &line));
		TRY(modules_add(image_part(section, bytes), line, "the section .modules", out));
	}
	return error_none();
}

/*
 * True for an initrd without an archive: what gzip makes of nothing (RFC 1952; its one block is RFC 1951, section 3.2.6), or
 * nothing but zeros, which xl makes of that before Xen 4.20, since it unpacks modules.  A toolstack that starts no kernel without
 * an initrd, as that of Qubes OS, is given such a file by whoever has none.
 */
static bool holds_no_archive(struct span file)
{
	static const uint8_t magic[] = { 0x1f, 0x8b, 8 };
	/* The last block, which is empty; then the checksum and the size of nothing. */
	static const uint8_t end[] = { 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	uint64_t zeros = 0;

	while (zeros < file.size && file.at[zeros] == 0)
		zeros++;
	return zeros == file.size ||
	       (span_is(file, 0, magic, sizeof(magic)) && span_is(file, file.size - sizeof(end), end, sizeof(end)));
}

struct error modules_add_loaders(const struct payload_source *source, uint32_t first, struct payload *out)
{
	static const char *const names[BOOT_MAX_MODULES] = {
		"module 0", "module 1", "module 2", "module 3", "module 4", "module 5", "module 6", "module 7",
	};

	if (source->module_count > BOOT_MAX_MODULES)
		return error_make(ERROR_MODULE_COUNT, NULL, BOOT_MAX_MODULES, source->module_count);
	for (uint32_t i = first; i < source->module_count; i++) {
		struct span bytes = source->module[i].bytes;

		if (out->packed_modules == 0 || bytes.size == 0 || !holds_no_archive(bytes))
			TRY(modules_add(source->module[i], cmdline_of(source->module_cmdline[i]), names[i], out));
	}
	return error_none();
}

bool payload_joins_modules(const struct payload *payload)
{
	bool was_bzimage = payload->kind == PAYLOAD_LINUX_BZIMAGE || payload->bzimage.setup_header.size != 0;

	return payload->as_xen_pv || was_bzimage || payload->kind == PAYLOAD_LINUX_ELF64 || payload_is_linux_elf(payload);
}

uint64_t payload_modules_size(const struct payload *payload)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < payload->module_count; i++) {
		if (payload_joins_modules(payload))
			size = initrd_start(size);
		size += payload->module[i].image.bytes.size;
	}
	return size;
}

struct error modules_judge(const struct payload *payload)
{
	if (payload->as_xen_pv && payload->module_count > 1)
		return error_make(ERROR_MODULE_COUNT, NULL, 1, payload->module_count);
	for (uint32_t i = payload->packed_modules; i < payload->module_count && payload_joins_modules(payload); i++) {
		const struct payload_module *module = &payload->module[i];

		if (payload->packed_modules != 0)
			return error_make(ERROR_INITRD_TWICE, NULL, 1, module->image.bytes.size);
		if (payload_is_kernel(module->image.bytes))
			return error_make(ERROR_INITRD_KERNEL, module->name, 0, module->image.bytes.size);
	}
	return error_none();
}
