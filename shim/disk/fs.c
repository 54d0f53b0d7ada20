/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/fs.h>
#include <shim/disk/letters.h>

static const struct fs_operations *const kinds[] = { &fs_xfs, &fs_btrfs, &fs_ext, &fs_iso, &fs_fat };

struct error fs_open(struct fs *fs, struct disk *disk, void *scratch)
{
	struct error error = { .code = ERROR_FS_UNKNOWN };

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && error.code == ERROR_FS_UNKNOWN; i++) {
		fs->disk = disk;
		fs->scratch = scratch;
		fs->operations = kinds[i];
		fs->uuid[0] = fs->label[0] = '\0';
		fs->needs_recovery = fs->ignores_case = false;
		error = fs->operations->open(fs);
	}
	if (error.code == ERROR_FS_UNKNOWN)
		error.subject = disk->name;
	return error;
}

struct error fs_next(struct fs *fs, const struct fs_node *directory, uint64_t *position, struct fs_entry *out)
{
	if (directory->kind != FS_DIRECTORY)
		return error_make(ERROR_FS_NO_DIRECTORY, NULL, 0, 0);
	return fs->operations->next(fs, directory, position, out);
}

struct error fs_read(struct fs *fs, const struct fs_node *node, uint64_t offset, void *to, size_t size)
{
	if (node->kind != FS_FILE && node->kind != FS_LINK)
		return error_make(ERROR_FS_NO_CONTENT, NULL, 0, 0);
	if (offset > node->size || size > node->size - offset)
		return error_make(ERROR_FS_END, NULL, node->size, offset);
	return size != 0 ? fs->operations->read(fs, node, offset, to, size) : error_none();
}

bool fs_same_name(const struct fs *fs, struct span one, struct span other)
{
	return fs->ignores_case ? same_folded(one, other) : one.size == other.size && span_is(one, 0, other.at, other.size);
}

static struct error find_name(struct fs *fs, const struct fs_node *directory, struct span name, const char *path,
			      struct fs_node *out)
{
	uint64_t position = 0;
	struct fs_entry entry;

	for (unsigned i = 0; i < FS_ENTRIES_MOST; i++) {
		TRY(fs_next(fs, directory, &position, &entry));
		if (entry.length == 0)
			break;
		if (fs_same_name(fs, span(entry.name, entry.length), name))
			return fs->operations->node(fs, &entry, out);
	}
	return error_make(ERROR_FS_NO_FILE, path, 0, 0);
}

/* The way to what a path names: its directories, and what is left of it. */
struct walk {
	uint32_t depth;
	uint32_t links;
	uint32_t at;
	uint32_t end;
};

/* Puts the target of a link in front of what is left. */
static struct error follow(struct fs *fs, struct walk *walk, const struct fs_node *link, const char *path)
{
	const uint32_t left = walk->end - walk->at;

	if (++walk->links > FS_LINKS_MOST)
		return error_make(ERROR_FS_LINKS, path, FS_LINKS_MOST, 0);
	if (link->size == 0)
		return error_make(ERROR_FS_NO_FILE, path, 0, 0);
	if (link->size > FS_PATH_MOST - left)
		return error_make(ERROR_FS_PATH, path, FS_PATH_MOST, 0);
	__builtin_memmove(fs->path + link->size, fs->path + walk->at, left);
	TRY(fs_read(fs, link, 0, fs->path, (size_t)link->size));
	walk->at = 0;
	walk->end = (uint32_t)link->size + left;
	if (fs->path[0] == '/')
		walk->depth = 0;
	return error_none();
}

/* The next part of the path, without slashes; it has no bytes at the end.  What is left begins with a slash, or is nothing. */
static struct span take_part(struct fs *fs, struct walk *walk)
{
	uint32_t start;

	while (walk->at < walk->end && fs->path[walk->at] == '/')
		walk->at++;
	start = walk->at;
	while (walk->at < walk->end && fs->path[walk->at] != '/')
		walk->at++;
	return span(fs->path + start, walk->at - start);
}

/* One step to something that is not a link. */
static struct error step(struct fs *fs, struct walk *walk, struct span name, const char *path)
{
	struct fs_node node;

	if (fs->way[walk->depth].kind != FS_DIRECTORY)
		return error_make(ERROR_FS_NO_DIRECTORY, path, 0, 0);
	TRY(find_name(fs, &fs->way[walk->depth], name, path, &node));
	if (node.kind == FS_LINK)
		return follow(fs, walk, &node, path);
	if (walk->depth + 1 == FS_DEPTH_MOST)
		return error_make(ERROR_FS_PATH, path, FS_PATH_MOST, 0);
	fs->way[++walk->depth] = node;
	return error_none();
}

struct error fs_lookup(struct fs *fs, const char *path, struct fs_node *out)
{
	const size_t length = __builtin_strlen(path);
	struct walk walk = { .end = (uint32_t)length };
	struct span part;

	if (length > FS_PATH_MOST)
		return error_make(ERROR_FS_PATH, NULL, FS_PATH_MOST, length);
	__builtin_memcpy(fs->path, path, length);
	TRY(fs->operations->root(fs, &fs->way[0]));
	while ((part = take_part(fs, &walk)).size != 0) {
		if (part.size == 1 && part.at[0] == '.')
			continue;
		if (part.size == 2 && span_is(part, 0, "..", 2))
			walk.depth -= walk.depth != 0;
		else
			TRY(step(fs, &walk, part, path));
	}
	*out = fs->way[walk.depth];
	return error_none();
}
