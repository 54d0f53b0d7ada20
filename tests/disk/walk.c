/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk IMAGE...: prints all that the file system of each disk holds, as the product's readers see it, the last one where it has
 * partitions; a line each:
 *
 *     image NAME fs=ext4 uuid=... label="..." recovery=no
 *     d PATH
 *     f PATH SIZE CHECKSUM        the CRC-32 of its bytes
 *     l PATH SIZE TARGET
 *     o PATH
 *
 * and after the tree of an image each path that is given by -p, as a lookup finds it.  Ends with 1 where something was wrong,
 * which has a line "error PATH NAME".
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <zlib.h>

#include <core/check.h>
#include <core/error_text.h>
#include <shim/disk/cache.h>
#include <shim/disk/volume.h>
#include <tests/unit/memory_disk.h>

static struct volumes volumes;
static struct fs *fs;
static uint8_t scratch[FS_SCRATCH], cached[CACHE_MEMORY];
static int status;

static void wrong(const char *path, struct error error)
{
	printf("error %s %s (%s, expected %#llx, found %#llx)\n", path, error_text(error.code)->title,
	       error.subject ? error.subject : "-", (unsigned long long)error.expected, (unsigned long long)error.found);
	status = 1;
}

/* Read in pieces of odd sizes, so that they begin and end anywhere. */
static void print_file(const char *path, const struct fs_node *node)
{
	static const size_t pieces[] = { 1, 4095, 70001, 511, 1 << 20 };
	static uint8_t bytes[1 << 20];
	uLong sum = crc32(0, NULL, 0);
	unsigned turn = 0;

	for (uint64_t at = 0; at < node->size;) {
		size_t size = pieces[turn++ % 5];
		struct error error;

		if (size > node->size - at)
			size = (size_t)(node->size - at);
		error = fs_read(fs, node, at, bytes, size);
		if (failed(error)) {
			wrong(path, error);
			return;
		}
		sum = crc32(sum, bytes, (uInt)size);
		at += size;
	}
	printf("f %s %llu %08lx\n", path, (unsigned long long)node->size, sum);
}

static void print_link(const char *path, const struct fs_node *node)
{
	char target[FS_PATH_MOST + 1];
	struct error error;

	if (node->size > FS_PATH_MOST)
		return;
	error = fs_read(fs, node, 0, target, (size_t)node->size);
	if (failed(error))
		wrong(path, error);
	else
		printf("l %s %llu %.*s\n", path, (unsigned long long)node->size, (int)node->size, target);
}

static void print_node(const char *path, const struct fs_node *node, unsigned depth);

static void print_directory(const char *path, const struct fs_node *node, unsigned depth)
{
	struct fs_entry *entry = malloc(sizeof(*entry));
	uint64_t position = 0;

	printf("d %s\n", path);
	for (;;) {
		struct fs_node found;
		char *name = NULL;
		struct error error = fs_next(fs, node, &position, entry);

		if (!failed(error) && entry->length == 0)
			break;
		if (!failed(error))
			error = fs->operations->node(fs, entry, &found);
		if (failed(error)) {
			wrong(path, error);
			break;
		}
		if (asprintf(&name, "%s/%s", path, entry->name) >= 0 && depth < 100)
			print_node(name, &found, depth + 1);
		free(name);
	}
	free(entry);
}

static void print_node(const char *path, const struct fs_node *node, unsigned depth)
{
	if (node->kind == FS_DIRECTORY)
		print_directory(path, node, depth);
	else if (node->kind == FS_FILE)
		print_file(path, node);
	else if (node->kind == FS_LINK)
		print_link(path, node);
	else
		printf("o %s\n", path);
}

static void lookup(const char *path)
{
	struct fs_node node;
	struct error error = fs_lookup(fs, path, &node);

	if (failed(error))
		wrong(path, error);
	else
		print_node(path, &node, 100);
}

static void walk(const char *name, char **paths)
{
	struct memory_disk memory;
	struct disk_cache cache;
	struct fs_node root;
	struct disk *disk;
	struct stat about;
	struct error error;
	int file = open(name, O_RDONLY);
	void *bytes;

	if (file < 0 || fstat(file, &about) != 0 || about.st_size == 0) {
		perror(name);
		exit(2);
	}
	bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	memory_disk_open(&memory, span(bytes, (uint64_t)about.st_size));
	disk = disk_cache_open(&cache, &memory.disk, cached);
	volumes_find(&volumes, &disk, 1, scratch);
	error = error_make(ERROR_FS_UNKNOWN, name, 0, 0);
	if (volumes.count != 0)
		error = volume_open(&volumes, volumes.count - 1, &fs);
	if (!failed(error)) {
		printf("image %s fs=%s uuid=%s label=\"%s\" recovery=%s\n", name, fs->name, fs->uuid, fs->label,
		       fs->needs_recovery ? "yes" : "no");
		error = fs->operations->root(fs, &root);
	}
	if (failed(error))
		wrong(name, error);
	else
		print_directory("", &root, 0);
	for (; !failed(error) && *paths != NULL; paths++)
		lookup(*paths);
	munmap(bytes, (size_t)about.st_size);
}

int main(int count, char **arguments)
{
	char *none[] = { NULL };
	int last = 1;

	while (last < count && strcmp(arguments[last], "-p") != 0)
		last++;
	for (int i = 1; i < last; i++)
		walk(arguments[i], last < count ? arguments + last + 1 : none);
	return status;
}
