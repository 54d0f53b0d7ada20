/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <core/console.h>
#include <core/error_text.h>
#include <efi/firmware.h>
#include <efi/image.h>
#include <efi/picture.h>
#include <efi/splash.h>

static const EFI_GUID graphics_protocol = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

/* Of no width when there is none. */
static struct picture picture;

/* What is seen in one direction: from where on in the picture, where on the screen, and how much. */
struct side {
	uint32_t from, at, size;
};

static struct side side_of(uint32_t size, uint32_t screen)
{
	uint32_t seen = size < screen ? size : screen;

	return (struct side){ (size - seen) / 2, (screen - seen) / 2, seen };
}

void splash_read(void)
{
	struct span file = image_section(".splash");
	struct error error = file.size != 0 ? picture_read(file, &picture) : error_none();
	char brief[ERROR_BRIEF_SIZE];

	if (!failed(error))
		return;
	picture.width = 0;
	error_brief(brief, &error);
	console_printf("lull: warning not used: section .splash of the UKI: %s\n", brief);
}

void splash_show(void)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *screen = firmware_locate(&graphics_protocol);
	/* Blue, green, red and a byte that does not count (UEFI 2.10, section 12.9). */
	uint32_t *pixels, black = 0;

	if (picture.width == 0 || !screen)
		return;
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = screen->Mode->Info;
	struct side x = side_of(picture.width, mode->HorizontalResolution), y = side_of(picture.height, mode->VerticalResolution);
	uint64_t size = (uint64_t)x.size * y.size * sizeof(*pixels);

	if (failed(firmware_allocate(size, (void **)&pixels)))
		return;
	for (uint32_t row = 0; row < y.size; row++)
		for (uint32_t column = 0; column < x.size; column++)
			pixels[(uint64_t)row * x.size + column] = picture_pixel(&picture, x.from + column, y.from + row);
	screen->Blt(screen, (void *)&black, EfiBltVideoFill, 0, 0, 0, 0, mode->HorizontalResolution, mode->VerticalResolution, 0);
	screen->Blt(screen, (void *)pixels, EfiBltBufferToVideo, 0, 0, x.at, y.at, x.size, y.size, 0);
	firmware_release(pixels, size);
}
