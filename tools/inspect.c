/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <efi/picture.h>
#include <shim/payload/modules.h>
#include <shim/payload/version.h>
#include <tools/doors.h>
#include <tools/file.h>
#include <tools/inspect.h>
#include <tools/inspect_elf.h>
#include <tools/loaders.h>
#include <tools/message.h>
#include <tools/progress.h>
#include <tools/store.h>

static const char help[] =
	"Usage: lull inspect FILE [--loaders] [--json]\n"
	"Says what a file is (bzImage, ELF kernel, UKI, lull.elf, initrd), what is in it, and what can start it.\n"
	"\n"
	"      --loaders instead: how each boot loader reads the file, which entry it takes, or why it refuses\n"
	"      --json    the same for machines; addresses are strings, sizes are bytes\n"
	"  -h, --help    this text\n"
	"\n"
	"The kernel inside a bzImage is unpacked to show its Xen notes: gzip, bzip2, lzma, xz, lzo, lz4 and\n"
	"zstd, to at most 1 GiB.  An initrd is gone through as Linux does, archive by archive, of any size.\n"
	"\n"
	"Exit status: 0 described (also when it is nothing known), 1 unreadable or broken, 2 wrong usage.\n";

static bool report_subject(struct report *report, const struct subject *subject);

/* A file inside the file.  False when it is broken. */
static bool report_part(struct report *report, const char *key, struct span file)
{
	struct subject subject;
	bool sound;

	subject_examine(&subject, file);
	report_open(report, key);
	sound = report_subject(report, &subject);
	report_close(report);
	subject_release(&subject);
	return sound;
}

/* A section of text may be padded with NULs, or end in one. */
static struct span before_nul(struct span text)
{
	text.size = text.size != 0 ? strnlen((const char *)text.at, text.size) : 0;
	return text;
}

/* What lull pack has put into the section .modules, counted from 1 (lull extract module). */
static bool report_modules(struct report *report, struct span section)
{
	uint64_t count;
	struct span bytes, line;
	struct error error = modules_count(section, &count);

	report_list(report, "modules");
	for (uint64_t i = 0; !failed(error) && i < count; i++) {
		error = modules_entry_read(section, i, &bytes, &line);
		if (failed(error))
			break;
		report_row(report);
		report_number(report, "number", i + 1);
		report_size(report, "size", bytes.size);
		report_span(report, "line", line);
		report_row_end(report);
	}
	report_list_end(report);
	if (failed(error))
		report_error(report, "modules_error", &error);
	return !failed(error);
}

/* One that is unsound is not shown, and hinders nothing. */
static void report_picture(struct report *report, struct span file)
{
	struct picture picture;
	struct error error = picture_read(file, &picture);

	report_open(report, "splash");
	if (failed(error)) {
		report_error(report, "error", &error);
	} else {
		report_number(report, "width", picture.width);
		report_number(report, "height", picture.height);
		report_number(report, "bits_per_pixel", picture.depth);
	}
	report_close(report);
}

static bool report_uki(struct report *report, const struct subject *subject)
{
	const struct uki *uki = &subject->uki;
	bool sound;

	report_open(report, "uki");
	report_list(report, "sections");
	for (unsigned i = 0; i < UKI_SECTIONS; i++) {
		if (!uki->present[i])
			continue;
		report_row(report);
		report_text(report, "name", uki_section_name((enum uki_section)i));
		report_size(report, "size", uki->section[i].size);
		report_address(report, "offset", (uint64_t)(uki->section[i].at - subject->file.at));
		report_row_end(report);
	}
	report_list_end(report);
	if (uki->present[UKI_UNAME])
		report_span(report, "uname", before_nul(uki->section[UKI_UNAME]));
	if (uki->present[UKI_CMDLINE])
		report_span(report, "cmdline", before_nul(uki->section[UKI_CMDLINE]));
	if (uki->section[UKI_SPLASH].size != 0)
		report_picture(report, uki->section[UKI_SPLASH]);
	sound = report_part(report, "kernel", uki->section[UKI_LINUX]);
	if (uki->section[UKI_INITRD].size != 0)
		sound = report_part(report, "initrd", uki->section[UKI_INITRD]) && sound;
	if (uki->present[UKI_MODULES])
		sound = report_modules(report, uki->section[UKI_MODULES]) && sound;
	report_close(report);
	return sound;
}

/* False: nothing could be unpacked, or not what should be there. */
static bool is_open(const struct subject *subject)
{
	return !subject->lacks_memory && !failed(subject->inner_error);
}

static void report_problem(struct report *report, const struct subject *subject)
{
	if (subject->lacks_memory)
		report_text(report, "problem", "not enough memory to unpack it");
	else if (failed(subject->inner_error))
		report_error(report, "error", &subject->inner_error);
}

static bool report_bzimage(struct report *report, const struct subject *subject)
{
	const struct linux_kernel *kernel = &subject->bzimage;
	char protocol[16];

	snprintf(protocol, sizeof(protocol), "%u.%02u", kernel->protocol >> 8, kernel->protocol & 0xff);
	report_open(report, "bzimage");
	report_text(report, "boot_protocol", protocol);
	report_flag(report, "entry_64", (kernel->xloadflags & LINUX_XLF_KERNEL_64) != 0);
	report_flag(report, "above_4g", (kernel->xloadflags & LINUX_XLF_ABOVE_4G) != 0);
	report_flag(report, "relocatable", kernel->relocatable);
	report_address(report, "pref_address", kernel->pref_address);
	report_address(report, "alignment", kernel->kernel_alignment);
	report_size(report, "init_size", kernel->init_size);
	report_address(report, "initrd_addr_max", kernel->initrd_addr_max);
	report_number(report, "cmdline_size", kernel->cmdline_size);
	report_address(report, "code_offset", kernel->code_offset);
	report_size(report, "code_size", kernel->code_size);
	report_text(report, "compression", compression_name(subject->compression));
	report_size(report, "compressed_size", kernel->compressed.size);
	report_size(report, "unpacked_size", subject->inner.size);
	report_problem(report, subject);
	if (subject->has_elf)
		inspect_elf(report, "vmlinux", subject);
	report_close(report);
	return is_open(subject);
}

/* The extents, summed up by how they are stored. */
static void report_extents(struct report *report, const struct stored *stored)
{
	uint64_t count[STORED_HOWS] = { 0 }, size[STORED_HOWS] = { 0 }, stored_size[STORED_HOWS] = { 0 };

	for (uint32_t i = 0; i < stored->header.extent_count; i++) {
		const struct stored_extent extent = stored_extent(stored, i);

		count[extent.how]++;
		size[extent.how] += extent.size;
		stored_size[extent.how] += extent.stored_size;
	}
	report_list(report, "extents");
	for (unsigned how = STORED_RAW; how < STORED_HOWS; how++) {
		if (count[how] == 0)
			continue;
		report_row(report);
		report_text(report, "how", store_how_name(how));
		report_number(report, "extents", count[how]);
		report_size(report, "size", size[how]);
		report_size(report, "stored_size", stored_size[how]);
		report_row_end(report);
	}
	report_list_end(report);
}

/* The file that lull pack was given, so that its owner recognises it. */
static void report_original(struct report *report, const struct stored_header *header)
{
	static const enum subject_kind kinds[] = {
		[STORED_BZIMAGE] = SUBJECT_BZIMAGE, [STORED_ELF] = SUBJECT_ELF, [STORED_COMPRESSED] = SUBJECT_COMPRESSED,
	};
	char sum[2 * sizeof(header->original_sha256) + 1];

	for (unsigned i = 0; i < sizeof(header->original_sha256); i++)
		snprintf(sum + 2 * i, 3, "%02x", header->original_sha256[i]);
	report_open(report, "original");
	report_text(report, "kind", subject_kind_name(kinds[header->origin]));
	report_size(report, "size", header->original_size);
	report_text(report, "sha256", sum);
	report_close(report);
}

static bool report_stored(struct report *report, const struct subject *subject)
{
	const struct stored_header *header = &subject->stored.header;

	report_open(report, "stored");
	report_original(report, header);
	report_size(report, "stored_size", header->size);
	report_size(report, "unpacked_size", header->unpacked_size);
	report_address(report, "load", header->load);
	report_extents(report, &subject->stored);
	report_problem(report, subject);
	if (subject->has_elf)
		inspect_elf(report, header->origin == STORED_BZIMAGE ? "vmlinux" : "elf", subject);
	report_close(report);
	return is_open(subject);
}

/* The archives of an initrd, and what Linux would stop at.  False when there is such a thing. */
static bool report_archives(struct report *report, struct span file)
{
	struct initrd_part part = { .offset = 0 };
	bool sound = true;

	report_list(report, "archives");
	for (uint64_t at = 0; sound && initrd_next(file, at, &part); at = part.offset + part.size) {
		sound = !part.is_broken;
		if (part.size == 0)
			continue;
		report_row(report);
		report_address(report, "offset", part.offset);
		report_text(report, "compression", compression_name(part.compression));
		report_size(report, "size", part.size);
		report_size(report, "unpacked_size", part.unpacked);
		report_number(report, "files", part.files);
		report_row_end(report);
	}
	report_list_end(report);
	if (!sound)
		report_text(report, "problem", part.lacks_memory ? "not enough memory to unpack it" :
			    part.size == 0 ? "no archive where Linux looks for one behind the others" :
			    "the last of these is broken or cut short");
	return sound;
}

static bool report_compressed(struct report *report, const struct subject *subject)
{
	struct subject content;

	report_text(report, "compression", compression_name(subject->compression));
	report_size(report, "unpacked_size", subject->first.unpacked);
	if (subject->first.is_cpio) {
		report_text(report, "content", subject_kind_name(SUBJECT_CPIO));
		return report_archives(report, subject->file);
	}
	report_problem(report, subject);
	if (!is_open(subject))
		return false;
	if (elf_is(subject_inner(subject)))
		return report_part(report, "content", subject_inner(subject));
	subject_examine(&content, subject_inner(subject));
	report_text(report, "content", subject_kind_name(subject->inner.at ? content.kind : SUBJECT_UNKNOWN));
	subject_release(&content);
	return true;
}

static void report_version(struct report *report, const struct subject *subject)
{
	const struct span version = subject->bzimage.version.size != 0 ? subject->bzimage.version :
				    elf_kernel_version(&subject->elf, &subject->notes);

	if (version.size != 0)
		report_span(report, "version", version);
}

/* Everything about one file; false when it is broken. */
static bool report_subject(struct report *report, const struct subject *subject)
{
	report_text(report, "kind", !report->as_json && subject->kind == SUBJECT_PE ? "PE file" : subject_kind_name(subject->kind));
	report_size(report, "size", subject->file.size);
	report_version(report, subject);
	if (failed(subject->error)) {
		report_error(report, "error", &subject->error);
		return false;
	}
	switch (subject->kind) {
	case SUBJECT_UKI:
		return report_uki(report, subject);
	case SUBJECT_BZIMAGE:
		return report_bzimage(report, subject);
	case SUBJECT_COMPRESSED:
		return report_compressed(report, subject);
	case SUBJECT_CPIO:
		return report_archives(report, subject->file);
	case SUBJECT_STORED:
		return report_stored(report, subject);
	case SUBJECT_PACKED:
		if (elf_is(subject->file))
			inspect_elf(report, "elf", subject);
		return report_part(report, "embedded", subject->embedded);
	case SUBJECT_SHIM:
	case SUBJECT_ELF:
		if (elf_is(subject->file))
			inspect_elf(report, "elf", subject);
		return true;
	default:
		return true;
	}
}

/* Why lull.elf does not take a kernel that is sound in itself. */
static void report_refusal(struct report *report, const struct subject *subject)
{
	const struct error error = doors_lull(subject);
	const bool is_kernel = subject->kind == SUBJECT_ELF || subject->kind == SUBJECT_BZIMAGE ||
			       subject->kind == SUBJECT_UKI || subject->kind == SUBJECT_PE ||
			       elf_is(subject_inner(subject));

	if (is_kernel && failed(error) && !failed(subject->error))
		report_error(report, "lull_refuses", &error);
}

static bool inspect(const char *name, struct span file, bool as_json)
{
	struct subject subject;
	struct report report;
	bool sound;

	progress_begin("inspecting", name);
	subject_examine(&subject, file);
	report_begin(&report, stdout, as_json);
	report_text(&report, "file", name);
	doors_report(&report, &subject);
	report_refusal(&report, &subject);
	sound = report_subject(&report, &subject);
	report_end(&report);
	subject_release(&subject);
	progress_end();
	return sound;
}

/* The doctor: what each loader says to the file, which is never a fault of ours.  False when there is no memory to find out. */
static bool inspect_loaders(const char *name, struct span bytes, bool as_json)
{
	struct loader_file file;
	struct report report;

	progress_begin("inspecting", name);
	loader_file_open(&file, bytes);
	report_begin(&report, stdout, as_json);
	report_text(&report, "file", name);
	loaders_report(&report, &file);
	report_end(&report);
	loader_file_close(&file);
	progress_end();
	return !file.lacks_memory;
}

int inspect_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "loaders", no_argument, NULL, 'l' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct span file;
	bool as_json = false, loaders = false, sound;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h')
			return print_text(help) ? EXIT_OK : EXIT_INPUT;
		if (option != 'j' && option != 'l')
			return EXIT_USAGE;
		as_json = as_json || option == 'j';
		loaders = loaders || option == 'l';
	}
	if (argc - optind != 1) {
		message("inspect takes one file; see lull inspect --help");
		return EXIT_USAGE;
	}
	if (!file_read(argv[optind], FILE_MAX_SIZE, &file))
		return EXIT_INPUT;
	sound = loaders ? inspect_loaders(argv[optind], file, as_json) : inspect(argv[optind], file, as_json);
	file_release(&file);
	return stdout_is_written("the description") && sound ? EXIT_OK : EXIT_INPUT;
}
