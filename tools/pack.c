/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <core/check.h>
#include <shim/payload/payload.h>
#include <tools/embed.h>
#include <tools/file.h>
#include <tools/judge.h>
#include <tools/message.h>
#include <tools/pack.h>
#include <tools/progress.h>
#include <tools/uki_write.h>

static const char help[] =
	"Usage: lull pack -k KERNEL [-i INITRD]... [-c CMDLINE] -o OUT\n"
	"Puts a kernel, an initrd and a command line into one image.\n"
	"\n"
	"  -k, --kernel FILE    bzImage, or an ELF kernel with a PVH entry\n"
	"  -i, --initrd FILE    initrd; of several, one behind the other in the order given\n"
	"  -c, --cmdline TEXT   command line, used where the boot loader gives none; a word lull.append in it\n"
	"                       keeps it and puts the loader's behind it (see lull-boot(7))\n"
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

/*
 * The limit of one input, and of all initrds together.  Two such fit in a PE file, which ends below 4 GiB; no loader could
 * place a larger initrd.
 */
#define INPUT_MAX_SIZE (UINT64_C(3) << 29)
#define MAX_INITRDS 16
/* Linux takes an archive that is not compressed at a multiple of this (init/initramfs.c, unpack_to_rootfs). */
#define INITRD_ALIGNMENT 4

struct request {
	const char *kernel_name;
	const char *initrd_name[MAX_INITRDS];
	unsigned initrd_count;
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
	struct span initrd[MAX_INITRDS];
	/* All initrds, one behind the other. */
	struct span whole_initrd;
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

/* Takes an option that may be given once; a second one is an error, since one of them would be ignored. */
static bool take_once(const char **place, const char *name)
{
	if (*place)
		message("%s is given twice; see lull pack --help", name);
	else
		*place = optarg;
	return *place == optarg;
}

static bool take_initrd(struct request *request)
{
	if (request->initrd_count == MAX_INITRDS) {
		message("pack takes at most %d initrds", MAX_INITRDS);
		return false;
	}
	request->initrd_name[request->initrd_count++] = optarg;
	return true;
}

static bool take_option(int option, struct request *request)
{
	switch (option) {
	case 'k': return take_once(&request->kernel_name, "--kernel");
	case 'i': return take_initrd(request);
	case 'c': return take_once(&request->cmdline, "--cmdline");
	case 'o': return take_once(&request->output, "--output");
	case 's': return take_once(&request->shim_name, "--shim");
	default:  return false;
	}
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
		if (option == 'h') {
			fputs(help, stdout);
			*done = true;
			return EXIT_OK;
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
	return EXIT_OK;
}

static bool would_replace(const struct request *request, const char *input)
{
	const bool same = input && (file_same(input, request->elf_name) || file_same(input, request->efi_name));

	if (same)
		message("%s is an input, and %s would replace it", input,
			file_same(input, request->elf_name) ? request->elf_name : request->efi_name);
	return same;
}

/* Makes the names of the outputs and refuses those that would replace an input. */
static bool name_outputs(struct request *request)
{
	if (strlen(request->output) + sizeof(".elf") > PATH_MAX) {
		message("the name of the output is too long");
		return false;
	}
	snprintf(request->elf_name, sizeof(request->elf_name), "%s.elf", request->output);
	snprintf(request->efi_name, sizeof(request->efi_name), "%s.efi", request->output);
	for (unsigned i = 0; i < request->initrd_count; i++)
		if (would_replace(request, request->initrd_name[i]))
			return false;
	return !would_replace(request, request->kernel_name) && !would_replace(request, request->shim_name);
}

static uint64_t initrd_end(uint64_t start, struct span initrd)
{
	return (start + INITRD_ALIGNMENT - 1) / INITRD_ALIGNMENT * INITRD_ALIGNMENT + initrd.size;
}

/* Puts the initrds one behind the other, as every boot loader does that takes several. */
static bool join_initrds(const struct request *request, struct inputs *inputs)
{
	uint64_t size = 0;
	uint8_t *whole;

	if (request->initrd_count == 1) {
		inputs->whole_initrd = inputs->initrd[0];
		return true;
	}
	for (unsigned i = 0; i < request->initrd_count; i++)
		size = initrd_end(size, inputs->initrd[i]);
	if (size > INPUT_MAX_SIZE) {
		message("the initrds are larger than %llu MiB together", (unsigned long long)(INPUT_MAX_SIZE >> 20));
		return false;
	}
	whole = calloc(1, size + 1);
	if (!whole) {
		message("not enough memory for the initrds");
		return false;
	}
	inputs->whole_initrd = span(whole, size);
	size = 0;
	for (unsigned i = 0; i < request->initrd_count; i++) {
		const struct span initrd = inputs->initrd[i];

		size = initrd_end(size, initrd);
		memcpy(whole + size - initrd.size, initrd.at, initrd.size);
	}
	return true;
}

static bool read_inputs(const struct request *request, struct inputs *inputs)
{
	for (unsigned i = 0; i < request->initrd_count; i++)
		if (!file_read(request->initrd_name[i], INPUT_MAX_SIZE, &inputs->initrd[i]))
			return false;
	return file_read(request->kernel_name, INPUT_MAX_SIZE, &inputs->kernel) &&
	       file_read(request->shim_name, INPUT_MAX_SIZE, &inputs->shim) && join_initrds(request, inputs);
}

/* The input that an error is about. */
static const char *guilty(const struct request *request, const struct error *error)
{
	switch (error->code) {
	case ERROR_CMDLINE_KERNEL:
	case ERROR_CMDLINE_BUFFER:
	case ERROR_CMDLINE_PROTO:
	case ERROR_CMDLINE_LINUX_SITES:
	case ERROR_CMDLINE_CHOICE:
		return "--cmdline";
	default:
		return request->kernel_name;
	}
}

/* Refuses an initrd that the shim would refuse beside this kernel, each by itself: behind another it would hide. */
static bool judge_initrds(const struct request *request, const struct inputs *inputs)
{
	for (unsigned i = 0; i < request->initrd_count; i++) {
		const struct payload_source source = {
			.module_count = 2,
			.module = { { inputs->kernel, 0 }, { inputs->initrd[i], 0 } },
		};
		struct payload payload;
		const struct error error = payload_find_any(source, &payload);

		if (error.code == ERROR_INITRD_EMPTY || error.code == ERROR_INITRD_KERNEL) {
			message_framed(request->initrd_name[i], &error);
			return false;
		}
	}
	return true;
}

/* Warns of an error with all doors that have it, unless it was said for a door before. */
static void warn(const struct judgement *judgement, unsigned door)
{
	char text[128] = "refused by";

	for (unsigned i = 0; i < JUDGE_DOORS; i++) {
		const size_t used = strlen(text);

		if (judgement->error[i].code != judgement->error[door].code)
			continue;
		if (i < door)
			return;
		snprintf(text + used, sizeof(text) - used, "%s %s", i == door ? "" : " and", judge_door_name(i));
	}
	message_warning(text, &judgement->error[door]);
}

/* Says what the shim would say: of a kernel that no door starts in a block, and of doors that say something else. */
static bool judge_kernel(const struct request *request, const struct judgement *judgement)
{
	const struct error *best = &judgement->error[judge_best(judgement)];

	if (judgement->unknown_word.size != 0)
		message("warning: \"%.*s\" names no option of lull's", (int)judgement->unknown_word.size,
			(const char *)judgement->unknown_word.at);
	if (judgement->lacks_memory)
		message("warning: not enough memory to judge the kernel as the shim would");
	if (failed(*best))
		message_framed(guilty(request, best), best);
	for (unsigned i = 0; i < JUDGE_DOORS; i++)
		if (judgement->error[i].code != best->code)
			warn(judgement, i);
	if (!failed(*best) && judgement->from_uki)
		message("%s is a UKI already: lull.elf takes it as it is, as its module; pack wants the kernel itself",
			request->kernel_name);
	return !failed(*best) && !judgement->from_uki;
}

/* The command line is judged as if a loader gave it: then it is certain to be the one that the kernel gets. */
static bool judge_inputs(const struct request *request, const struct inputs *inputs, char *version)
{
	const struct payload_source source = {
		.module_count = request->initrd_count ? 2 : 1,
		.module = { { inputs->kernel, 0 }, { inputs->whole_initrd, 0 } },
		.cmdline = request->cmdline,
	};
	struct judgement judgement;
	bool good;

	if (!judge_initrds(request, inputs))
		return false;
	progress_begin("judging", request->kernel_name);
	judge(&judgement, &source);
	progress_end();
	good = judge_kernel(request, &judgement);
	memcpy(version, judgement.version, sizeof(judgement.version));
	judge_release(&judgement);
	return good;
}

static bool build_image(const struct request *request, const struct inputs *inputs, struct span *image)
{
	struct uki_parts parts = { .initrd = inputs->whole_initrd, .kernel = inputs->kernel };
	char version[PAYLOAD_VERSION_SIZE];

	if (!judge_inputs(request, inputs, version))
		return false;
	/* "unknown" is the parser's word for none. */
	if (strcmp(version, "unknown") != 0)
		parts.uname = span(version, strlen(version));
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
	CHECK(payload.initrd.bytes.size == inputs->whole_initrd.size);
}

/* Writes both files; neither gets its name before both are complete. */
static bool write_outputs(const struct request *request, const struct inputs *inputs, struct span image)
{
	struct output elf = { .descriptor = -1 }, efi = { .descriptor = -1 };
	struct output *const both[] = { &efi, &elf };
	bool done;

	progress_begin("writing", request->output);
	done = output_open(&efi, request->efi_name) && output_write(&efi, image) &&
	       output_open(&elf, request->elf_name) &&
	       embed_write(&elf, request->shim_name, inputs->shim, image) &&
	       output_commit(both, 2);
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
	for (unsigned i = 0; i < request.initrd_count; i++)
		file_release(&inputs.initrd[i]);
	if (request.initrd_count != 1)
		file_release(&inputs.whole_initrd);
	file_release(&inputs.shim);
	return code;
}
