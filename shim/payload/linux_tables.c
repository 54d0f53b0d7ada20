/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/linux_tables.h>

/* What is executed, wherever it is. */
static void find_executed(const struct elf_image *image, struct sites_linux *out)
{
	struct elf_found found[SITES_LINUX_EXECUTABLE];

	out->executable_count = elf_sections_executed(image, SITES_LINUX_EXECUTABLE, found);
	for (uint32_t i = 0; i < out->executable_count; i++)
		out->executable[i] = (struct linked_bytes){ found[i].bytes, found[i].address.v };
}

struct error linux_tables_find(const struct elf_image *image, struct sites_linux *out)
{
	struct elf_found found[SITES_LINUX_SECTIONS];
	uint32_t tables = 0, texts = 0;

	*out = (struct sites_linux){ 0 };
	TRY(elf_sections_find(image, sites_linux_name, SITES_LINUX_SECTIONS, found));
	for (unsigned i = 0; i < SITES_LINUX_SECTIONS; i++) {
		out->wrong[i] = found[i].wrong;
		if (i < SITES_LINUX_ALTERNATIVES)
			TRY(found[i].wrong);
		if (found[i].bytes.size == 0 && !failed(found[i].wrong))
			continue;
		out->section[i] = (struct linked_bytes){ found[i].bytes, found[i].address.v };
		if (i < SITES_LINUX_ALTERNATIVES)
			texts++;
		else
			tables++;
	}
	if (!image->is_64 || texts == 0 || tables == 0)
		return error_make(ERROR_LINUX_NO_TABLES, NULL, SITES_LINUX_SECTIONS, texts + tables);
	find_executed(image, out);
	return error_none();
}
