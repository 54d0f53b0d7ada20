/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/letters.h>
#include <shim/disk/plain.h>

#define PREFIX "vmlinuz"

/* Digits of a number, without the zeros before it. */
static uint32_t digits_of(const char **text)
{
	uint32_t count = 0;

	while (**text == '0' && is_digit((*text)[1]))
		++*text;
	while (is_digit((*text)[count]))
		count++;
	return count;
}

int plain_compare(const char *one, const char *other)
{
	while (*one != '\0' || *other != '\0') {
		uint32_t digits, others;

		if (!is_digit(*one) || !is_digit(*other)) {
			if (*one != *other)
				return (uint8_t)*one - (uint8_t)*other;
			one++;
			other++;
			continue;
		}
		digits = digits_of(&one);
		others = digits_of(&other);
		if (digits != others)
			return digits < others ? -1 : 1;
		for (; digits > 0; digits--, one++, other++)
			if (*one != *other)
				return (uint8_t)*one - (uint8_t)*other;
	}
	return 0;
}

/*
 * Three pieces in a field of PLAIN_PATH_MOST bytes.  They fit: one of them is a version, and the others are shorter than what
 * the field has more than a version.
 */
static void join(char *out, const char *const pieces[3])
{
	uint64_t used = 0;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t length = __builtin_strlen(pieces[i]);

		__builtin_memcpy(out + used, pieces[i], length + 1);
		used += length;
	}
}

/* How initrds are called: by Debian, by Fedora and Arch, by openSUSE, by Alpine. */
static const struct {
	const char *before, *behind;
} initrds[] = { { "initrd.img-", "" }, { "initramfs-", ".img" }, { "initrd-", "" }, { "initramfs-", "" } };

static struct error find_file(struct fs *fs, const char *path, struct fs_node *out, bool *found)
{
	struct error error = fs_lookup(fs, path, out);

	*found = !failed(error) && out->kind == FS_FILE;
	if (error.code == ERROR_FS_NO_FILE || error.code == ERROR_FS_NO_DIRECTORY)
		return error_none();
	return error;
}

static struct error find_initrd(struct fs *fs, const char *directory, struct plain_kernel *kernel)
{
	char name[PLAIN_PATH_MOST];
	bool found = false;

	for (unsigned i = 0; i < sizeof(initrds) / sizeof(initrds[0]) && !found; i++) {
		join(name, (const char *const[3]){ initrds[i].before, kernel->version, initrds[i].behind });
		/* Without a version, what stands before it ends at its hyphen. */
		if (kernel->version[0] == '\0')
			join(name, (const char *const[3]){ "initrd.img", "", "" });
		join(kernel->initrd, (const char *const[3]){ directory, "/", name });
		TRY(find_file(fs, kernel->initrd, &kernel->initrd_node, &found));
	}
	if (!found)
		kernel->initrd[0] = '\0';
	return error_none();
}

/* Puts a kernel where its version is in the list, and the oldest out where there is no room. */
static void insert(struct plain_list *list, const struct plain_kernel *kernel)
{
	uint32_t at = list->count;

	while (at > 0 && plain_compare(list->kernel[at - 1].version, kernel->version) < 0)
		at--;
	if (list->count == PLAIN_MOST)
		list->left_out++;
	else
		list->count++;
	for (uint32_t i = list->count - 1; i > at; i--)
		list->kernel[i] = list->kernel[i - 1];
	if (at < list->count)
		list->kernel[at] = *kernel;
}

/* Adds an entry of a directory, where it is called like a kernel. */
static struct error add(struct fs *fs, const char *directory, const struct fs_entry *entry, struct plain_list *list)
{
	struct span name = span(entry->name, entry->length), version = span("", 0);
	const uint64_t prefix = sizeof(PREFIX) - 1;
	struct plain_kernel kernel = { .version = "" };
	bool found;

	if (!span_is(name, 0, PREFIX, prefix))
		return error_none();
	if (name.size > prefix) {
		if (name.at[prefix] != '-' || name.size - prefix > PLAIN_VERSION_MOST)
			return error_none();
		span_cut(name, prefix + 1, name.size - prefix - 1, &version);
	}
	__builtin_memcpy(kernel.version, version.at, version.size);
	join(kernel.file, (const char *const[3]){ directory, "/", entry->name });
	/* A link to nothing, a directory: passed over. */
	TRY(find_file(fs, kernel.file, &kernel.node, &found));
	if (!found)
		return error_none();
	TRY(find_initrd(fs, directory, &kernel));
	insert(list, &kernel);
	return error_none();
}

static struct error look_in(struct fs *fs, const char *directory, struct plain_list *list)
{
	struct fs_node node;
	struct fs_entry entry;
	uint64_t position = 0;
	struct error error = fs_lookup(fs, directory[0] != '\0' ? directory : "/", &node);

	if (error.code == ERROR_FS_NO_FILE || (!failed(error) && node.kind != FS_DIRECTORY))
		return error_none();
	TRY(error);
	for (unsigned i = 0; i < FS_ENTRIES_MOST; i++) {
		TRY(fs_next(fs, &node, &position, &entry));
		if (entry.length == 0)
			break;
		TRY(add(fs, directory, &entry, list));
	}
	return error_none();
}

struct error plain_list_read(struct fs *fs, struct plain_list *out)
{
	out->count = out->left_out = 0;
	TRY(look_in(fs, "/boot", out));
	return look_in(fs, "", out);
}
