/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels that lie where distributions put them, without a configuration that names them. */
#include <shim/disk/entry.h>

#define KERNEL      "vmlinuz"
#define KERNEL_SIZE 7

static bool is_there(struct entry_list *list, uint32_t volume, const char *path)
{
	struct fs_node node;

	return !failed(volume_lookup(list->volumes, volume, path, &node)) && node.kind == FS_FILE;
}

/* The file system with the system on it: this one, or the first that looks like one; `count` when none does. */
static uint32_t find_root(struct entry_list *list, uint32_t volume)
{
	static const char *const signs[] = { "/etc/os-release", "/usr/lib/os-release", "/etc/fstab" };
	const uint32_t count = list->volumes->count;

	for (unsigned sign = 0; sign < 3; sign++)
		if (is_there(list, volume, signs[sign]))
			return volume;
	for (uint32_t i = 0; i < count; i++)
		for (unsigned sign = 0; sign < 3; sign++)
			if (!failed(list->volumes->volume[i].error) && is_there(list, i, signs[sign]))
				return i;
	return count;
}

/* What tells a kernel its root; `subvolume` is that of btrfs which has the system, or NULL. */
static const char *root_options(struct entry_list *list, uint32_t volume, const char *subvolume)
{
	const uint32_t root = subvolume != NULL ? volume : find_root(list, volume);

	if (subvolume != NULL)
		return entry_join(list, (const char *const[]){ "root=UUID=", list->volumes->volume[root].uuid,
							       " rootflags=subvol=", subvolume, " ro", NULL });
	if (root == list->volumes->count || list->volumes->volume[root].uuid[0] == '\0')
		return "ro";
	return entry_join(list, (const char *const[]){ "root=UUID=", list->volumes->volume[root].uuid, " ro", NULL });
}

/* The initrd of a kernel, as Debian, Fedora, Alpine, Arch and openSUSE name it. */
static void find_initrd(struct entry_list *list, struct entry *entry, const char *directory, const char *version)
{
	static const char *const names[][2] = {
		{ "initrd.img", "" }, { "initramfs", ".img" }, { "initramfs", "" }, { "initrd", "" }, { "initrd", ".img" },
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const parts[] = { directory, "/", names[i][0], version, names[i][1], NULL };
		const uint32_t used = list->pool_used;
		const char *path = entry_join(list, parts);

		if (path != NULL && is_there(list, entry->volume, path)) {
			entry->initrd[entry->initrd_count++] = path;
			return;
		}
		list->pool_used = used;
	}
}

/* Where kernels lie: in a directory, which a subvolume of btrfs may have. */
struct place_of_kernels {
	const char *directory;
	const char *subvolume;
};

static void add_kernel(struct entry_list *list, uint32_t volume, const struct place_of_kernels *place, const struct fs_entry *name,
		       const char **options)
{
	struct entry entry = { .source = ENTRY_FOUND, .volume = volume, .tries_left = -1 };

	if (*options == NULL)
		*options = root_options(list, volume, place->subvolume);
	entry.options = *options;
	entry.id = entry.title = entry_keep(list, span(name->name, name->length));
	if (entry.id != NULL)
		entry.kernel = entry.file = entry_join(list, (const char *const[]){ place->directory, "/", entry.id, NULL });
	if (entry.file != NULL)
		find_initrd(list, &entry, place->directory, entry.id + KERNEL_SIZE);
	entry_list_add(list, &entry);
}

/* "vmlinuz" and "vmlinuz-VERSION", but for what a package manager or an editor left. */
static bool is_kernel(const char *name)
{
	return (entry_matches(KERNEL, name) || entry_matches(KERNEL "-*", name)) && !entry_matches("*.old", name) &&
	       !entry_matches("*.bak", name) && !entry_matches("*~", name) && !entry_matches("*.dpkg-*", name);
}

static void read_directory(struct entry_list *list, uint32_t volume, const struct place_of_kernels *place)
{
	const char *options = NULL;
	struct entry_names names;
	struct fs_entry name;

	if (!entry_open_names(list, volume, place->directory, &names))
		return;
	while (entry_next_name(list, &names, &name))
		if (is_kernel(name.name))
			add_kernel(list, volume, place, &name, &options);
}

#define BOOT_OF(subvolume) { "/" subvolume "/boot", subvolume },

void entries_find_kernels(struct entry_list *list, uint32_t volume)
{
	static const struct place_of_kernels places[] = { { "/boot", NULL }, { "", NULL }, ENTRY_SUBVOLUMES(BOOT_OF) };

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		read_directory(list, volume, &places[i]);
}
