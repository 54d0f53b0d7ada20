/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <tools/file.h>
#include <tools/message.h>
#include <tools/options.h>
#include <tools/own_file.h>
#include <tools/pack_options.h>
#include <tools/store.h>

/* Longer than any line that a kernel takes, so that what is too long is refused as that. */
#define CMDLINE_MAX_SIZE (UINT64_C(64) << 10)

static const char help[] =
	"Usage: lull pack -k KERNEL [-i FILE [--line TEXT]]... [-c CMDLINE] [--keep | --store HOW] -o OUT\n"
	"Puts a kernel, its initrd or modules, and a command line into one image.\n"
	"\n"
	"  -k, --kernel FILE    bzImage, or an ELF kernel with a PVH entry or a multiboot header, compressed or not\n"
	"  -i, --initrd FILE    initrd or module; several become one initrd for a Linux, in the order given,\n"
	"                       and stay as they are for any other kernel\n"
	"      --line TEXT      the command line of the module before it\n"
	"  -c, --cmdline TEXT   command line, used where the boot loader gives none; a word lull.append in it\n"
	"                       keeps it and puts the loader's behind it (see lull-boot(7)); @FILE reads it\n"
	"  -o, --output OUT     writes OUT.elf and OUT.efi; or OUT alone where that is NAME.bzimage\n"
	"      --store HOW      how OUT.elf stores the kernel, which is unpacked first: raw, lz4 (default), zstd\n"
	"      --keep           OUT.elf has the kernel as it is, to unpack itself\n"
	"      --shim FILE      the shim (default: lull.elf, as installed; for NAME.bzimage lull.bzimage)\n"
	"      --stub FILE      the EFI boot stub (default: lull.efi, as installed)\n"
	"      --os-release FILE  of the system (default: this system's)\n"
	"      --uname TEXT     the kernel's version (default: as the kernel says it)\n"
	"      --ucode FILE     microcode, used by OUT.efi alone\n"
	"      --splash FILE    a picture (BMP) that OUT.efi shows while the kernel starts\n"
	"  -h, --help           this text\n"
	"\n"
	"NAME.bzimage boots by itself where a Linux would: GRUB's linux, kexec, xl type=\"hvm\" with kernel=.\n"
	"OUT.elf boots by itself: under xl (type=\"pvh\"), with QEMU -kernel, with GRUB's multiboot2.\n"
	"lz4 starts fastest for its size, and raw is largest; a kernel that cannot be unpacked is kept.\n"
	"OUT.efi is a UKI, with the kernel as it is: UEFI firmware starts it, or a boot loader for UEFI,\n"
	"and lull.elf takes it as its module.\n"
	"\n"
	"Exit status: 0 done, 1 a file is wrong or cannot be read or written, 2 wrong usage.\n";

static void default_files(struct pack_request *request)
{
	own_file(request->shim_path, request->as_bzimage ? "lull.bzimage" : "lull.elf");
	if (!request->shim_name)
		request->shim_name = request->shim_path;
	pack_efi_default(&request->efi);
}

/* Whether OUT is to be one file, as loaders of Linux take it; false, and the reason is said, where that has no place for an option. */
static bool take_form(struct pack_request *request)
{
	static const char ending[] = ".bzimage";
	const size_t size = strlen(request->output);

	request->as_bzimage = size >= sizeof(ending) && strcmp(request->output + size - (sizeof(ending) - 1), ending) == 0;
	if (!request->as_bzimage ||
	    (!request->efi.stub_name && !request->efi.os_release_name && !request->efi.ucode_name && !request->efi.splash_name))
		return true;
	message("--stub, --os-release, --ucode and --splash are for OUT.efi, which is not written; see lull pack --help");
	return false;
}

static bool take_once(const char **place, const char *name)
{
	return option_once(place, name, "pack");
}

static bool take_initrd(struct pack_request *request)
{
	if (request->initrd_count == PACK_MAX_INITRDS) {
		message("pack takes at most %d initrds or modules", PACK_MAX_INITRDS);
		return false;
	}
	request->initrd_name[request->initrd_count++] = optarg;
	return true;
}

static bool take_line(struct pack_request *request)
{
	if (request->initrd_count == 0) {
		message("--line belongs behind the -i that it is for; see lull pack --help");
		return false;
	}
	return take_once(&request->initrd_line[request->initrd_count - 1], "--line");
}

static bool take_how(struct pack_request *request)
{
	if (!take_once(&request->store_name, "--store"))
		return false;
	if (store_how_of(optarg, &request->how))
		return true;
	message("--store takes raw, lz4 or zstd, not \"%s\"", optarg);
	return false;
}

static bool take_option(int option, struct pack_request *request)
{
	switch (option) {
	case 'k': return take_once(&request->kernel_name, "--kernel");
	case 'i': return take_initrd(request);
	case 'l': return take_line(request);
	case 'c': return take_once(&request->cmdline, "--cmdline");
	case 'o': return take_once(&request->output, "--output");
	case 's': return take_once(&request->shim_name, "--shim");
	case 'K': return request->keep = true;
	case 'S': return take_how(request);
	case 'e': return take_once(&request->efi.stub_name, "--stub");
	case 'r': return take_once(&request->efi.os_release_name, "--os-release");
	case 'u': return take_once(&request->efi.ucode_name, "--ucode");
	case 'p': return take_once(&request->efi.splash_name, "--splash");
	case 'n': return take_once(&request->uname, "--uname");
	default:  return false;
	}
}

int pack_parse(int argc, char **argv, struct pack_request *request, bool *done)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' }, { "initrd", required_argument, NULL, 'i' },
		{ "cmdline", required_argument, NULL, 'c' }, { "output", required_argument, NULL, 'o' },
		{ "line", required_argument, NULL, 'l' },
		{ "shim", required_argument, NULL, 's' }, { "keep", no_argument, NULL, 'K' },
		{ "store", required_argument, NULL, 'S' }, { "stub", required_argument, NULL, 'e' },
		{ "os-release", required_argument, NULL, 'r' }, { "ucode", required_argument, NULL, 'u' },
		{ "splash", required_argument, NULL, 'p' }, { "uname", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*done = false;
	request->how = STORED_LZ4;
	while ((option = getopt_long(argc, argv, "k:i:c:o:h", options, NULL)) != -1) {
		if (option == 'h') {
			*done = true;
			return print_text(help) ? EXIT_OK : EXIT_INPUT;
		}
		if (!take_option(option, request))
			return EXIT_USAGE;
	}
	if (optind != argc) {
		message("pack takes options only, not \"%s\"; see lull pack --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (!request->kernel_name || !request->output || !*request->output) {
		message("pack needs -k KERNEL and -o OUT; see lull pack --help");
		return EXIT_USAGE;
	}
	if (request->keep && request->store_name) {
		message("--keep and --store contradict one another; see lull pack --help");
		return EXIT_USAGE;
	}
	if (!take_form(request))
		return EXIT_USAGE;
	default_files(request);
	return EXIT_OK;
}

bool pack_read_cmdline(struct pack_request *request)
{
	const char *name = request->cmdline;
	struct span file;

	if (!name || *name++ != '@')
		return true;
	if (!file_read(name, CMDLINE_MAX_SIZE, &file))
		return false;
	/* An editor ends the file in a line feed. */
	while (file.size != 0 && strchr("\r\n", file.at[file.size - 1]) && file.at[file.size - 1] != '\0')
		file.size--;
	if (file.size != 0 && memchr(file.at, '\0', file.size)) {
		message("%s is no command line: it has a NUL in it", name);
		file_release(&file);
		return false;
	}
	request->cmdline_text = strndup((const char *)file.at, file.size);
	request->cmdline = request->cmdline_text;
	file_release(&file);
	if (!request->cmdline_text)
		message("not enough memory for the command line");
	return request->cmdline_text != NULL;
}
