/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <shim/payload/modules.h>
#include <tools/modules_write.h>

#define MODULE_ALIGNMENT 16

static uint64_t aligned(uint64_t value)
{
	return (value + MODULE_ALIGNMENT - 1) & ~(uint64_t)(MODULE_ALIGNMENT - 1);
}

static uint64_t line_size(const struct module_parts *module)
{
	return module->line ? strlen(module->line) : 0;
}

/* Header and entries, then each module with its line behind it. */
bool modules_build(const struct module_parts *modules, unsigned count, struct span *out)
{
	const uint64_t start = sizeof(struct modules_header) + count * sizeof(struct modules_entry);
	struct modules_header header = { .magic = MODULES_MAGIC, .count = count };
	uint64_t size = start;
	uint8_t *section;

	for (unsigned i = 0; i < count; i++)
		size = aligned(size) + modules[i].bytes.size + line_size(&modules[i]);
	*out = span(NULL, 0);
	section = calloc(1, size);
	if (!section)
		return false;
	memcpy(section, &header, sizeof(header));
	size = start;
	for (unsigned i = 0; i < count; i++) {
		const struct module_parts *module = &modules[i];
		struct modules_entry entry = { .offset = aligned(size), .size = module->bytes.size };

		entry.line_offset = entry.offset + entry.size;
		entry.line_size = line_size(module);
		size = entry.line_offset + entry.line_size;
		memcpy(section + sizeof(header) + i * sizeof(entry), &entry, sizeof(entry));
		if (module->bytes.size != 0)
			memcpy(section + entry.offset, module->bytes.at, module->bytes.size);
		if (entry.line_size != 0)
			memcpy(section + entry.line_offset, module->line, entry.line_size);
	}
	*out = span(section, size);
	return true;
}
