/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <efi/addon_files.h>
#include <efi/firmware.h>
#include <shim/payload/addon.h>

#include <stddef.h>
#include <string.h>

#define NODE_HEADER    4
#define PATH_UNITS     512

static const EFI_GUID file_system = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static const CHAR16 all[] = L"\\loader\\addons", own_ending[] = L".extra.d";

/* A path in the making; what is too long for it leaves none. */
struct path {
	CHAR16 text[PATH_UNITS];
	unsigned length;
};

static void path_add(struct path *path, const CHAR16 *units, uint64_t count)
{
	for (uint64_t i = 0; i < count && units[i] != 0 && path->length < PATH_UNITS; i++)
		path->text[path->length++] = units[i];
}

/* What a name is in bytes, each at the same index; letters that ASCII lacks do not count.  Returns its length, at most `most`. */
static uint64_t narrow(const CHAR16 *name, uint64_t most, char *out)
{
	uint64_t length = 0;

	for (; length < most && name[length] != 0; length++)
		out[length] = name[length] < 0x80 ? (char)name[length] : '?';
	return length;
}

/* Takes out of a file's name how often it may still be started. */
static void path_drop_tries(struct path *path)
{
	char bytes[PATH_UNITS];
	unsigned start = path->length;
	struct range tries;

	while (start > 0 && path->text[start - 1] != '\\')
		start--;
	path->text[path->length] = 0;
	tries = addon_tries(span(bytes, narrow(path->text + start, PATH_UNITS, bytes)));
	memmove(path->text + start + tries.start, path->text + start + tries.end, (path->length - start - tries.end) * 2);
	path->length -= (unsigned)range_size(tries);
}

/* The file that the image is from, whose name may be in several nodes (UEFI 2.10, section 10.3.5.4). */
static void path_add_image(struct path *path)
{
	const uint8_t *node = (const uint8_t *)firmware.loaded->FilePath;

	while (node && node[0] != END_DEVICE_PATH_TYPE) {
		unsigned size = node[2] | node[3] << 8;

		if (size < NODE_HEADER)
			return;
		if (node[0] == MEDIA_DEVICE_PATH && node[1] == MEDIA_FILEPATH_DP) {
			const CHAR16 *units = (const CHAR16 *)(node + NODE_HEADER);
			uint64_t count = (size - NODE_HEADER) / 2;
			bool is_cut = path->length != 0 && path->text[path->length - 1] == '\\';

			/* One backslash between two nodes, whoever has it. */
			if (count != 0 && !is_cut && units[0] != '\\')
				path_add(path, L"\\", 1);
			if (count != 0 && is_cut && units[0] == '\\')
				units++, count--;
			path_add(path, units, count);
		}
		node += size;
	}
}

static EFI_FILE *open(EFI_FILE *in, CHAR16 *name)
{
	EFI_FILE *file = NULL;

	return EFI_ERROR(in->Open(in, &file, name, EFI_FILE_MODE_READ, 0)) ? NULL : file;
}

/* The directory of a place, to be closed; NULL when there is none. */
static EFI_FILE *open_place(enum addon_place place)
{
	static struct path path;
	EFI_FILE_IO_INTERFACE *files = firmware.loaded->DeviceHandle ? firmware_protocol(firmware.loaded->DeviceHandle, &file_system) : NULL;
	EFI_FILE *root = NULL, *found = NULL;

	path.length = 0;
	if (place == ADDON_PLACE_ALL) {
		path_add(&path, all, sizeof(all) / 2);
	} else {
		path_add_image(&path);
		if (path.length != 0 && path.length < PATH_UNITS)
			path_drop_tries(&path);
		if (path.length != 0)
			path_add(&path, own_ending, sizeof(own_ending) / 2);
	}
	if (!files || path.length == 0 || path.length == PATH_UNITS || EFI_ERROR(files->OpenVolume(files, &root)))
		return NULL;
	path.text[path.length] = 0;
	found = open(root, path.text);
	root->Close(root);
	return found;
}

static bool is_addon(const EFI_FILE_INFO *info, const CHAR16 *name)
{
	char bytes[sizeof(struct addon_name) / 2];
	const uint64_t length = narrow(name, sizeof(bytes), bytes);

	return !(info->Attribute & EFI_FILE_DIRECTORY) && length < sizeof(bytes) && addon_is_named(span(bytes, length));
}

static bool is_before(const CHAR16 *one, const CHAR16 *other)
{
	while (*one != 0 && *one == *other)
		one++, other++;
	return *one < *other;
}

/* Puts a name where it belongs; with no room left the last one goes. */
static void insert(struct addon_name *names, unsigned count, unsigned most, const CHAR16 *name)
{
	unsigned at = count < most ? count : most;

	for (; at > 0 && is_before(name, names[at - 1].text); at--)
		if (at < most)
			names[at] = names[at - 1];
	for (unsigned i = 0; at < most && (i == 0 || name[i - 1] != 0); i++)
		names[at].text[i] = name[i];
}

unsigned addon_files_list(enum addon_place place, struct addon_name *names, unsigned most)
{
	static union {
		EFI_FILE_INFO info;
		uint8_t bytes[sizeof(EFI_FILE_INFO) + sizeof(struct addon_name)];
	} entry;
	const CHAR16 *const name = (const CHAR16 *)(entry.bytes + offsetof(EFI_FILE_INFO, FileName));
	EFI_FILE *directory = open_place(place);
	unsigned count = 0;

	while (directory) {
		UINTN size = sizeof(entry) - 2;

		if (EFI_ERROR(directory->Read(directory, &size, &entry)) || size == 0)
			break;
		entry.bytes[size] = entry.bytes[size + 1] = 0;
		if (is_addon(&entry.info, name))
			insert(names, count++, most, name);
	}
	if (directory)
		directory->Close(directory);
	return count;
}

static struct span read_bytes(EFI_FILE *file)
{
	UINT64 size = 0;
	UINTN read;
	void *bytes;

	if (EFI_ERROR(file->SetPosition(file, UINT64_MAX)) || EFI_ERROR(file->GetPosition(file, &size)) || size == 0 ||
	    size > ADDON_FILE_MOST || EFI_ERROR(file->SetPosition(file, 0)) || failed(firmware_allocate(size, &bytes)))
		return span("", 0);
	read = size;
	if (!EFI_ERROR(file->Read(file, &read, bytes)) && read == size)
		return span(bytes, size);
	firmware_release(bytes, size);
	return span("", 0);
}

struct span addon_files_read(enum addon_place place, const struct addon_name *name)
{
	EFI_FILE *directory = open_place(place), *file = directory ? open(directory, (CHAR16 *)name->text) : NULL;
	struct span bytes = file ? read_bytes(file) : span("", 0);

	if (file)
		file->Close(file);
	if (directory)
		directory->Close(directory);
	return bytes;
}
