/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <core/check.h>
#include <shim/payload/payload.h>
#include <tools/embed.h>
#include <tools/file.h>
#include <tools/initrd.h>
#include <tools/judge.h>
#include <tools/message.h>
#include <tools/output.h>
#include <tools/pack.h>
#include <tools/pack_modules.h>
#include <tools/pack_options.h>
#include <tools/pack_store.h>
#include <tools/progress.h>
#include <tools/uki_write.h>

/* What ends a bootconfig. */
#define BOOTCONFIG_MARK      "#BOOTCONFIG\n"
#define BOOTCONFIG_MARK_SIZE (sizeof(BOOTCONFIG_MARK) - 1)

struct inputs {
	struct span kernel;
	struct span initrd[PACK_MAX_INITRDS];
	struct pack_modules modules;
	struct span shim;
	/* The kernel as OUT.elf has it; empty where that is as it is. */
	struct span stored;
	char version[PAYLOAD_VERSION_SIZE];
};

/* OUT.efi, and what goes into OUT.elf. */
struct images {
	struct span efi;
	struct span elf;
};

static bool would_replace(const struct pack_request *request, const char *input)
{
	const bool same = input && (file_same(input, request->elf_name) || file_same(input, request->efi_name));

	if (same)
		message("%s is an input, and %s would replace it", input,
			file_same(input, request->elf_name) ? request->elf_name : request->efi_name);
	return same;
}

/* Makes the names of the outputs and refuses those that would replace an input. */
static bool name_outputs(struct pack_request *request)
{
	if (strlen(request->output) + sizeof(".elf") > PATH_MAX) {
		message("the name of the output is too long");
		return false;
	}
	snprintf(request->elf_name, sizeof(request->elf_name), "%s%s", request->output, request->as_bzimage ? "" : ".elf");
	if (!request->as_bzimage)
		snprintf(request->efi_name, sizeof(request->efi_name), "%s.efi", request->output);
	for (unsigned i = 0; i < request->initrd_count; i++)
		if (would_replace(request, request->initrd_name[i]))
			return false;
	if (file_same(request->elf_name, request->efi_name)) {
		message("%s and %s are one file, and both would replace it", request->elf_name, request->efi_name);
		return false;
	}
	if (request->cmdline && request->cmdline[0] == '@' && would_replace(request, request->cmdline + 1))
		return false;
	return !would_replace(request, request->kernel_name) && !would_replace(request, request->shim_name) &&
	       !would_replace(request, request->efi.stub_name) && !would_replace(request, request->efi.ucode_name) &&
	       !would_replace(request, request->efi.splash_name) &&
	       !would_replace(request, request->efi.os_release_name);
}

/* The form of the shim is that of the output, whose name says how it is started. */
static bool is_right_shim(const struct pack_request *request, struct span shim)
{
	const bool is_bzimage = linux_is(shim);

	if (request->as_bzimage && !is_bzimage)
		message("%s is no lull.bzimage, as which %s is to start", request->shim_name, request->output);
	else if (!request->as_bzimage && is_bzimage)
		message("%s is no lull.elf, as which %s is to start: for lull.bzimage call the output %s.bzimage", request->shim_name,
			request->elf_name, request->output);
	return request->as_bzimage == is_bzimage;
}

/* Says when the kernel is lull.elf or lull.bzimage, with an image or without. */
static bool is_shim_itself(const struct pack_request *request, struct span kernel)
{
	struct span image;

	if (!embed_find(kernel, &image))
		return false;
	if (image.size != 0)
		message("%s has been packed already: pack wants the kernel in it (lull extract kernel)", request->kernel_name);
	else
		message("%s is lull itself, without a kernel: pack wants the kernel that it is to start", request->kernel_name);
	return true;
}

static bool read_inputs(const struct pack_request *request, struct inputs *inputs)
{
	for (unsigned i = 0; i < request->initrd_count; i++)
		if (!file_read(request->initrd_name[i], PACK_MAX_SIZE, &inputs->initrd[i]))
			return false;
	if (!file_read(request->kernel_name, PACK_MAX_SIZE, &inputs->kernel) ||
	    !file_read(request->shim_name, PACK_MAX_SIZE, &inputs->shim))
		return false;
	if (!is_right_shim(request, inputs->shim) || is_shim_itself(request, inputs->kernel))
		return false;
	return pack_modules_make(request, inputs->kernel, inputs->initrd, &inputs->modules);
}

/* The input that an error is about. */
static const char *guilty(const struct pack_request *request, const struct error *error)
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

static bool takes_initrd(const struct payload *payload)
{
	/* A guest of Xen that is no Linux gives its one module what meaning it likes. */
	return payload_joins_modules(payload) && (!payload->as_xen_pv || payload_is_linux_elf(payload));
}

/*
 * Says where Linux would stop in an initrd.  One that does not begin as an archive, compressed or not, may be a file system.  A
 * bootconfig behind the archives, which ends in a mark of its own, is taken off before they are unpacked (Linux,
 * Documentation/admin-guide/bootconfig.rst).
 */
static void warn_of_broken(const char *name, struct span initrd)
{
	struct initrd_part part = { .offset = 0 };

	if (!cpio_is(initrd) && compression_of(initrd) == COMPRESSION_NONE)
		return;
	progress_begin("judging", name);
	for (uint64_t at = 0; initrd_next(initrd, at, &part) && !part.is_broken; at = part.offset + part.size)
		;
	progress_end();
	if (part.lacks_memory)
		message("warning: not enough memory to unpack %s", name);
	else if (part.is_broken && part.size != 0)
		message("warning: %s is broken or cut short, in the archive at offset %llu", name, (unsigned long long)part.offset);
	else if (part.is_broken && !span_is(initrd, initrd.size - BOOTCONFIG_MARK_SIZE, BOOTCONFIG_MARK, BOOTCONFIG_MARK_SIZE))
		message("warning: %s has something behind its archives that is none, at offset %llu, where Linux stops", name,
			(unsigned long long)part.offset);
}

/* Refuses an initrd that the shim would refuse beside this kernel, each by itself: behind another it would hide. */
static bool judge_initrds(const struct pack_request *request, const struct inputs *inputs)
{
	for (unsigned i = 0; i < request->initrd_count; i++) {
		const struct payload_source source = {
			.module_count = 2,
			.module = { { inputs->kernel, 0 }, { inputs->initrd[i], 0 } },
			.cmdline = request->cmdline,
		};
		struct payload payload;
		const struct error error = payload_find_any(source, &payload);

		if (error.code == ERROR_INITRD_EMPTY || error.code == ERROR_INITRD_KERNEL) {
			message_framed(request->initrd_name[i], &error);
			return false;
		}
		if (!failed(error) && takes_initrd(&payload))
			warn_of_broken(request->initrd_name[i], inputs->initrd[i]);
	}
	return true;
}

/* Warns of an error with all doors that have it, unless it was said for a door before. */
static void warn(const struct judgement *judgement, unsigned door)
{
	char text[128] = "refused by";

	for (unsigned i = 0; i < judgement->doors; i++) {
		const size_t used = strlen(text);

		if (judgement->error[i].code != judgement->error[door].code)
			continue;
		if (i < door)
			return;
		snprintf(text + used, sizeof(text) - used, "%s %s", i == door ? "" : " and", judge_door_name(i));
	}
	message_warning(text, &judgement->error[door]);
}

/* Why firmware refuses a kernel: LoadImage() says only that it does. */
static void warn_of_firmware(const struct pack_request *request, const struct verdict *firmware)
{
	char text[VERDICT_SENTENCES];

	verdict_sentences(firmware, text);
	if (firmware->answer != ANSWER_TAKES)
		message("warning: UEFI firmware does not load %s: %s", request->kernel_name, text);
}

/* Says what the shim would say: of a kernel that no door starts in a block, and of doors that say something else. */
static bool judge_kernel(const struct pack_request *request, const struct judgement *judgement)
{
	const struct error *best = &judgement->error[judge_best(judgement)];

	if (judgement->unknown_word.size != 0)
		message("warning: \"%.*s\" names no option of lull's", (int)judgement->unknown_word.size,
			(const char *)judgement->unknown_word.at);
	if (judgement->lacks_memory)
		message("warning: not enough memory to judge the kernel as the shim would");
	if (failed(*best))
		message_framed(guilty(request, best), best);
	for (unsigned i = 0; i < judgement->doors; i++)
		if (judgement->error[i].code != best->code)
			warn(judgement, i);
	warn_of_firmware(request, &judgement->firmware);
	if (!failed(*best) && judgement->from_uki)
		message("%s is a UKI already: lull.elf takes it as it is, as its module; pack wants the kernel itself",
			request->kernel_name);
	return !failed(*best) && !judgement->from_uki;
}

/* The command line is judged as if a loader gave it: then it is certain to be the one that the kernel gets. */
static bool judge_inputs(const struct pack_request *request, struct inputs *inputs)
{
	struct payload_source source = {
		.module_count = request->initrd_count ? 2 : 1,
		.module = { { inputs->kernel, 0 }, { inputs->modules.initrd, 0 } },
		.cmdline = request->cmdline,
	};
	struct judgement judgement;
	bool good;

	/* One module stands for all: each was judged by itself. */
	if (inputs->modules.separate)
		source.module[1].bytes = inputs->initrd[0];
	if (!judge_initrds(request, inputs))
		return false;
	progress_begin("judging", request->kernel_name);
	judge(&judgement, &source, !request->as_bzimage);
	progress_end();
	good = judge_kernel(request, &judgement);
	memcpy(inputs->version, judgement.version, sizeof(judgement.version));
	good = good && pack_store(request, &source, &judgement, &inputs->stored);
	judge_release(&judgement);
	return good;
}

static struct uki_parts parts_of(const struct pack_request *request, const struct inputs *inputs, struct span kernel)
{
	struct uki_parts parts = { .initrd = inputs->modules.initrd, .modules = inputs->modules.section, .kernel = kernel };

	/* "unknown" is the parser's word for none. */
	if (request->uname)
		parts.uname = span(request->uname, strlen(request->uname));
	else if (strcmp(inputs->version, "unknown") != 0)
		parts.uname = span(inputs->version, strlen(inputs->version));
	if (request->cmdline)
		parts.cmdline = span(request->cmdline, strlen(request->cmdline));
	return parts;
}

/* CHECK()s that the shim finds in an image what was put into it. */
static void check_image(struct span image, const struct uki_parts *parts)
{
	const struct payload_source source = { .embedded = { image, 0 } };
	struct payload payload;

	CHECK(!failed(payload_find_any(source, &payload)));
	CHECK(payload.kernel.bytes.size == parts->kernel.size);
	CHECK(parts->modules.size != 0 || payload_modules_size(&payload) == parts->initrd.size);
}

static bool build_images(const struct pack_request *request, struct inputs *inputs, struct images *images)
{
	struct uki_parts parts;

	if (!judge_inputs(request, inputs))
		return false;
	parts = parts_of(request, inputs, inputs->kernel);
	if (!request->as_bzimage) {
		if (!pack_efi_build(&request->efi, parts, &images->efi))
			return false;
		check_image(images->efi, &parts);
	}
	if (inputs->stored.size != 0)
		parts.kernel = inputs->stored;
	if (!uki_build(&parts, &images->elf)) {
		message("not enough memory for the image");
		return false;
	}
	check_image(images->elf, &parts);
	return true;
}

/* Writes the files; none gets its name before all are complete. */
static bool write_outputs(const struct pack_request *request, const struct inputs *inputs,
			  const struct images *images)
{
	struct output elf = { .descriptor = -1 }, efi = { .descriptor = -1 };
	struct output *const both[] = { &efi, &elf };
	bool done;

	progress_begin("writing", request->output);
	done = (request->as_bzimage || (output_open(&efi, request->efi_name) && output_write(&efi, images->efi))) &&
	       output_open(&elf, request->elf_name) &&
	       embed_write(&elf, request->shim_name, inputs->shim, images->elf) &&
	       output_commit(both + (request->as_bzimage ? 1 : 0), request->as_bzimage ? 1 : 2);
	progress_end();
	output_abandon(&efi);
	output_abandon(&elf);
	return done;
}

int pack_main(int argc, char **argv)
{
	struct pack_request request = { .shim_name = NULL };
	struct inputs inputs = { .kernel = { NULL, 0 } };
	struct images images = { { NULL, 0 }, { NULL, 0 } };
	bool done;
	int code = pack_parse(argc, argv, &request, &done);

	if (code != EXIT_OK || done)
		return code;
	code = EXIT_INPUT;
	if (name_outputs(&request) && pack_read_cmdline(&request) && read_inputs(&request, &inputs) &&
	    (request.as_bzimage || pack_efi_read(&request.efi)) &&
	    build_images(&request, &inputs, &images) && write_outputs(&request, &inputs, &images))
		code = EXIT_OK;
	file_release(&images.elf);
	file_release(&images.efi);
	pack_efi_release(&request.efi);
	file_release(&inputs.stored);
	file_release(&inputs.kernel);
	pack_modules_release(&inputs.modules);
	for (unsigned i = 0; i < request.initrd_count; i++)
		file_release(&inputs.initrd[i]);
	file_release(&inputs.shim);
	free(request.cmdline_text);
	return code;
}
