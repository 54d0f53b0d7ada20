/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <efi/addon_files.h>
#include <efi/addons.h>
#include <efi/firmware.h>
#include <shim/payload/cmdline.h>

#include <string.h>

static const EFI_GUID loaded_image = EFI_LOADED_IMAGE_PROTOCOL_GUID;

/* Those that firmware has loaded; what is not used of them is among them until the end. */
static EFI_HANDLE images[ADDONS_MOST];
static unsigned image_count;
static struct addon_name used[ADDONS_MOST];
/* Why others are not used. */
static struct {
	struct addon_name name;
	const char *why;
	EFI_STATUS status;
} unused[ADDONS_MOST];
static unsigned unused_count, left_out;

static void leave(const struct addon_name *name, const char *why, EFI_STATUS status)
{
	unused[unused_count].name = *name;
	unused[unused_count].why = why;
	unused[unused_count++].status = status;
}

/* The image of a file, as firmware loads it; empty when firmware does not. */
static struct span load(struct span bytes, EFI_STATUS *status)
{
	EFI_LOADED_IMAGE *image;
	EFI_HANDLE handle = NULL;

	*status = firmware.services->LoadImage(FALSE, firmware.image, firmware_memory_path(bytes), (void *)bytes.at, bytes.size, &handle);
	/* One that may not be started is loaded all the same, and has a handle. */
	if (EFI_ERROR(*status) && handle)
		firmware.services->UnloadImage(handle);
	if (EFI_ERROR(*status))
		return span("", 0);
	images[image_count++] = handle;
	image = firmware_protocol(handle, &loaded_image);
	return image ? span(image->ImageBase, image->ImageSize) : span("", 0);
}

static struct span section_of(struct span image, struct range where)
{
	struct span bytes;

	span_cut(image, where.start, range_size(where), &bytes);
	return bytes;
}

/* Why an image is no add-on of the kernel; NULL where it is one. */
static const char *read_image(struct span image, struct span uname, struct addon *out)
{
	struct error error = addon_read(image, image.size, true, out);

	if (failed(error))
		return error.code == ERROR_ADDON_UKI ? "it is a UKI" : "it has nothing that is used";
	return addon_is_for(section_of(image, out->uname), uname) ? NULL : "it is for a kernel of another release";
}

static void add(enum addon_place place, const struct addon_name *name, struct span uname, struct addons *out)
{
	struct span bytes = addon_files_read(place, name), image;
	EFI_STATUS status = EFI_SUCCESS;
	struct addon addon;
	const char *why;

	if (bytes.size == 0) {
		leave(name, "it cannot be read", EFI_SUCCESS);
		return;
	}
	image = load(bytes, &status);
	firmware_release((void *)bytes.at, bytes.size);
	why = image.size == 0 ? "firmware does not load it" : read_image(image, uname, &addon);
	if (why) {
		leave(name, why, status);
		return;
	}
	for (unsigned i = 0; i < ADDON_SECTIONS; i++)
		out->section[out->count][i] = section_of(image, addon.section[i]);
	out->section[out->count][ADDON_CMDLINE] = cmdline_before_nul(out->section[out->count][ADDON_CMDLINE]);
	used[out->count++] = *name;
}

static struct error join_lines(struct addons *out)
{
	for (uint32_t i = 0; i < out->count; i++)
		TRY(addon_line_add(&out->line, out->section[i][ADDON_CMDLINE]));
	return error_none();
}

struct error addons_read(struct span uname, struct addons *out)
{
	static struct addon_name names[ADDONS_MOST];
	unsigned room = ADDONS_MOST;

	out->count = 0;
	for (unsigned place = 0; place < ADDON_PLACES; place++) {
		unsigned count = addon_files_list(place, names, room);

		left_out += count > room ? count - room : 0;
		count = count > room ? room : count;
		for (unsigned i = 0; i < count; i++)
			add(place, &names[i], uname, out);
		room -= count;
	}
	return join_lines(out);
}

static void say_name(const struct addon_name *name)
{
	for (const CHAR16 *unit = name->text; *unit != 0; unit++)
		console_puts((char[]){ *unit > ' ' && *unit < 0x7f ? (char)*unit : '?', 0 });
}

void addons_warn_microcode(const struct addons *addons)
{
	for (uint32_t i = 0; i < addons->count; i++) {
		if (addons->section[i][ADDON_UCODE].size == 0)
			continue;
		console_printf("lull: warning not used: section %s of the add-on ", addon_section_name(ADDON_UCODE));
		say_name(&used[i]);
		console_puts("\n");
	}
}

void addons_warn(void)
{
	for (unsigned i = 0; i < unused_count; i++) {
		console_puts("lull: warning not used: the add-on ");
		say_name(&unused[i].name);
		console_printf(", because %s", unused[i].why);
		if (unused[i].status != EFI_SUCCESS)
			console_printf(", with status 0x%llx", (unsigned long long)unused[i].status);
		console_puts("\n");
	}
	if (left_out != 0)
		console_printf("lull: warning not used: %u add-ons, because there is room for %u\n", left_out, ADDONS_MOST);
}

void addons_release(void)
{
	while (image_count > 0)
		firmware.services->UnloadImage(images[--image_count]);
}
