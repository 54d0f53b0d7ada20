/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/disks.h>
#include <core/error_text.h>
#include <core/machine.h>
#include <shim/boot_disk.h>
#include <shim/disk/cache.h>
#include <shim/disk/fs.h>
#include <shim/disk/partition.h>
#include <shim/disk/plain.h>
#include <shim/memory/work_memory.h>
#include <shim/payload/cmdline.h>

#include <string.h>

/* Nothing that is a kernel or an initrd is larger. */
#define FILE_MOST GIB

static struct machine_disks disks;
static struct partition_table table;
static struct disk_cache cache;
static struct disk_part part;
static struct fs fs;
static struct plain_list list;

/* What the search is about, and what it has found. */
struct search {
	struct boot_info *info;
	/* Which disk or partition lull.disk= names; no bytes: any. */
	struct span only;
	/* For the cache and for the file system. */
	struct range work;
	struct free_memory room;
	uint64_t begin;
	bool found;
};

static bool asked_for(const struct boot_info *info, struct span *name)
{
	struct span line = cmdline_of(info->cmdline);

	return cmdline_find_own(line, "lull.disk", name);
}

bool boot_disk_is_wanted(const struct boot_info *info)
{
	struct span name;

	return asked_for(info, &name) || (info->module_count == 0 && info->embedded.size == 0);
}

/* Says an error that does not end the boot. */
static void say_error(const char *what, const char *file, const char *happened, struct error error)
{
	char brief[ERROR_BRIEF_SIZE];

	error_brief(brief, &error);
	console_printf("lull: warning disk %s", what);
	console_escaped(cmdline_of(file));
	console_printf(" %s: %s\n", happened, brief);
}

/* A disk, a file system, or a file in one. */
static void say_passed_over(const char *what, const char *file, struct error error)
{
	say_error(what, file, "is passed over", error);
}

static void say_left(const char *disk, struct error error)
{
	say_error(disk, "", "is not as it was found, and the kernel may not see it", error);
}

/* Reads a file into memory that nobody uses. */
static struct error load_file(struct search *search, const char *path, const struct fs_node *node, struct range *out)
{
	if (node->size == 0 || node->size > FILE_MOST)
		return error_make(ERROR_BOOT_FILE, path, FILE_MOST, node->size);
	TRY(room_take(&search->room, node->size, ROOM_HIGHEST, ERROR_DISK_MEMORY, out));
	out->end = out->start + node->size;
	return fs_read(&fs, node, 0, (void *)out->start, node->size);
}

/* Mebibytes with one digit behind the point. */
static void say_disk(const struct search *search, const char *disk, const struct plain_kernel *kernel, uint64_t bytes)
{
	uint64_t tenths = bytes * 10 / MIB;

	console_printf("lull: disk %s %s entry=\"", disk, fs.name);
	console_escaped(cmdline_of(kernel->version));
	console_puts("\" file=");
	console_escaped(cmdline_of(kernel->file));
	console_printf(" read=%llu.%lluMiB ns=%llu\n", (unsigned long long)tenths / 10, (unsigned long long)tenths % 10,
		       (unsigned long long)machine_nanoseconds(machine_clock() - search->begin));
	if (fs.needs_recovery)
		console_printf("lull: warning disk %s was not unmounted: its journal is not read, so files may be old\n", disk);
}

/* Makes modules of what was read. */
static struct error take_kernel(struct search *search, const char *disk, const struct plain_kernel *kernel)
{
	struct free_memory before = search->room;
	struct range file, initrd = { 0, 0 };
	struct error error = load_file(search, kernel->file, &kernel->node, &file);

	if (!failed(error) && kernel->initrd[0] != '\0')
		error = load_file(search, kernel->initrd, &kernel->initrd_node, &initrd);
	if (failed(error)) {
		search->room = before;
		return error;
	}
	/* lull.disk= counts more than an image in lull.elf, which would be taken first. */
	search->info->embedded = span(NULL, 0);
	search->info->module_count = range_empty(initrd) ? 1 : 2;
	search->info->module[0] = (struct boot_module){ file, NULL };
	search->info->module[1] = (struct boot_module){ initrd, NULL };
	search->found = true;
	say_disk(search, disk, kernel, range_size(file) + range_size(initrd));
	return error_none();
}

/* Looks through a file system; what is wrong with it is said, and the next one is looked at. */
static void look_at_fs(struct search *search, struct disk *disk)
{
	struct error error = fs_open(&fs, disk, (uint8_t *)search->work.start + CACHE_MEMORY);

	if (!failed(error))
		error = plain_list_read(&fs, &list);
	if (failed(error)) {
		if (error.code != ERROR_FS_UNKNOWN)
			say_passed_over(disk->name, "", error);
		return;
	}
	for (uint32_t i = 0; i < list.count && !search->found; i++) {
		error = take_kernel(search, disk->name, &list.kernel[i]);
		if (failed(error))
			say_passed_over(disk->name, list.kernel[i].file, error);
	}
}

/* Whether lull.disk= names this, or nothing. */
static bool is_named(const struct search *search, const char *name)
{
	return search->only.size == 0 || (search->only.size == strlen(name) && span_is(search->only, 0, name, strlen(name)));
}

/* Whether lull.disk= names this disk, or a partition that its name is the beginning of, or nothing. */
static bool may_be_on(const struct search *search, const char *name)
{
	return search->only.size == 0 || span_is(search->only, 0, name, strlen(name));
}

static void look_at_disk(struct search *search, struct machine_disk *found)
{
	struct error error = machine_disk_connect(found);
	bool whole = is_named(search, found->name);
	struct disk *disk;

	if (!failed(error)) {
		disk = disk_cache_open(&cache, &found->disk, (void *)search->work.start);
		error = partition_table_read(disk, &table);
	}
	if (failed(error)) {
		say_passed_over(found->name, "", error);
		return;
	}
	if (table.scheme == PARTITION_NONE && whole)
		look_at_fs(search, disk);
	for (uint32_t i = 0; i < table.count && !search->found; i++) {
		struct disk *one = disk_part_open(&part, disk, &table.partition[i]);

		if (whole || is_named(search, one->name))
			look_at_fs(search, one);
	}
}

static struct error look(struct search *search)
{
	/* Nothing is unpacked yet. */
	static const struct payload none;

	search->room = work_memory(search->info, &none);
	TRY(room_take(&search->room, CACHE_MEMORY + FS_SCRATCH, ROOM_LOWEST, ERROR_DISK_MEMORY, &search->work));
	for (uint32_t i = 0; i < disks.count && !search->found; i++)
		if (may_be_on(search, disks.disk[i].name))
			look_at_disk(search, &disks.disk[i]);
	if (disks.passed_over != 0)
		console_printf("lull: warning %u disks are not looked at, of more than %u\n", disks.passed_over,
			       MACHINE_MAX_DISKS);
	return search->found ? error_none() : error_make(ERROR_BOOT_ENTRY_NONE, NULL, disks.count, 0);
}

struct error boot_disk(struct boot_info *info)
{
	struct search search = { .info = info, .begin = machine_clock() };
	bool forced = asked_for(info, &search.only);
	struct error error = machine_disks_open(info, &disks), closed;

	if (!failed(error) && (disks.count != 0 || forced))
		error = look(&search);
	closed = machine_disks_close(&disks);
	TRY(error);
	/* What a disk did not give back is not safe to use. */
	TRY(closed);
	for (uint32_t i = 0; i < disks.count; i++)
		if (failed(disks.left[i]))
			say_left(disks.disk[i].name, disks.left[i]);
	return error_none();
}
