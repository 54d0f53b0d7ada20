/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include <core/addr.h>
#include <efi/picture.h>
#include <shim/payload/linux.h>
#include <tools/file.h>
#include <tools/initrd.h>
#include <tools/loaders.h>
#include <tools/message.h>
#include <tools/pack_efi.h>

#define STUB_MAX_SIZE       (16 * MIB)
#define UCODE_MAX_SIZE      (64 * MIB)
#define SPLASH_MAX_SIZE     (64 * MIB)
#define OS_RELEASE_MAX_SIZE (64 * KIB)

/* os-release(5): the first of these that there is. */
static const char *default_os_release(void)
{
	static const char *const names[] = { "/etc/os-release", "/usr/lib/os-release" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (access(names[i], R_OK) == 0)
			return names[i];
	return NULL;
}

void pack_efi_default(struct pack_efi *efi)
{
	own_file(efi->stub_path, "lull.efi");
	if (!efi->stub_name)
		efi->stub_name = efi->stub_path;
	if (!efi->os_release_name)
		efi->os_release_name = default_os_release();
}

static bool read_stub(struct pack_efi *efi)
{
	struct error error;

	if (!file_read(efi->stub_name, STUB_MAX_SIZE, &efi->stub_file))
		return false;
	/* A kernel with an EFI stub is a PE file too, and would start itself. */
	if (linux_is(efi->stub_file)) {
		message("%s is a Linux kernel, and no EFI boot stub that starts one", efi->stub_name);
		return false;
	}
	error = uki_stub_read(efi->stub_file, &efi->stub);
	if (failed(error))
		message_framed(efi->stub_name, &error);
	return !failed(error);
}

/* Linux reads microcode out of the first archive, as long as nothing has compressed that. */
static bool read_ucode(struct pack_efi *efi)
{
	struct initrd_part part;

	if (!efi->ucode_name)
		return true;
	if (!file_read(efi->ucode_name, UCODE_MAX_SIZE, &efi->ucode))
		return false;
	if (!cpio_is(efi->ucode)) {
		message("%s is no microcode: it does not begin as a cpio archive that is not compressed", efi->ucode_name);
		return false;
	}
	initrd_next(efi->ucode, 0, &part);
	if (part.is_broken)
		message("%s is no microcode: its archive is broken or cut short", efi->ucode_name);
	return !part.is_broken;
}

/* Refuses a picture that lull.efi would not show. */
static bool take_splash(struct pack_efi *efi)
{
	struct picture picture;
	struct error error;

	if (!efi->splash_name)
		return true;
	if (!file_read(efi->splash_name, SPLASH_MAX_SIZE, &efi->splash))
		return false;
	error = picture_read(efi->splash, &picture);
	if (failed(error))
		message_framed(efi->splash_name, &error);
	return !failed(error);
}

bool pack_efi_read(struct pack_efi *efi)
{
	return read_stub(efi) &&
	       (!efi->os_release_name || file_read(efi->os_release_name, OS_RELEASE_MAX_SIZE, &efi->os_release)) &&
	       read_ucode(efi) && take_splash(efi);
}

/* Whether firmware takes what was made of a stub; says why when not. */
static bool is_taken(const struct pack_efi *efi, struct span image)
{
	const struct verdict verdict = uefi_verdict(image, PE_MACHINE_AMD64);
	char text[VERDICT_SENTENCES];

	verdict_sentences(&verdict, text);
	if (verdict.answer != ANSWER_TAKES)
		message("UEFI firmware does not load what is made of the stub %s: %s", efi->stub_name, text);
	return verdict.answer == ANSWER_TAKES;
}

bool pack_efi_build(const struct pack_efi *efi, struct uki_parts parts, struct span *out)
{
	struct error error;

	parts.osrel = efi->os_release;
	parts.ucode = efi->ucode;
	parts.splash = efi->splash;
	error = uki_build_stub(&efi->stub, &parts, out);
	if (failed(error))
		message_framed(efi->stub_name, &error);
	else if (out->size == 0)
		message("not enough memory for the image");
	return out->size != 0 && is_taken(efi, *out);
}

void pack_efi_release(struct pack_efi *efi)
{
	file_release(&efi->stub_file);
	file_release(&efi->os_release);
	file_release(&efi->ucode);
	file_release(&efi->splash);
}
