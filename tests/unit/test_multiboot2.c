/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The multiboot2 door: tags of every kind, whole, cut short and wrong. */
#include "multiboot2_scene.h"

#define TAG_CMDLINE 1
#define TAG_MODULE  3
#define TAG_MEMORY  6

static void cmdline_tag(const char *text, uint32_t size)
{
	uint32_t tag = open_tag(TAG_CMDLINE);

	put_bytes(text, size);
	close_tag(tag);
}

static void module_tag(uint32_t start, uint32_t end, const char *text, uint32_t size)
{
	uint32_t tag = open_tag(TAG_MODULE);

	put32(start);
	put32(end);
	put_bytes(text, size);
	close_tag(tag);
}

static void memory_tag(uint32_t step, unsigned count)
{
	uint32_t tag = open_tag(TAG_MEMORY);

	put32(step);
	put32(0);
	for (unsigned i = 0; i < count; i++) {
		put64(i * 0x10000);
		put64(0x10000);
		put32(1 + i % 2);
		put32(0);
		used += step > 24 ? step - 24 : 0;
	}
	close_tag(tag);
}

/* Reads the first `reachable` bytes of what was put together; the structure says that it has `total`. */
static struct error read_cut(uint32_t total, uint32_t reachable)
{
	memcpy(buffer, &total, 4);
	fake_clear();
	fake_put(INFORMATION, buffer, reachable);
	memset(&info, 0, sizeof(info));
	memset(&strings, 0x5a, sizeof(strings));
	info.cmdline = "";
	return multiboot2_read(MULTIBOOT2_MAGIC, INFORMATION, fake_reach, &strings, &info);
}

static struct error read_all(void) { return read_cut(used, used); }

static void put_everything(void)
{
	begin();
	cmdline_tag("console=ttyS0", 14);
	module_tag(0x100000, 0x180000, "the kernel", 11);
	close_tag(open_tag(2));
	module_tag(0x200000, 0x200000, "", 1);
	memory_tag(24, 3);
	close_tag(open_tag(14));
	end_tag();
}

static void everything(void **state)
{
	(void)state;
	put_everything();
	assert_fine(read_all());
	assert_string_equal(info.cmdline, "console=ttyS0");
	assert_int_equal(info.module_count, 2);
	assert_int_equal(info.module[0].where.start, 0x100000);
	assert_int_equal(info.module[0].where.end, 0x180000);
	assert_string_equal(info.module[0].cmdline, "the kernel");
	assert_true(range_empty(info.module[1].where));
	assert_null(info.module[1].cmdline);
	assert_int_equal(info.memory.count, 3);
	assert_int_equal(info.memory.region[2].start, 0x20000);
	assert_int_equal(info.memory.region[1].type, REGION_RESERVED);
}

static void wrong_magic(void **state)
{
	const uint32_t magics[] = { 0x2badb002, 1, UINT32_MAX, MULTIBOOT2_MAGIC + 1 };

	(void)state;
	put_everything();
	assert_fine(read_all());
	for (unsigned i = 0; i < 4; i++) {
		struct error error = multiboot2_read(magics[i], INFORMATION, fake_reach, &strings, &info);
		assert_error(error, ERROR_MULTIBOOT_MAGIC);
		assert_int_equal(error.found, magics[i]);
	}
}

/* The memory ends early; or the structure says that it does, at every byte: no prefix has an end tag. */
static void every_prefix(void **state)
{
	(void)state;
	put_everything();
	for (uint32_t size = 0; size < used; size++) {
		struct error error = read_cut(size, size);

		assert_error(read_cut(used, size), ERROR_MULTIBOOT_TAG);
		assert_true(error.code == ERROR_MULTIBOOT_TAG || error.code == ERROR_DOOR_CMDLINE);
		assert_error(read_cut(size, used), ERROR_MULTIBOOT_TAG);
	}
}

/* Each kind of tag with every size but its own: the tag is small, the memory behind it is there. */
static void every_tag_size(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 24; type++) {
		for (uint32_t size = 0; size < 48; size++) {
			begin();
			uint32_t tag = open_tag(type);
			memset(buffer + used, 0xff, 40);
			put64(0);
			used = tag + 48;
			memcpy(buffer + tag + 4, &size, 4);
			end_tag();
			struct error error = read_all();
			if (size < 8)
				assert_error(error, ERROR_MULTIBOOT_TAG);
			else if (type == TAG_MODULE || type == TAG_MEMORY)
				assert_true(size >= 16 ? error.code != ERROR_NONE || type == TAG_MODULE : error.code == ERROR_MULTIBOOT_TAG);
			else if (type == TAG_CMDLINE && size == 8)
				assert_error(error, ERROR_DOOR_CMDLINE);
		}
	}
}

static void sizes_that_lie(void **state)
{
	const uint32_t sizes[] = { 0, 1, 7, 0x7fffffff, 0xfffffff8, 0xfffffff9, UINT32_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put_everything();
		memcpy(buffer + 8 + 4, &sizes[i], 4);
		struct error error = read_all();
		assert_error(error, ERROR_MULTIBOOT_TAG);
		assert_int_equal(error.found, 8);
	}
	put_everything();
	assert_error(read_cut(UINT32_MAX, used), ERROR_MULTIBOOT_TAG);
	assert_error(read_cut(0, used), ERROR_MULTIBOOT_TAG);
	assert_error(multiboot2_read(MULTIBOOT2_MAGIC, 0, fake_reach, &strings, &info), ERROR_MULTIBOOT_TAG);
	assert_error(multiboot2_read(MULTIBOOT2_MAGIC, UINT64_MAX - 2, fake_reach, &strings, &info), ERROR_MULTIBOOT_TAG);
}

static void no_end_tag(void **state)
{
	(void)state;
	begin();
	assert_error(read_all(), ERROR_MULTIBOOT_TAG);
	cmdline_tag("quiet", 6);
	assert_error(read_all(), ERROR_MULTIBOOT_TAG);
	/* The alignment of the last tag leads past the end. */
	assert_string_equal(info.cmdline, "quiet");
}

static void modules(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < BOOT_MAX_MODULES; i++)
		module_tag(0x1000 * i, 0x1000 * i + i, "", 0);
	uint32_t four = used;
	end_tag();
	assert_fine(read_all());
	assert_int_equal(info.module_count, BOOT_MAX_MODULES);
	assert_null(info.module[3].cmdline);
	used = four;
	module_tag(0, 1, "", 1);
	end_tag();
	assert_error(read_all(), ERROR_MODULE_COUNT);

	/* Too short for a module's range, and then a tag that is right. */
	for (uint32_t size = 8; size < 16; size++) {
		begin();
		uint32_t tag = open_tag(TAG_MODULE);
		used += size - 8;
		close_tag(tag);
		end_tag();
		assert_error(read_all(), ERROR_MULTIBOOT_TAG);
	}

	begin();
	module_tag(0x2000, 0x1fff, "", 1);
	end_tag();
	assert_error(read_all(), ERROR_MULTIBOOT_TAG);
	begin();
	module_tag(0x2000, 0x3000, "no end", 6);
	end_tag();
	assert_error(read_all(), ERROR_DOOR_CMDLINE);
}

static void command_lines(void **state)
{
	char text[BOOT_CMDLINE_SIZE + 8];
	struct error error;

	(void)state;
	memset(text, 'b', sizeof(text));
	text[BOOT_CMDLINE_SIZE - 1] = '\0';
	begin();
	cmdline_tag(text, BOOT_CMDLINE_SIZE);
	end_tag();
	assert_fine(read_all());
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_SIZE - 1);
	text[BOOT_CMDLINE_SIZE - 1] = 'b';
	text[BOOT_CMDLINE_SIZE] = '\0';
	begin();
	cmdline_tag(text, BOOT_CMDLINE_SIZE + 1);
	end_tag();
	error = read_all();
	assert_error(error, ERROR_CMDLINE_BUFFER);
	assert_int_equal(error.expected, BOOT_CMDLINE_SIZE - 1);
	assert_int_equal(error.found, BOOT_CMDLINE_SIZE);
	assert_string_equal(strings.cmdline, "");
	begin();
	cmdline_tag(text, BOOT_CMDLINE_SIZE);
	end_tag();
	assert_error(read_all(), ERROR_DOOR_CMDLINE);
	begin();
	cmdline_tag("", 0);
	end_tag();
	assert_error(read_all(), ERROR_DOOR_CMDLINE);
}

static void memory_maps(void **state)
{
	(void)state;
	/* Entries may grow; what they grew by is not ours to read. */
	for (uint32_t step = 24; step < 60; step += 8) {
		begin();
		memory_tag(step, 5);
		end_tag();
		assert_fine(read_all());
		assert_int_equal(info.memory.count, 5);
		assert_int_equal(info.memory.region[4].start, 0x40000);
	}
	for (uint32_t step = 0; step < 24; step++) {
		begin();
		memory_tag(step, 2);
		end_tag();
		assert_error(read_all(), ERROR_MULTIBOOT_TAG);
	}
	begin();
	memory_tag(24, 0);
	end_tag();
	assert_fine(read_all());
	assert_int_equal(info.memory.count, 0);
	begin();
	memory_tag(24, 200);
	end_tag();
	assert_fine(read_all());
	assert_int_equal(info.memory.count, 200);
	assert_int_equal(info.memory.region[BOOT_MAX_REGIONS - 1].start, (BOOT_MAX_REGIONS - 1) * 0x10000);
	/* What lies behind them. */
	assert_int_equal(info.module_count, 0);
	assert_true(range_empty(info.module[0].where));
}

int main(void)
{
	return RUN_TESTS_WITH(NULL, fake_memory_end, "multiboot2", everything, wrong_magic, every_prefix,
			 every_tag_size, sizes_that_lie, no_end_tag, modules, command_lines, memory_maps);
}
