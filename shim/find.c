/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/machine.h>
#include <shim/find.h>
#include <shim/memory/memory_map.h>
#include <shim/payload/cmdline.h>

static struct image image_at(struct range where)
{
	return (struct image){ span((const void *)where.start, range_size(where)), where.start };
}

/* True for RAM that is not the shim's own, nor in page 0, whose address is a null pointer.  From now on it can be read. */
static bool is_there(const struct boot_info *info, struct range range)
{
	if (range_empty(range))
		return true;
	return range.start >= PAGE_SIZE && memory_is_ram(&info->memory, range) && !range_overlaps(range, info->shim) &&
	       machine_reach(range);
}

static struct error gather(const struct boot_info *info, struct payload_source *source)
{
	struct range embedded;

	*source = (struct payload_source){
		.embedded = { info->embedded, (uint64_t)info->embedded.at },
		.module_count = info->module_count,
		.cmdline = info->cmdline,
		.added = info->added.line,
		.initrd = image_at(info->added.initrd),
		.xen_pv = info->door == DOOR_XEN_PV,
	};
	if (!range_make((uint64_t)info->embedded.at, info->embedded.size, &embedded) || !is_there(info, embedded))
		return error_make(ERROR_EMBEDDED_REACH, NULL, 0, info->embedded.size);
	for (uint32_t i = 0; i < info->module_count; i++) {
		const struct boot_module *module = &info->module[i];

		if (!is_there(info, module->where))
			return error_make(ERROR_MODULE_REACH, NULL, i, module->where.end);
		source->module[i] = image_at(module->where);
		source->module_cmdline[i] = module->cmdline;
	}
	return error_none();
}

struct error payload_from_door(const struct boot_info *info, struct payload *payload)
{
	struct payload_source source;

	TRY(gather(info, &source));
	return payload_find(&source, payload);
}

struct error payload_cmdline(const struct payload *payload, struct command_line *line)
{
	return cmdline_write(&payload->lines, payload->cmdline_limit, payload->cmdline_taker, line->text, sizeof(line->text));
}
