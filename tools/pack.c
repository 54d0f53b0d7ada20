/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <core/check.h>
#include <shim/payload/cmdline.h>
#include <shim/payload/payload.h>
#include <tools/embed.h>
#include <tools/file.h>
#include <tools/message.h>
#include <tools/pack.h>
#include <tools/progress.h>
#include <tools/uki_write.h>

static const char help[] =
	"Usage: lull pack -k KERNEL [-i INITRD] [-c CMDLINE] -o OUT\n"
	"Puts a kernel, an initrd and a command line into one image.\n"
	"\n"
	"  -k, --kernel FILE    bzImage, or an ELF kernel with a PVH entry\n"
	"  -i, --initrd FILE    initrd\n"
	"  -c, --cmdline TEXT   command line, used where the boot loader gives none\n"
	"  -o, --output OUT     writes OUT.elf and OUT.efi\n"
	"      --shim FILE      the shim (default: lull.elf beside this program)\n"
	"  -h, --help           this text\n"
	"\n"
	"OUT.elf boots by itself: under xl (type=\"pvh\"), with QEMU -kernel, with GRUB's multiboot2.\n"
	"OUT.efi is the UKI alone, a PE file with the sections .uname .cmdline .initrd .linux, for\n"
	"lull.elf to take as its module.  It does not hold systemd-stub or any other EFI boot stub:\n"
	"UEFI firmware cannot start a kernel from it, and the file says so when firmware tries.\n"
	"\n"
	"Exit status: 0 done, 1 a file is wrong or cannot be read or written, 2 wrong usage.\n";

/* Of one input.  Two of them fit in a PE file, which ends below 4 GiB; no loader could place a larger initrd. */
#define INPUT_MAX_SIZE (UINT64_C(3) << 29)

struct request {
	const char *kernel_name;
	const char *initrd_name;
	const char *cmdline;
	const char *output;
	const char *shim_name;
	/* Memory for the default of shim_name. */
	char shim_path[PATH_MAX + sizeof("/lull.elf")];
	char elf_name[PATH_MAX];
	char efi_name[PATH_MAX];
};

struct inputs {
	struct span kernel;
	struct span initrd;
	struct span shim;
};

/* lull.elf beside this program; in the current directory where /proc does not say where that is. */
static void default_shim(struct request *request)
{
	char self[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[length > 0 ? length : 0] = '\0';
	snprintf(request->shim_path, sizeof(request->shim_path), "%s/lull.elf", dirname(self));
	request->shim_name = request->shim_path;
}

/* Returns EXIT_OK to go on, or the code to end with; *done is set when there is nothing more to do. */
static int parse(int argc, char **argv, struct request *request, bool *done)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' }, { "initrd", required_argument, NULL, 'i' },
		{ "cmdline", required_argument, NULL, 'c' }, { "output", required_argument, NULL, 'o' },
		{ "shim", required_argument, NULL, 's' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*done = false;
	while ((option = getopt_long(argc, argv, "k:i:c:o:h", options, NULL)) != -1) {
		switch (option) {
		case 'k': request->kernel_name = optarg; break;
		case 'i': request->initrd_name = optarg; break;
		case 'c': request->cmdline = optarg; break;
		case 'o': request->output = optarg; break;
		case 's': request->shim_name = optarg; break;
		case 'h':
			fputs(help, stdout);
			*done = true;
			return EXIT_OK;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind != argc) {
		message("pack takes options only, not \"%s\"; see lull pack --help", argv[optind]);
		return EXIT_USAGE;
	}
	if (!request->kernel_name || !request->output || !*request->output) {
		message("pack needs -k KERNEL and -o OUT; see lull pack --help");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* Makes the names of the outputs and refuses those that would replace an input. */
static bool name_outputs(struct request *request)
{
	const char *inputs[] = { request->kernel_name, request->initrd_name, request->shim_name };
	const char *outputs[] = { request->elf_name, request->efi_name };

	if (strlen(request->output) + sizeof(".elf") > PATH_MAX) {
		message("the name of the output is too long");
		return false;
	}
	snprintf(request->elf_name, sizeof(request->elf_name), "%s.elf", request->output);
	snprintf(request->efi_name, sizeof(request->efi_name), "%s.efi", request->output);
	for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		for (unsigned o = 0; o < sizeof(outputs) / sizeof(outputs[0]); o++) {
			if (inputs[i] && file_same(inputs[i], outputs[o])) {
				message("%s is an input, and %s would replace it", inputs[i], outputs[o]);
				return false;
			}
		}
	}
	return true;
}

static bool read_inputs(const struct request *request, struct inputs *inputs)
{
	return file_read(request->kernel_name, INPUT_MAX_SIZE, &inputs->kernel) &&
	       (!request->initrd_name || file_read(request->initrd_name, INPUT_MAX_SIZE, &inputs->initrd)) &&
	       file_read(request->shim_name, INPUT_MAX_SIZE, &inputs->shim);
}

/* Refuses what the shim would refuse, with its own words. */
static bool judge(const struct request *request, const struct inputs *inputs, struct payload *payload)
{
	const struct payload_source source = {
		.module_count = request->initrd_name ? 2 : 1,
		.module = { { inputs->kernel, 0 }, { inputs->initrd, 0 } },
		.module_cmdline = { request->cmdline },
	};
	char line[BOOT_CMDLINE_SIZE];
	struct error error = payload_find_any(source, payload);

	if (!failed(error) && payload->from_uki) {
		message("%s is a UKI already: lull.elf takes it as it is, as its module; pack wants the kernel itself",
			request->kernel_name);
		return false;
	}
	if (!failed(error))
		error = cmdline_filter(cmdline_chosen(&payload->lines), payload->cmdline_limit, payload->cmdline_taker, line,
				       sizeof(line), NULL);
	if (failed(error)) {
		const bool initrd = error.code == ERROR_INITRD_EMPTY || error.code == ERROR_INITRD_KERNEL;
		const bool cmdline = error.code == ERROR_CMDLINE_KERNEL || error.code == ERROR_CMDLINE_BUFFER;

		message_framed(cmdline ? "--cmdline" : initrd ? request->initrd_name : request->kernel_name, &error);
		return false;
	}
	return true;
}

static bool build_image(const struct request *request, const struct inputs *inputs, struct span *image)
{
	struct payload payload;
	struct uki_parts parts = { .initrd = inputs->initrd, .kernel = inputs->kernel };

	if (!judge(request, inputs, &payload))
		return false;
	/* "unknown" is the parser's word for none. */
	if (strcmp(payload.version, "unknown") != 0)
		parts.uname = span(payload.version, strlen(payload.version));
	if (request->cmdline)
		parts.cmdline = span(request->cmdline, strlen(request->cmdline));
	if (!uki_build(&parts, image)) {
		message("not enough memory for the image");
		return false;
	}
	return true;
}

/* CHECK()s that the shim finds in the image what was put into it. */
static void check_image(struct span image, const struct inputs *inputs)
{
	const struct payload_source source = { .embedded = { image, 0 } };
	struct payload payload;

	CHECK(!failed(payload_find_any(source, &payload)));
	CHECK(payload.kernel.bytes.size == inputs->kernel.size);
	CHECK(payload.initrd.bytes.size == inputs->initrd.size);
}

/* Writes both files; neither gets its name before both are complete. */
static bool write_outputs(const struct request *request, const struct inputs *inputs, struct span image)
{
	struct output elf = { .descriptor = -1 }, efi = { .descriptor = -1 };
	bool done;

	progress_begin("writing", request->output);
	done = output_open(&efi, request->efi_name) && output_write(&efi, image) &&
	       output_open(&elf, request->elf_name) &&
	       embed_write(&elf, request->shim_name, inputs->shim, image) &&
	       output_commit(&efi) && output_commit(&elf);
	progress_end();
	output_abandon(&efi);
	output_abandon(&elf);
	return done;
}

int pack_main(int argc, char **argv)
{
	struct request request = { .shim_name = NULL };
	struct inputs inputs = { .kernel = { NULL, 0 } };
	struct span image = { NULL, 0 };
	bool done;
	int code = parse(argc, argv, &request, &done);

	if (code != EXIT_OK || done)
		return code;
	if (!request.shim_name)
		default_shim(&request);
	code = EXIT_INPUT;
	if (name_outputs(&request) && read_inputs(&request, &inputs) && build_image(&request, &inputs, &image)) {
		check_image(image, &inputs);
		if (write_outputs(&request, &inputs, image))
			code = EXIT_OK;
	}
	file_release(&image);
	file_release(&inputs.kernel);
	file_release(&inputs.initrd);
	file_release(&inputs.shim);
	return code;
}
