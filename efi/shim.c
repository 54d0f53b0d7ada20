/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/x86/thread.h>
#include <core/boot_params.h>
#include <efi/boot_params.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/image_file.h>
#include <efi/memory_map.h>
#include <efi/shim.h>
#include <efi/traps.h>
#include <shim/payload/elf.h>
#include <shim/unpack/job.h>

#include <string.h>

/* Made of lull.debug.elf: where its boot_params are. */
#include "shim_address.h"

/* Room for what the map grows by while it is asked for; Linux has as much (EFI_MMAP_NR_SLACK_SLOTS). */
#define MAP_SLACK      32
/* Each failure may only mean that the map changed once more. */
#define LEAVE_ATTEMPTS 8

static struct {
	uint8_t *at;
	UINTN room, size, key, step;
	uint32_t version;
} map;

static struct memory_map regions;

/* leave.S. */
extern const char efi_leave_start[], efi_leave_end[];
typedef void leave_function(uint64_t entry, uint64_t params);

/* Puts lull.elf where it is linked. */
static struct error load_segments(struct span file, va_t *entry)
{
	struct elf_image elf;
	EFI_PHYSICAL_ADDRESS address;
	EFI_STATUS status;
	UINTN pages;

	TRY(elf_parse(file, &elf));
	address = elf.memory.start & ~PAGE_MASK;
	pages = (elf.memory.end - address + PAGE_MASK) / PAGE_SIZE;
	status = firmware.services->AllocatePages(AllocateAddress, EfiLoaderData, pages, &address);
	if (failed(firmware_status("AllocatePages()", status)))
		return error_make(ERROR_EFI_PLACE, NULL, elf.memory.start, status);
	memset((void *)address, 0, pages * PAGE_SIZE);
	for (uint32_t i = 0; i < elf.segment_count; i++)
		memcpy((void *)elf.segment[i].memory.start, file.at + elf.segment[i].offset, elf.segment[i].file_size);
	*entry = elf.entry;
	return error_none();
}

/* Unpacks lull.elf, and loads it. */
static struct error load_shim(va_t *entry)
{
	struct span packed = image_section(".shim");
	struct unpack_heap no_heap = { .at = NULL };
	/* The file ends with the size of what it holds (RFC 1952, section 2.3.1, ISIZE). */
	struct unpack_job job = { COMPRESSION_GZIP, packed, NULL, span_u32(packed, packed.size - 4), 0, &no_heap };
	struct error error;
	uint64_t fs_base;

	TRY(firmware_allocate(job.room, (void **)&job.out));
	/* The library is compiled for programs of Linux, whose stack protector looks at the FS base. */
	fs_base = thread_start();
	error = unpack_gzip(&job);
	thread_end(fs_base);
	if (!failed(error))
		error = load_segments(span(job.out, job.made), entry);
	firmware_release(job.out, job.room);
	return error;
}

/* Puts the code that turns paging off where it is reached without. */
static struct error load_leave(leave_function **out)
{
	EFI_PHYSICAL_ADDRESS address = UINT32_MAX;

	TRY(firmware_status("AllocatePages() below 4 GiB",
			    firmware.services->AllocatePages(AllocateMaxAddress, EfiLoaderCode, 1, &address)));
	memcpy((void *)address, efi_leave_start, (uint64_t)(efi_leave_end - efi_leave_start));
	*out = (leave_function *)address;
	return error_none();
}

static EFI_STATUS ask_map(void)
{
	map.size = map.room;
	return firmware.services->GetMemoryMap(&map.size, (EFI_MEMORY_DESCRIPTOR *)map.at, &map.key, &map.step, &map.version);
}

/* To allocate changes the map: its size is asked first, and its memory taken once. */
static struct error prepare_map(void)
{
	ask_map();
	map.room = map.size + MAP_SLACK * map.step;
	TRY(firmware_allocate(map.room, (void **)&map.at));
	TRY(firmware_status("GetMemoryMap()", ask_map()));
	return efi_memory_map_read(span(map.at, map.size), map.step, &regions);
}

/* After the first attempt firmware may be half gone, and nothing else of it may be called (UEFI 2.10, section 7.4.6). */
static void leave_boot_services(void)
{
	for (unsigned i = 0; i < LEAVE_ATTEMPTS; i++) {
		if (EFI_ERROR(ask_map()))
			break;
		if (!EFI_ERROR(firmware.services->ExitBootServices(firmware.image, map.key)))
			return;
	}
	firmware.table->RuntimeServices->ResetSystem(EfiResetCold, EFI_ABORTED, 0, NULL);
}

struct error shim_start(const char *line)
{
	uint8_t *page = (uint8_t *)SHIM_LINUX_PARAMS;
	va_t entry;
	leave_function *leave;
	struct range file;

	TRY(load_shim(&entry));
	TRY(load_leave(&leave));
	TRY(image_file_make(image_addons(), &file));
	boot_params_fill(page, file, line);
	TRY(prepare_map());
	efi_traps_end();
	leave_boot_services();
	/* One region more than there is room for is told as such, and refused by the shim. */
	if (failed(efi_memory_map_read(span(map.at, map.size), map.step, &regions)))
		regions.count = BOOT_MAX_REGIONS + 1;
	boot_params_put_map(page, span(map.at, map.size), (uint32_t)map.step, map.version, &regions);
	leave(entry.v, (uint64_t)page);
	__builtin_unreachable();
}
