/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine of the tests of booting from disks: disks in memory, what is on them, and what was said. */
#ifndef LULL_TESTS_BOOT_SCENE_H
#define LULL_TESTS_BOOT_SCENE_H

#include "unit.h"

#include "ext_files.h"
#include "machine_stub.h"
#include "memory_disk.h"

#include <sys/mman.h>

#include <core/console.h>
#include <core/disks.h>
#include <core/fatal.h>
#include <shim/boot_disk.h>

#define DISKS 3
#define RAM UINT64_C(0x10000000)
#define RAM_SIZE (4 * MIB)
/* Blocks and inodes of what lies in the file system. */
enum { ROOT_BLOCK = EXT_DATA, FIRST_INODE = 12, FIRST_BLOCK = 50 };

static struct memory_disk memory_disk[DISKS];
static struct error connects[DISKS], opens, closes, left;
static unsigned disk_count, passed_over, connected, closed;
static struct boot_info info;
static char said[4096];
/* What the disks are, to be freed. */
static void *images[16];
static unsigned image_count;

void console_puts(const char *text) { strncat(said, text, sizeof(said) - strlen(said) - 1); }

void console_printf(const char *format, ...)
{
	va_list arguments;
	char line[512];

	va_start(arguments, format);
	format_vtext(line, sizeof(line), format, arguments);
	va_end(arguments);
	console_puts(line);
}

void console_escaped(struct span bytes)
{
	char text[512];

	escape_text(text, sizeof(text), bytes);
	console_puts(text);
}

/* What fatal() is to say inside the block of an error. */
static void (*more)(void);

void fatal_add(void (*say)(void)) { more = say; }

static inline struct error connect(struct machine_disk *disk)
{
	connected++;
	return connects[(struct memory_disk *)disk->disk.context - memory_disk];
}

struct error machine_disks_open(const struct boot_info *of, struct machine_disks *disks)
{
	assert_ptr_equal(of, &info);
	memset(disks, 0, sizeof(*disks));
	disks->count = disk_count;
	disks->passed_over = passed_over;
	for (unsigned i = 0; i < disk_count; i++) {
		struct machine_disk *disk = &disks->disk[i];

		snprintf(disk->name, sizeof(disk->name), "xvd%c", 'a' + (int)i);
		disk->disk = memory_disk[i].disk;
		disk->disk.name = disk->name;
		disk->connect = connect;
	}
	return opens;
}

struct error machine_disks_close(struct machine_disks *disks)
{
	closed++;
	disks->left[0] = left;
	return closes;
}

static const char *const usual[] = { "vmlinuz-5.10", "vmlinuz-6.1", "initrd.img-6.1", NULL };

static inline struct span no_file_system(void) { return span(images[image_count++] = calloc(1, 4096), 4096); }

static inline void add(struct span bytes) { memory_disk_open(&memory_disk[disk_count++], bytes); }

static inline int end(void **state)
{
	(void)state;
	while (image_count != 0)
		free(images[--image_count]);
	return 0;
}

static inline int begin(void **state)
{
	static void *ram;

	end(state);
	if (ram == NULL)
		ram = mmap((void *)RAM, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (ram != (void *)RAM)
		return -1;
	info = (struct boot_info){ .cmdline = "console=hvc0", .memory = { .count = 1, .region = { { RAM, RAM_SIZE, REGION_RAM } } } };
	memset(connects, 0, sizeof(connects));
	opens = closes = left = error_none();
	disk_count = passed_over = connected = closed = 0;
	said[0] = '\0';
	return 0;
}

static inline void assert_module(unsigned index, const char *content)
{
	struct range where = info.module[index].where;

	assert_int_equal(range_size(where), strlen(content));
	assert_int_equal(where.start % PAGE_SIZE, 0);
	assert_memory_equal((void *)where.start, content, strlen(content));
}

static inline void assert_said(const char *text)
{
	if (!strstr(said, text))
		print_error("not said: %s\nbut: %s\n", text, said);
	assert_non_null(strstr(said, text));
}

#endif
