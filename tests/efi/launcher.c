/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts images one after another in one boot of the firmware, and says how each ended.  It reads them from the disk that it
 * came from: \00.efi, \01.efi and so on.  Beside them, where there is one:
 *   00.opt    the bytes of LoadOptions
 *   00.ini    an initrd that is published before, and must be there again afterwards
 *   00.shl    the image is started as the shell starts one
 *   00.mem    the memory at 1 MiB is taken
 *   00.dev    the image says that it is from the file 00.efi, which it was read from: add-ons lie in 00.efi.extra.d; with bytes in it,
 *             that they stand in its name before ".efi"
 *   00.sec    the firmware says that Secure Boot is on
 *   00.map    the memory map changes in front of as many calls of ExitBootServices() as it has bytes
 *   00.clk    the debug console is told when the image starts, and of some of its calls (clock.h)
 *   00.tpm    there is a TPM, which says what it is asked to measure; with the byte "f" in it, it refuses, with "a" it is absent
 */
#include "app.h"
#include "clock.h"

#define NAME_LENGTH 8
#define PCR_KERNEL_IMAGE 11

struct file {
	void *bytes;
	UINTN size;
};

static EFI_BOOT_SERVICES *services;
static EFI_FILE *root;
static CHAR16 name[NAME_LENGTH] = L"00.efi";
static struct file earlier, tpm;

static const EFI_GUID shell_parameters = { 0x752f3136, 0x4e16, 0x4fdc, { 0xa2, 0x2a, 0xe5, 0xf4, 0x68, 0x12, 0xf4, 0xca } };
static const EFI_GUID tcg2_guid = { 0x607f766c, 0x7455, 0x42be, { 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };
static const EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;

static EFI_GUID *guid(const EFI_GUID *constant) { return (EFI_GUID *)(uintptr_t)constant; }

/* Reads the file of this case that ends so; false when there is none. */
static bool read_file(const char *ending, struct file *out)
{
	EFI_FILE *file;

	for (unsigned i = 0; i < 3; i++)
		name[3 + i] = (CHAR16)ending[i];
	*out = (struct file){ 0 };
	if (root->Open(root, &file, name, EFI_FILE_MODE_READ, 0))
		return false;
	file->SetPosition(file, UINT64_MAX);
	file->GetPosition(file, &out->size);
	file->SetPosition(file, 0);
	if (services->AllocatePool(EfiLoaderData, out->size + 1, &out->bytes) || file->Read(file, &out->size, out->bytes))
		out->size = 0;
	file->Close(file);
	return true;
}

static EFI_STATUS EFIAPI load_earlier(struct load_file2 *self, EFI_DEVICE_PATH *path, BOOLEAN boot_policy, UINTN *size,
				      void *buffer)
{
	(void)self, (void)path, (void)boot_policy;
	if (!buffer || *size < earlier.size) {
		*size = earlier.size;
		return EFI_BUFFER_TOO_SMALL;
	}
	services->CopyMem(buffer, earlier.bytes, earlier.size);
	*size = earlier.size;
	return EFI_SUCCESS;
}

static struct load_file2 earlier_interface;

struct __attribute__((packed)) tcg2_event {
	uint32_t size, header_size;
	uint16_t version;
	uint32_t pcr, type;
};

static EFI_STATUS EFIAPI measure(void *self, uint64_t flags, uint64_t bytes, uint64_t size, struct tcg2_event *event)
{
	(void)self, (void)flags, (void)bytes;
	if (tpm.size && *(char *)tpm.bytes == 'f' && event->pcr == PCR_KERNEL_IMAGE)
		return EFI_DEVICE_ERROR;
	say_number("tpm: pcr=0x", event->pcr);
	say_number(" type=0x", event->type);
	say_number(" header=0x", event->header_size);
	say_number(" size=0x", size);
	say_wide(" event ", (const uint16_t *)((const char *)event + sizeof(*event)), event->size - sizeof(*event));
	say("\n");
	return EFI_SUCCESS;
}

/* TCG EFI Protocol specification, section 6.4: of all that is told, firmware and lull ask whether there is a TPM. */
static EFI_STATUS EFIAPI tell_capability(void *self, uint8_t capability[36])
{
	(void)self;
	capability[16] = tpm.size == 0 || *(char *)tpm.bytes != 'a';
	return EFI_SUCCESS;
}

static void *tcg2_interface[3];

/* Puts something on a new handle. */
static EFI_HANDLE install(const EFI_GUID *protocol, void *interface)
{
	EFI_HANDLE handle = NULL;

	services->InstallProtocolInterface(&handle, guid(protocol), EFI_NATIVE_INTERFACE, interface);
	return handle;
}

static EFI_HANDLE publish_earlier(void)
{
	EFI_HANDLE handle = install(&device_path_guid, (void *)(uintptr_t)&initrd_path);

	services->InstallProtocolInterface(&handle, guid(&load_file2_guid), EFI_NATIVE_INTERFACE, &earlier_interface);
	return handle;
}

/* Whether the initrd of before is the one that is published now, or none is where none was. */
static bool is_restored(bool was_there)
{
	EFI_DEVICE_PATH *rest = (EFI_DEVICE_PATH *)(uintptr_t)&initrd_path;
	void *interface = NULL;
	EFI_HANDLE handle;

	if (services->LocateDevicePath(guid(&load_file2_guid), &rest, &handle))
		return !was_there;
	services->HandleProtocol(handle, guid(&load_file2_guid), &interface);
	return was_there && interface == &earlier_interface;
}

static struct file changes;
static EFI_EXIT_BOOT_SERVICES leave;

static EFI_STATUS EFIAPI leave_after_a_change(EFI_HANDLE image, UINTN key)
{
	EFI_PHYSICAL_ADDRESS page;

	if (changes.size != 0) {
		changes.size--;
		services->AllocatePages(AllocateAnyPages, EfiLoaderCode, 1, &page);
	}
	return leave(image, key);
}

/* The path of a file, in two nodes. */
static struct __attribute__((packed)) {
	uint8_t type, subtype;
	uint16_t length;
	CHAR16 text[1];
	uint8_t rest_type, rest_subtype;
	uint16_t rest_length;
	CHAR16 rest[16];
	uint8_t end_type, end_subtype;
	uint16_t end_length;
} file_path = { 4, 4, 6, L"\\", 4, 4, 36, L"", 0x7f, 0xff, 4 };

static EFI_HANDLE disk;

/* As firmware does for what it has read itself. */
static void say_from_file(EFI_HANDLE image, struct file tries)
{
	EFI_LOADED_IMAGE *loaded;
	unsigned length = 0;

	file_path.rest[length++] = name[0];
	file_path.rest[length++] = name[1];
	for (UINTN i = 0; i < tries.size; i++)
		file_path.rest[length++] = ((const uint8_t *)tries.bytes)[i];
	for (const CHAR16 *ending = L".efi"; *ending != 0; ending++)
		file_path.rest[length++] = *ending;
	file_path.rest[length] = 0;
	services->HandleProtocol(image, guid(&loaded_image_guid), (void **)&loaded);
	loaded->DeviceHandle = disk;
	loaded->FilePath = (EFI_DEVICE_PATH *)(uintptr_t)&file_path;
}

static EFI_GET_VARIABLE get_variable;

static bool same(const CHAR16 *one, const CHAR16 *other)
{
	while (*one != 0 && *one == *other)
		one++, other++;
	return *one == *other;
}

static EFI_STATUS EFIAPI get_secure_variable(CHAR16 *asked, EFI_GUID *vendor, UINT32 *attributes, UINTN *size, VOID *data)
{
	const bool secure = same(asked, L"SecureBoot");

	if (!(secure || same(asked, L"SetupMode")) || *size < 1)
		return get_variable(asked, vendor, attributes, size, data);
	if (attributes)
		*attributes = EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
	*size = 1;
	*(UINT8 *)data = secure;
	return EFI_SUCCESS;
}

/* The image that runs.  What firmware says of it goes with it, before it is back here. */
static uint64_t image_base, image_size;
static EFI_RESTORE_TPL restore_level;
static bool was_masked;

static bool interrupts_are_on(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return flags >> 9 & 1;
}

/* OVMF turns interrupts on by itself here, which no specification asks for. */
static void EFIAPI look_and_restore_level(EFI_TPL level)
{
	const uint64_t caller = (uint64_t)__builtin_return_address(0);

	was_masked |= caller - image_base < image_size && !interrupts_are_on();
	restore_level(level);
}

static EFI_STATUS start_image(EFI_HANDLE handle)
{
	EFI_LOADED_IMAGE *loaded;
	EFI_STATUS status;

	services->HandleProtocol(handle, guid(&loaded_image_guid), (void **)&loaded);
	image_base = (uint64_t)loaded->ImageBase;
	image_size = loaded->ImageSize;
	was_masked = false;
	restore_level = services->RestoreTPL;
	services->RestoreTPL = look_and_restore_level;
	status = services->StartImage(handle, NULL, NULL);
	services->RestoreTPL = restore_level;
	return status;
}

static void start(EFI_HANDLE self, struct file image)
{
	EFI_PHYSICAL_ADDRESS taken = 0x100000;
	struct file options, shell, memory, secure, device, clock;
	EFI_LOADED_IMAGE *loaded;
	EFI_HANDLE handle = NULL, chip = NULL;
	EFI_STATUS status = services->LoadImage(FALSE, self, NULL, image.bytes, image.size, &handle);
	void *parameters[3] = { NULL };

	say_number(" load=0x", status);
	say("\n");
	if (status)
		return;
	if (read_file("opt", &options)) {
		services->HandleProtocol(handle, guid(&loaded_image_guid), (void **)&loaded);
		loaded->LoadOptions = options.bytes;
		loaded->LoadOptionsSize = (UINT32)options.size;
	}
	if (read_file("dev", &device))
		say_from_file(handle, device);
	/* Firmware itself would measure the image, had the TPM been there before. */
	if (read_file("tpm", &tpm))
		chip = install(&tcg2_guid, tcg2_interface);
	if (read_file("shl", &shell))
		services->InstallProtocolInterface(&handle, guid(&shell_parameters), EFI_NATIVE_INTERFACE, parameters);
	if (read_file("map", &changes)) {
		leave = services->ExitBootServices;
		services->ExitBootServices = leave_after_a_change;
	}
	get_variable = app_table->RuntimeServices->GetVariable;
	if (read_file("sec", &secure))
		app_table->RuntimeServices->GetVariable = get_secure_variable;
	bool is_taken = read_file("mem", &memory) && !services->AllocatePages(AllocateAddress, EfiLoaderData, 1, &taken);
	const bool is_timed = read_file("clk", &clock);
	if (is_timed)
		clock_begin();
	status = start_image(handle);
	if (is_timed)
		clock_end();
	app_table->RuntimeServices->GetVariable = get_variable;
	if (is_taken)
		services->FreePages(taken, 1);
	say_number("\nlauncher: start=0x", status);
	say("\n");
	if (chip)
		services->UninstallProtocolInterface(chip, guid(&tcg2_guid), tcg2_interface);
}

static void run_case(EFI_HANDLE self, struct file image)
{
	bool has_earlier = read_file("ini", &earlier);
	EFI_HANDLE initrd = has_earlier ? publish_earlier() : NULL;

	start(self, image);
	say_number("launcher: interrupts=", interrupts_are_on() && !was_masked);
	say_number(" restored=", is_restored(has_earlier));
	say("\n");
	if (initrd) {
		services->UninstallProtocolInterface(initrd, guid(&load_file2_guid), &earlier_interface);
		services->UninstallProtocolInterface(initrd, guid(&device_path_guid), (void *)(uintptr_t)&initrd_path);
	}
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);
EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_FILE_IO_INTERFACE *files;
	EFI_LOADED_IMAGE *loaded;
	struct file file;

	app_table = table;
	services = table->BootServices;
	earlier_interface.load_file = load_earlier;
	tcg2_interface[0] = (void *)tell_capability;
	tcg2_interface[2] = (void *)measure;
	services->SetWatchdogTimer(0, 0, 0, NULL);
	services->HandleProtocol(image, guid(&loaded_image_guid), (void **)&loaded);
	disk = loaded->DeviceHandle;
	services->HandleProtocol(disk, guid(&file_system_guid), (void **)&files);
	files->OpenVolume(files, &root);
	for (unsigned number = 0; number < 100; number++) {
		name[0] = (CHAR16)('0' + number / 10);
		name[1] = (CHAR16)('0' + number % 10);
		if (!read_file("efi", &file))
			break;
		say_number("\nlauncher: case=", number);
		run_case(image, file);
		services->FreePool(file.bytes);
	}
	say("launcher: done\n");
	table->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	return EFI_SUCCESS;
}
