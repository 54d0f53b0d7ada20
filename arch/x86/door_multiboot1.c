/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multiboot1 door (Multiboot Specification 0.6.96, section 3.3): QEMU -kernel, GRUB's multiboot command, kexec, iPXE.
 */
#include <arch/x86/doors.h>

#include <string.h>

/* Offsets in the information structure, and the flags that say that a field is there. */
#define INFORMATION_SIZE   72
#define FLAGS              0
#define MEMORY_LOWER       4
#define MEMORY_UPPER       8
#define CMDLINE            16
#define MODULE_COUNT       20
#define MODULES            24
#define MEMORY_MAP_LENGTH  44
#define MEMORY_MAP         48
#define LOADER_NAME        64
#define HAS_MEMORY_SIZES   (1u << 0)
#define HAS_CMDLINE        (1u << 2)
#define HAS_MODULES        (1u << 3)
#define HAS_MEMORY_MAP     (1u << 6)
#define HAS_LOADER_NAME    (1u << 9)

/* A module: start, end, string, and a word of zero. */
#define MODULE_SIZE 16
/* A region: the bytes that follow its first word, then start, size and type. */
#define REGION_HEADER 4
#define REGION_LEAST  20

/*
 * Whether the loader puts the file's name before its line.  GRUB 2 alone does not; GRUB Legacy calls itself "GRUB 0.97"
 * (Xen tells them apart in the same way, xen/arch/x86/setup.c).
 */
static bool names_files(struct span information, reach_function reach)
{
	struct span name = span(NULL, 0);

	if (span_u32(information, FLAGS) & HAS_LOADER_NAME)
		name = reach(span_u32(information, LOADER_NAME), 6);
	return !span_is(name, 0, "GRUB ", 5) || span_u8(name, 5) == '0';
}

/* Copies a line; takes off its first word, and the blank behind that, where that is a file's name. */
static struct error read_line(uint64_t address, bool named, reach_function reach, char *out)
{
	char *rest = out;

	TRY(door_string(address, reach, out));
	if (!named)
		return error_none();
	while (*rest != '\0' && *rest != ' ')
		rest++;
	if (*rest == ' ')
		rest++;
	memmove(out, rest, strlen(rest) + 1);
	return error_none();
}

static struct error read_modules(struct span information, bool named, reach_function reach, struct door_strings *strings,
				 struct boot_info *info)
{
	uint32_t count = span_u32(information, MODULE_COUNT);
	uint32_t address = span_u32(information, MODULES);

	if (count > BOOT_MAX_MODULES)
		return error_make(ERROR_MODULE_COUNT, NULL, BOOT_MAX_MODULES, count);
	if (count == 0)
		return error_none();
	struct span list = reach(address, (uint64_t)count * MODULE_SIZE);
	if (list.size == 0)
		return error_make(ERROR_MULTIBOOT_REACH, "the module list", 0, address);
	for (uint32_t i = 0; i < count; i++) {
		struct boot_module *module = &info->module[i];
		char *text = strings->module_cmdline[i];
		uint64_t at = (uint64_t)i * MODULE_SIZE;
		uint32_t line = span_u32(list, at + 8);

		*module = (struct boot_module){ .where = { span_u32(list, at), span_u32(list, at + 4) } };
		if (module->where.end < module->where.start)
			return error_make(ERROR_MULTIBOOT_REACH, "a module", 0, module->where.start);
		if (line != 0) {
			TRY(read_line(line, named, reach, text));
			module->cmdline = text[0] != '\0' ? text : NULL;
		}
	}
	info->module_count = count;
	return error_none();
}

static struct error read_memory_map(struct span information, reach_function reach, struct memory_map *memory)
{
	uint32_t size = span_u32(information, MEMORY_MAP_LENGTH);
	uint32_t address = span_u32(information, MEMORY_MAP);
	struct span map = reach(address, size);

	if (map.size != size)
		return error_make(ERROR_MULTIBOOT_REACH, "the memory map", 0, address);
	for (uint64_t at = 0; at < map.size; at += REGION_HEADER + span_u32(map, at)) {
		uint64_t region = at + REGION_HEADER;

		if (span_u32(map, at) < REGION_LEAST || !span_has(map, region, span_u32(map, at)))
			return error_make(ERROR_MULTIBOOT_REACH, "the memory map", 0, address + at);
		if (memory->count < BOOT_MAX_REGIONS)
			memory->region[memory->count] = (struct region){ span_u64(map, region), span_u64(map, region + 8),
									 span_u32(map, region + 16) };
		memory->count++;
	}
	return error_none();
}

/* Kilobytes from 0, and from 1 MiB to the first hole. */
static void read_memory_sizes(struct span information, struct memory_map *memory)
{
	memory->count = 2;
	memory->region[0] = (struct region){ 0, span_u32(information, MEMORY_LOWER) * KIB, REGION_RAM };
	memory->region[1] = (struct region){ MIB, span_u32(information, MEMORY_UPPER) * KIB, REGION_RAM };
}

struct error multiboot1_read(uint64_t address, reach_function reach, struct door_strings *strings, struct boot_info *info)
{
	struct span information = reach(address, INFORMATION_SIZE);
	uint32_t flags = span_u32(information, FLAGS);

	if (information.size == 0)
		return error_make(ERROR_MULTIBOOT_REACH, "the boot information", 0, address);
	bool named = names_files(information, reach);
	if (flags & HAS_MEMORY_MAP)
		TRY(read_memory_map(information, reach, &info->memory));
	else if (flags & HAS_MEMORY_SIZES)
		read_memory_sizes(information, &info->memory);
	if (flags & HAS_CMDLINE) {
		TRY(read_line(span_u32(information, CMDLINE), named, reach, strings->cmdline));
		info->cmdline = strings->cmdline;
	}
	return flags & HAS_MODULES ? read_modules(information, named, reach, strings, info) : error_none();
}
