/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <shim/payload/initrds.h>
#include <shim/payload/payload.h>
#include <tools/file.h>
#include <tools/message.h>
#include <tools/modules_write.h>
#include <tools/pack_modules.h>

static bool is_too_large(const char *what, uint64_t size)
{
	if (size > PACK_MAX_SIZE)
		message("the %s are larger than %llu MiB together", what, (unsigned long long)(PACK_MAX_SIZE >> 20));
	return size > PACK_MAX_SIZE;
}

static uint64_t module_end(uint64_t start, struct span part)
{
	return initrd_start(start) + part.size;
}

/* Puts the initrds one behind the other, as every boot loader does that takes several. */
static bool join(const struct span *files, unsigned count, struct pack_modules *out)
{
	uint64_t size = 0;
	uint8_t *whole;

	out->is_the_file = count == 1;
	if (out->is_the_file) {
		out->initrd = files[0];
		return true;
	}
	for (unsigned i = 0; i < count; i++)
		size = module_end(size, files[i]);
	if (is_too_large("initrds", size))
		return false;
	whole = calloc(1, size + 1);
	if (!whole) {
		message("not enough memory for the initrds");
		return false;
	}
	out->initrd = span(whole, size);
	size = 0;
	for (unsigned i = 0; i < count; i++) {
		size = module_end(size, files[i]);
		if (files[i].size != 0)
			memcpy(whole + size - files[i].size, files[i].at, files[i].size);
	}
	return true;
}

/*
 * Whether the kernel takes each file by itself.  A single file without a line is an initrd to every kernel.  False too where
 * `kernel` is none, which pack says later.
 */
static bool takes_modules(const struct pack_request *request, struct span kernel)
{
	const struct payload_source source = {
		.module_count = 1,
		.module = { { kernel, 0 } },
		.cmdline = request->cmdline,
	};
	struct payload payload;

	if (request->initrd_count == 0 || (request->initrd_count == 1 && !request->initrd_line[0]))
		return false;
	return !failed(payload_find_any(source, &payload)) && !payload_joins_modules(&payload);
}

static bool collect(const struct pack_request *request, const struct span *files, struct pack_modules *out)
{
	struct module_parts parts[PACK_MAX_INITRDS];
	uint64_t size = 0;

	for (unsigned i = 0; i < request->initrd_count; i++) {
		parts[i] = (struct module_parts){ files[i], request->initrd_line[i] };
		size += files[i].size;
	}
	if (is_too_large("modules", size))
		return false;
	if (!modules_build(parts, request->initrd_count, &out->section))
		message("not enough memory for the modules");
	return out->section.size != 0;
}

bool pack_modules_make(const struct pack_request *request, struct span kernel, const struct span *files,
		       struct pack_modules *out)
{
	*out = (struct pack_modules){ .separate = takes_modules(request, kernel) };
	if (out->separate)
		return collect(request, files, out);
	for (unsigned i = 0; i < request->initrd_count; i++)
		if (request->initrd_line[i])
			message("warning: not used: --line \"%s\", because this kernel takes an initrd", request->initrd_line[i]);
	return join(files, request->initrd_count, out);
}

void pack_modules_release(struct pack_modules *modules)
{
	if (!modules->is_the_file)
		file_release(&modules->initrd);
	file_release(&modules->section);
}
