/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/addon.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/line_out.h>
#include <shim/payload/uki.h>

#define NAME_ENDING      ".addon.efi"
#define NAME_ENDING_SIZE (sizeof(NAME_ENDING) - 1)

static const char *const section_names[ADDON_SECTIONS] = { ".cmdline", ".initrd", ".ucode" };

const char *addon_section_name(enum addon_section section) { return section_names[section]; }

bool addon_is_named(struct span name)
{
	if (name.size <= NAME_ENDING_SIZE)
		return false;
	for (uint64_t i = 0; i < NAME_ENDING_SIZE; i++) {
		const uint8_t letter = name.at[name.size - NAME_ENDING_SIZE + i];

		if ((letter >= 'A' && letter <= 'Z' ? letter + 'a' - 'A' : letter) != NAME_ENDING[i])
			return false;
	}
	return true;
}

static uint64_t behind_number(struct span text, uint64_t at)
{
	while (span_u8(text, at) >= '0' && span_u8(text, at) <= '9')
		at++;
	return at;
}

/* Of several "+" the first one counts, as systemd-stub has it (src/boot/util.c, remove_boot_count()). */
struct range addon_tries(struct span name)
{
	const struct range none = { 0, 0 };
	uint64_t start = 0, end;

	while (start < name.size && name.at[start] != '+')
		start++;
	end = behind_number(name, start + 1);
	if (end == start + 1)
		return none;
	if (span_u8(name, end) == '-') {
		const uint64_t done = end + 1;

		end = behind_number(name, done);
		if (end == done)
			return none;
	}
	return end == name.size || name.at[end] == '.' ? (struct range){ start, end } : none;
}

struct error addon_read(struct span headers, uint64_t size, bool is_loaded, struct addon *out)
{
	const struct uki_form form = { .loaded = is_loaded };
	struct range kernel;
	bool is_used = false;

	TRY(uki_check_pe(headers));
	if (uki_find(headers, form, ".linux", &kernel))
		return error_make(ERROR_ADDON_UKI, NULL, 0, range_size(kernel));
	uki_find(headers, form, ".uname", &out->uname);
	if (out->uname.end > size)
		return error_make(ERROR_PE_SECTION_END, ".uname", size, out->uname.end);
	for (unsigned i = 0; i < ADDON_SECTIONS; i++) {
		is_used = uki_find(headers, form, section_names[i], &out->section[i]) || is_used;
		if (out->section[i].end > size)
			return error_make(ERROR_PE_SECTION_END, section_names[i], size, out->section[i].end);
	}
	return is_used ? error_none() : error_make(ERROR_ADDON_EMPTY, NULL, 0, 0);
}

bool addon_is_for(struct span its_uname, struct span uname)
{
	its_uname = cmdline_before_nul(its_uname);
	uname = cmdline_before_nul(uname);
	if (its_uname.size == 0 || uname.size == 0)
		return true;
	return its_uname.size == uname.size && span_is(uname, 0, its_uname.at, its_uname.size);
}

struct error addon_line_add(struct addon_line *line, struct span section)
{
	struct line_out out = line_out_begin(line->text, sizeof(line->text), line->length);

	line_out_put_words(&out, cmdline_before_nul(section));
	TRY(line_out_end(&out));
	line->length = out.length;
	return error_none();
}
