/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel on a disk, from the disks that a machine has to the modules of the story; the disks are in memory. */
#include "unit.h"

#include "ext_builder.h"
#include "machine_stub.h"
#include "memory_disk.h"

#include <sys/mman.h>

#include <core/console.h>
#include <core/disks.h>
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

static struct error connect(struct machine_disk *disk)
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

/* A file system with files in its root, each with its name as content, or with nothing. */
static struct span file_system(const char *const *names, uint32_t incompat)
{
	struct file image = build_ext(EXT_INCOMPAT_FILETYPE | EXT_INCOMPAT_EXTENTS | incompat, 0);
	uint64_t at = ext_block_at(ROOT_BLOCK), last;

	ext_put_file(image, EXT_ROOT, 0x41ed, EXT_BLOCK, ROOT_BLOCK, 1);
	at = ext_put_record(image, at, EXT_ROOT, ".", 12);
	last = at;
	at = ext_put_record(image, at, EXT_ROOT, "..", 12);
	for (unsigned i = 0; names[i]; i++) {
		const char *content = strchr(names[i], '=') ? "" : names[i];
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(names[i], "="), names[i]);
		ext_put_file(image, FIRST_INODE + i, 0x81a4, strlen(content), FIRST_BLOCK + i, 1);
		memcpy(image.at + ext_block_at(FIRST_BLOCK + i), content, strlen(content));
		last = at;
		at = ext_put_record(image, at, FIRST_INODE + i, name, 32);
	}
	file_put(image, last + 4, ext_block_at(ROOT_BLOCK + 1) - last, 2);
	ext_seal(image);
	images[image_count++] = image.at;
	return file_span(image);
}

/* A file system whose superblock makes no sense, or whose kernel is larger than any. */
static struct span damaged(struct span of, uint64_t at, uint64_t value)
{
	struct file image = { (uint8_t *)images[image_count - 1], of.size };

	file_put(image, at, value, 2);
	return of;
}

/* The same behind a table of partitions, as the second one of three; in the others there is nothing. */
static struct span second_partition(struct span of)
{
	struct file disk = file_new(MIB + of.size);

	file_put(disk, 510, 0xaa55, 2);
	file_put(disk, 446 + 4, 0x83, 1);
	file_put(disk, 446 + 8, 512, 4);
	file_put(disk, 446 + 12, 512, 4);
	file_put(disk, 446 + 16 + 4, 0x83, 1);
	file_put(disk, 446 + 16 + 8, MIB / 512, 4);
	file_put(disk, 446 + 16 + 12, of.size / 512, 4);
	file_put(disk, 446 + 32 + 4, 0x83, 1);
	file_put(disk, 446 + 32 + 8, 1200, 4);
	file_put(disk, 446 + 32 + 12, 100, 4);
	memcpy(disk.at + MIB, of.at, of.size);
	images[image_count++] = disk.at;
	return file_span(disk);
}

static const char *const usual[] = { "vmlinuz-5.10", "vmlinuz-6.1", "initrd.img-6.1", NULL };

static struct span no_file_system(void) { return span(images[image_count++] = calloc(1, 4096), 4096); }

static void add(struct span bytes) { memory_disk_open(&memory_disk[disk_count++], bytes); }

static int end(void **state)
{
	(void)state;
	while (image_count != 0)
		free(images[--image_count]);
	return 0;
}

static int begin(void **state)
{
	end(state);
	info = (struct boot_info){ .cmdline = "console=hvc0", .memory = { .count = 1, .region = { { RAM, RAM_SIZE, REGION_RAM } } } };
	memset(connects, 0, sizeof(connects));
	opens = closes = left = error_none();
	disk_count = passed_over = connected = closed = 0;
	said[0] = '\0';
	return 0;
}

static int begin_all(void **state)
{
	(void)state;
	return mmap((void *)RAM, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
	       (void *)RAM ? 0 : -1;
}

static void assert_module(unsigned index, const char *content)
{
	struct range where = info.module[index].where;

	assert_int_equal(range_size(where), strlen(content));
	assert_int_equal(where.start % PAGE_SIZE, 0);
	assert_memory_equal((void *)where.start, content, strlen(content));
}

static void assert_said(const char *text)
{
	if (!strstr(said, text))
		print_error("not said: %s\nbut: %s\n", text, said);
	assert_non_null(strstr(said, text));
}

static void newest_kernel(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	assert_true(boot_disk_is_wanted(&info));
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 2);
	assert_module(0, "vmlinuz-6.1");
	assert_module(1, "initrd.img-6.1");
	assert_said("lull: disk xvda ext4 entry=\"6.1\" file=/vmlinuz-6.1 read=0.0MiB ns=");
	assert_null(strstr(said, "warning"));
	assert_int_equal(closed, 1);
}

static void partitions(void **state)
{
	static const char *const old[] = { "vmlinuz-4", NULL };

	(void)state;
	add(file_system(old, 0));
	add(second_partition(file_system(usual, EXT_INCOMPAT_RECOVER)));
	info.cmdline = "a lull.disk=xvdb2 b";
	info.embedded = span((void *)RAM, 1000);
	assert_fine(boot_disk(&info));
	assert_module(0, "vmlinuz-6.1");
	assert_said("disk xvdb2 ext4");
	assert_int_equal(info.embedded.size, 0);
	assert_said("warning disk xvdb2 was not unmounted");
	/* xvda is left alone. */
	assert_int_equal(connected, 1);
	begin(NULL);
	add(file_system(old, 0));
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 1);
	assert_module(0, "vmlinuz-4");
}

static void wanted_or_not(void **state)
{
	(void)state;
	info.module_count = 1;
	assert_false(boot_disk_is_wanted(&info));
	info.cmdline = "lull.disk";
	assert_true(boot_disk_is_wanted(&info));
	info.cmdline = "";
	info.module_count = 0;
	info.embedded = span("x", 1);
	assert_false(boot_disk_is_wanted(&info));
	/* No disk, and none asked for: the story goes on to say that there is no module. */
	info.embedded = span(NULL, 0);
	assert_fine(boot_disk(&info));
	assert_int_equal(info.module_count, 0);
	info.cmdline = "lull.disk=xvda";
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
}

static void what_is_passed_over(void **state)
{
	static const char *const broken[] = { "vmlinuz-7=", "vmlinuz-6.1", NULL }, *const none[] = { "other", NULL };

	(void)state;
	passed_over = 4;
	add(file_system(none, 0));
	add(file_system(usual, 0));
	add(file_system(broken, 0));
	connects[0] = error_make(ERROR_BLK_BACKEND, "xvda", 4, 2);
	memory_disk[1].bad = EXT_SUPER;
	assert_fine(boot_disk(&info));
	assert_said("lull: warning disk xvda is passed over: blk-backend: expected the backend of disk xvda to come to state 4");
	assert_said("lull: warning disk xvdb is passed over: disk-read");
	assert_said("lull: warning disk xvdc/vmlinuz-7 is passed over: boot-file");
	assert_module(0, "vmlinuz-6.1");
	assert_int_equal(connected, 3);
	begin(NULL);
	passed_over = 4;
	add(file_system(none, 0));
	add(no_file_system());
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
	assert_said("4 disks are not looked at, of more than 8");
	assert_int_equal(closed, 1);
}

static void partitions_without(void **state)
{
	static const char *const names[] = { "lull.disk=xvda3", "lull.disk=xvdb7", "lull.disk=xvdc", "lull.disk=xvda" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin(NULL);
		info.cmdline = names[i];
		add(file_system(usual, 0));
		add(second_partition(file_system(usual, 0)));
		assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
	}
	begin(NULL);
	info.cmdline = names[3];
	add(second_partition(file_system(usual, 0)));
	assert_fine(boot_disk(&info));
	assert_said("disk xvda2 ext4");
	/* Without a name: all there are. */
	begin(NULL);
	add(second_partition(file_system(usual, 0)));
	add(file_system(usual, 0));
	assert_fine(boot_disk(&info));
	assert_said("disk xvda2 ext4");
	assert_int_equal(connected, 1);
}

static void broken_file_systems(void **state)
{
	(void)state;
	add(damaged(file_system(usual, 0), EXT_SUPER + 0x58, 3));
	/* 4 GiB and more. */
	add(damaged(file_system(usual, 0), ext_inode_at(FIRST_INODE + 1) + 0x6c, 1));
	assert_fine(boot_disk(&info));
	assert_said("warning disk xvda is passed over: fs-field");
	assert_said("warning disk xvdb/vmlinuz-6.1 is passed over: boot-file");
	assert_module(0, "vmlinuz-5.10");
}

/* Its kernel is read, its initrd not: the older one has none. */
static void the_next_one(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	memory_disk[0].bad = ext_block_at(FIRST_BLOCK + 2);
	assert_fine(boot_disk(&info));
	assert_said("/vmlinuz-6.1 is passed over: disk-read");
	assert_int_equal(info.module_count, 1);
	assert_module(0, "vmlinuz-5.10");
}

static void no_memory(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	info.memory.region[0].size = 100 * KIB;
	assert_error(boot_disk(&info), ERROR_DISK_MEMORY);
	/* Enough to look, and no more. */
	info.memory.region[0].size = 384 * KIB;
	assert_error(boot_disk(&info), ERROR_BOOT_ENTRY_NONE);
	assert_said("disk-memory");
}

static void machines_that_fail(void **state)
{
	(void)state;
	add(file_system(usual, 0));
	opens = error_make(ERROR_XENSTORE_SILENT, NULL, 20, 0);
	assert_error(boot_disk(&info), ERROR_XENSTORE_SILENT);
	assert_int_equal(closed, 1);
	opens = error_none();
	closes = error_make(ERROR_BLK_LENT, "xvda", 0, 1);
	assert_error(boot_disk(&info), ERROR_BLK_LENT);
	closes = error_none();
	left = error_make(ERROR_BLK_BACKEND, "xvda", 2, 6);
	info.module_count = 0;
	assert_fine(boot_disk(&info));
	assert_said("warning disk xvda is not as it was found, and the kernel may not see it: blk-backend");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(newest_kernel, begin),
		cmocka_unit_test_setup(partitions, begin),
		cmocka_unit_test_setup(wanted_or_not, begin),
		cmocka_unit_test_setup(what_is_passed_over, begin),
		cmocka_unit_test_setup(partitions_without, begin),
		cmocka_unit_test_setup(broken_file_systems, begin),
		cmocka_unit_test_setup(the_next_one, begin),
		cmocka_unit_test_setup(no_memory, begin),
		cmocka_unit_test_setup(machines_that_fail, begin),
	};

	return cmocka_run_group_tests_name("boot_disk", tests, begin_all, end);
}
