/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The zero page of the 64-bit boot protocol (Linux, Documentation/arch/x86/boot.rst and zero-page.rst): a page of
 * boot_params, the command line, and what a loader had told Linux.  A vmlinux gets it as its decompressor would hand it on.
 */
#include <core/boot_params.h>
#include <shim/handover/handover.h>
#include <shim/handover/loader_params.h>

#include <string.h>

#define COPY_CMDLINE_AT PAGE_SIZE

/* Offsets in the setup header that only make_setup_header() and put_kaslr_flag() write (boot.rst). */
#define ROOT_FLAGS        0x1f2
#define BOOT_FLAG         0x1fe
#define PROTOCOL_VERSION  0x206
#define LOADFLAGS         0x211

/* boot.rst: a loader without a number of its own. */
#define LOADER_UNDEFINED 0xff

/* loadflags. */
#define LOADED_HIGH (1u << 0)
#define KASLR_FLAG  (1u << 1)

/* root_flags: what Linux's build puts there (header.S, ROOT_RDONLY). */
#define ROOT_READ_ONLY 1

_Static_assert(BOOT_PARAMS_E820_TABLE + BOOT_MAX_REGIONS * BOOT_PARAMS_E820_ENTRY <= PAGE_SIZE, "zero-page.rst: e820_table[128]");

static void zero_page_put(uint8_t *page, uint64_t offset, uint64_t value, unsigned bytes)
{
	memcpy(page + offset, &value, bytes);
}

/* Where the line ends, and what a loader told Linux begins. */
static uint64_t line_end(const char *cmdline) { return (COPY_CMDLINE_AT + strlen(cmdline) + 1 + 7) & ~UINT64_C(7); }

uint64_t linux64_size(const struct boot_info *info, const struct payload *payload, const char *cmdline)
{
	(void)payload;
	return (line_end(cmdline) + loader_params_size(info) + PAGE_MASK) & ~PAGE_MASK;
}

/*
 * What a vmlinux that came in no bzImage would have had in its header.  The kernel proper reads of it: root_flags
 * (setup_arch(): without it the root is mounted to be written), version (x86_64_start_reservations(), and /sys for kexec's
 * tools), loadflags (kaslr_enabled()), type_of_loader (reserve_initrd(): 0 is no initrd), and the fields that are 0 here.
 */
static void make_setup_header(uint8_t *page)
{
	zero_page_put(page, ROOT_FLAGS, ROOT_READ_ONLY, 2);
	zero_page_put(page, BOOT_FLAG, 0xaa55, 2);
	memcpy(page + BOOT_PARAMS_MAGIC, "HdrS", 4);
	zero_page_put(page, PROTOCOL_VERSION, 0x20f, 2);
	zero_page_put(page, LOADFLAGS, LOADED_HIGH, 1);
}

/* From 0x1f1 to the end that the header itself names; what lies behind it is not the header's. */
static void put_setup_header(uint8_t *page, const struct payload *payload)
{
	struct span header = payload->bzimage.setup_header;

	if (header.size != 0)
		memcpy(page + LINUX_SETUP_HEADER, header.at, header.size);
	else
		make_setup_header(page);
	zero_page_put(page, BOOT_PARAMS_SENTINEL, 0, 1);
	zero_page_put(page, BOOT_PARAMS_TYPE_OF_LOADER, LOADER_UNDEFINED, 1);
}

/* As choose_random_location() of boot/compressed/kaslr.c does: with the flag, Linux also moves its direct map, and more. */
static void put_kaslr_flag(uint8_t *page, const struct payload *payload)
{
	if (payload->kind != PAYLOAD_LINUX_ELF64)
		return;
	page[LOADFLAGS] &= (uint8_t)~KASLR_FLAG;
	if (payload->moved.chosen)
		page[LOADFLAGS] |= KASLR_FLAG;
}

static void put_memory_map(uint8_t *page, const struct memory_map *memory)
{
	for (uint64_t i = 0; i < memory->count; i++) {
		uint64_t at = BOOT_PARAMS_E820_TABLE + i * BOOT_PARAMS_E820_ENTRY;

		zero_page_put(page, at, memory->region[i].start, 8);
		zero_page_put(page, at + 8, memory->region[i].size, 8);
		zero_page_put(page, at + 16, memory->region[i].type, 4);
	}
	zero_page_put(page, BOOT_PARAMS_E820_ENTRIES, memory->count, 1);
}

uint64_t linux64_fill(uint64_t at, const struct boot_info *info, const struct payload *payload,
		      const struct layout *layout, const char *cmdline)
{
	uint8_t *page = (uint8_t *)at;
	uint64_t line = at + COPY_CMDLINE_AT;
	uint64_t initrd = layout->initrd.start;
	uint64_t initrd_size = range_size(layout->initrd);

	put_setup_header(page, payload);
	loader_params_put(page, at + line_end(cmdline), info);
	put_kaslr_flag(page, payload);
	put_memory_map(page, &info->memory);
	zero_page_put(page, BOOT_PARAMS_RSDP, info->rsdp.v, 8);
	zero_page_put(page, BOOT_PARAMS_CMD_LINE_PTR, line, 4);
	zero_page_put(page, BOOT_PARAMS_EXT_CMD_LINE_PTR, line >> 32, 4);
	zero_page_put(page, BOOT_PARAMS_RAMDISK_IMAGE, initrd, 4);
	zero_page_put(page, BOOT_PARAMS_EXT_RAMDISK_IMAGE, initrd >> 32, 4);
	zero_page_put(page, BOOT_PARAMS_RAMDISK_SIZE, initrd_size, 4);
	zero_page_put(page, BOOT_PARAMS_EXT_RAMDISK_SIZE, initrd_size >> 32, 4);
	memcpy((void *)line, cmdline, strlen(cmdline) + 1);
	return at;
}
