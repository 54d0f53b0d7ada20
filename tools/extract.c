/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <shim/payload/modules.h>
#include <tools/extract.h>
#include <tools/file.h>
#include <tools/message.h>
#include <tools/options.h>
#include <tools/output.h>
#include <tools/progress.h>
#include <tools/subject.h>

static const char help[] =
	"Usage: lull extract PART FILE [-n N] [-o OUT]\n"
	"Takes a part out of a file: an image of lull pack, a UKI, or a kernel.\n"
	"\n"
	"  kernel     the kernel; of one that lull pack has unpacked, the ELF file that it was unpacked to\n"
	"  vmlinux    the ELF file inside the kernel\n"
	"  initrd     the initrd, all of them where several were packed\n"
	"  module     one of several modules of a kernel that is no Linux, and\n"
	"  line       its command line, and a line feed\n"
	"  cmdline    the command line, and a line feed\n"
	"  osrel      the os-release file\n"
	"\n"
	"  -n, --number N     which module, counted from 1 (default: 1)\n"
	"  -o, --output OUT   writes to OUT; without it, to standard output\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit status: 0 done, 1 there is no such part, or a file is wrong or cannot be read or written, 2 wrong usage.\n";

_Static_assert(BOOT_MAX_MODULES <= 9, "take_number() reads one digit");

enum part { PART_KERNEL, PART_VMLINUX, PART_INITRD, PART_MODULE, PART_LINE, PART_CMDLINE, PART_OSREL, PARTS };

struct extraction {
	const char *file;
	const char *output;
	enum part part;
	/* Of a module: 0 is the first. */
	uint64_t number;
};

static const char *const part_names[PARTS] = {
	[PART_KERNEL] = "kernel", [PART_VMLINUX] = "vmlinux", [PART_INITRD] = "initrd", [PART_CMDLINE] = "cmdline",
	[PART_OSREL] = "osrel", [PART_MODULE] = "module", [PART_LINE] = "line",
};

static bool extract_from(const struct extraction *wanted, struct span file);

static bool part_is_line(enum part part) { return part == PART_CMDLINE || part == PART_LINE; }
static bool part_is_readable(enum part part) { return part_is_line(part) || part == PART_OSREL; }
static bool part_is_numbered(enum part part) { return part == PART_MODULE || part == PART_LINE; }

static bool say_none(const struct extraction *wanted)
{
	char number[24] = "";

	if (part_is_numbered(wanted->part))
		snprintf(number, sizeof(number), " %llu", (unsigned long long)wanted->number + 1);
	message("%s has no %s%s; lull inspect says what is in it", wanted->file, part_names[wanted->part], number);
	return false;
}

static bool write_standard(struct span bytes)
{
	if (fwrite(bytes.at, 1, bytes.size, stdout) == bytes.size && fflush(stdout) == 0)
		return true;
	message("cannot write to standard output");
	return false;
}

static bool write_part(const struct extraction *wanted, struct span bytes)
{
	struct output out = { .descriptor = -1 }, *const one = &out;
	const struct span end = span("\n", part_is_line(wanted->part) ? 1 : 0);
	bool done;

	if (!wanted->output)
		return write_standard(bytes) && write_standard(end);
	progress_begin("writing", wanted->output);
	done = output_open_any(&out, wanted->output) && output_write(&out, bytes) && output_write(&out, end) &&
	       output_commit(&one, 1);
	progress_end();
	output_abandon(&out);
	return done;
}

/* A file that can be the kernel. */
static bool extract_kernel(const struct extraction *wanted, const struct subject *subject)
{
	const bool is_elf = subject->kind == SUBJECT_ELF;

	if (wanted->part == PART_KERNEL && subject->kind != SUBJECT_STORED)
		return write_part(wanted, subject->file);
	if (wanted->part != PART_KERNEL && wanted->part != PART_VMLINUX)
		return say_none(wanted);
	if (subject->lacks_memory) {
		message("%s: not enough memory to unpack its kernel", wanted->file);
		return false;
	}
	if (failed(subject->inner_error)) {
		message_framed(wanted->file, &subject->inner_error);
		return false;
	}
	if (!is_elf && !elf_is(subject_inner(subject)))
		return say_none(wanted);
	return write_part(wanted, is_elf ? subject->file : subject_inner(subject));
}

/* A section may be padded with NULs where it is text. */
static bool extract_section(const struct extraction *wanted, const struct uki *uki, enum uki_section section)
{
	struct span bytes = uki->section[section];

	if (!uki->present[section] || bytes.size == 0)
		return say_none(wanted);
	if (part_is_readable(wanted->part))
		bytes.size = strnlen((const char *)bytes.at, bytes.size);
	return write_part(wanted, bytes);
}

/* A module, or its line, out of the section .modules. */
static bool extract_module(const struct extraction *wanted, struct span section)
{
	uint64_t count = 0;
	struct span bytes, line;
	struct error error = section.size == 0 ? error_none() : modules_count(section, &count);

	if (!failed(error) && wanted->number >= count)
		return say_none(wanted);
	if (!failed(error))
		error = modules_entry_read(section, wanted->number, &bytes, &line);
	if (failed(error)) {
		message_framed(wanted->file, &error);
		return false;
	}
	if (wanted->part == PART_MODULE)
		return write_part(wanted, bytes);
	return line.size == 0 ? say_none(wanted) : write_part(wanted, line);
}

static bool extract_uki(const struct extraction *wanted, const struct uki *uki)
{
	switch (wanted->part) {
	case PART_INITRD: return extract_section(wanted, uki, UKI_INITRD);
	case PART_CMDLINE: return extract_section(wanted, uki, UKI_CMDLINE);
	case PART_OSREL: return extract_section(wanted, uki, UKI_OSREL);
	case PART_MODULE:
	case PART_LINE: return extract_module(wanted, uki->section[UKI_MODULES]);
	default: return extract_from(wanted, uki->section[UKI_LINUX]);
	}
}

static bool extract_subject(const struct extraction *wanted, const struct subject *subject)
{
	if (failed(subject->error)) {
		message_framed(wanted->file, &subject->error);
		return false;
	}
	switch (subject->kind) {
	case SUBJECT_PACKED: return extract_from(wanted, subject->embedded);
	case SUBJECT_UKI: return extract_uki(wanted, &subject->uki);
	case SUBJECT_BZIMAGE:
	case SUBJECT_ELF:
	case SUBJECT_STORED:
	case SUBJECT_COMPRESSED: return extract_kernel(wanted, subject);
	default: return say_none(wanted);
	}
}

static bool extract_from(const struct extraction *wanted, struct span file)
{
	struct subject subject;
	bool done;

	progress_begin("opening", wanted->file);
	subject_examine(&subject, file);
	progress_end();
	done = extract_subject(wanted, &subject);
	subject_release(&subject);
	return done;
}

static bool take_part(const char *name, enum part *part)
{
	for (unsigned i = 0; i < PARTS; i++) {
		if (strcmp(name, part_names[i]) == 0) {
			*part = (enum part)i;
			return true;
		}
	}
	message("no part is called \"%s\"; see lull extract --help", name);
	return false;
}

static bool take_number(const char *text, uint64_t *number)
{
	/* One digit counts all that there can be. */
	const bool good = text[0] >= '1' && text[0] <= '0' + BOOT_MAX_MODULES && text[1] == '\0';

	if (good)
		*number = (uint64_t)(text[0] - '1');
	else
		message("--number takes 1 to %d, not \"%s\"", BOOT_MAX_MODULES, text);
	return good;
}

/* Takes the options; false where one is wrong, or asks for help, and *code is what to end with. */
static bool take_options(int argc, char **argv, struct extraction *wanted, const char **number, int *code)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { "number", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "n:o:h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			*code = print_text(help) ? EXIT_OK : EXIT_INPUT;
			return false;
		case 'o':
			if (option_once(&wanted->output, "--output", "extract"))
				break;
			return false;
		case 'n':
			if (option_once(number, "--number", "extract") && take_number(optarg, &wanted->number))
				break;
			return false;
		default:
			return false;
		}
	}
	return true;
}

/* True to go on; else *code is what to end with. */
static bool extract_parse(int argc, char **argv, struct extraction *wanted, int *code)
{
	const char *number = NULL;

	*code = EXIT_USAGE;
	if (!take_options(argc, argv, wanted, &number, code))
		return false;
	if (argc - optind != 2) {
		message("extract takes a part and one file; see lull extract --help");
		return false;
	}
	wanted->file = argv[optind + 1];
	if (!take_part(argv[optind], &wanted->part))
		return false;
	if (number && !part_is_numbered(wanted->part)) {
		message("--number is for a module or its line; see lull extract --help");
		return false;
	}
	if (!wanted->output && !part_is_readable(wanted->part) && isatty(STDOUT_FILENO)) {
		message("a %s is nothing for a terminal: give -o OUT", part_names[wanted->part]);
		return false;
	}
	return true;
}

int extract_main(int argc, char **argv)
{
	struct extraction wanted = { .file = NULL };
	struct span file;
	int code;
	bool done;

	if (!extract_parse(argc, argv, &wanted, &code))
		return code;
	if (wanted.output && file_same(wanted.file, wanted.output)) {
		message("%s is the input, and would be replaced", wanted.output);
		return EXIT_INPUT;
	}
	if (!file_read(wanted.file, FILE_MAX_SIZE, &file))
		return EXIT_INPUT;
	done = extract_from(&wanted, file);
	file_release(&file);
	return done ? EXIT_OK : EXIT_INPUT;
}
