/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <shim/payload/linux_relocs.h>
#include <shim/payload/linux_tables.h>
#include <tools/check.h>
#include <tools/check_own.h>
#include <tools/check_predict.h>
#include <tools/file.h>
#include <tools/log_text.h>
#include <tools/message.h>
#include <tools/options.h>
#include <tools/progress.h>
#include <tools/subject.h>

static const char help[] =
	"Usage: lull check KERNEL [--cpus N [--safe]] [--json]\n"
	"Verifies the tables by which a Linux kernel (bzImage, vmlinux, or either in a UKI) patches itself, and the patch sites\n"
	"that a kernel declares for lull, as lull does.\n"
	"\n"
	"      --cpus N  say what lull would patch where N CPUs can ever exist, and what the text is then\n"
	"      --safe    the safe alternatives too, for the CPU of this machine\n"
	"      --json    the same for machines; addresses are strings, sizes are bytes\n"
	"  -h, --help    this text\n"
	"\n"
	"Exit status: 0 all sound, 1 one is not (the record and why are named), 2 no tables to check, unreadable, or wrong usage.\n";

enum check_result {
	CHECK_SOUND = 0,
	CHECK_UNSOUND = 1,
	CHECK_NOTHING = 2,
};

struct check {
	const char *file;
	struct report report;
	/* No prediction when its cpus are 0. */
	struct prediction prediction;
};

static void report_table(struct report *report, const struct sites_linux *sites, const struct sites_linux_found *found,
			 enum sites_linux_section section, uint64_t record_size, uint64_t records, uint64_t distinct)
{
	report_row(report);
	report_text(report, "name", sites_linux_name[section]);
	report_number(report, "size", sites->section[section].bytes.size);
	report_number(report, "record_size", record_size);
	report_number(report, "records", records);
	report_number(report, "sites", distinct);
	report_text(report, "verdict", failed(found->unsound[section]) ? "unsound" : "sound");
	report_row_end(report);
}

static void report_found(struct report *report, const struct sites_linux *sites, const struct sites_linux_found *found)
{
	report_list(report, "tables");
	report_table(report, sites, found, SITES_LINUX_ALTERNATIVES, found->record_size, found->alternatives,
		     found->alternative_sites);
	report_table(report, sites, found, SITES_LINUX_PARAVIRT, 16, found->paravirt, found->paravirt_sites);
	report_table(report, sites, found, SITES_LINUX_LOCKS, 4, found->locks, found->lock_sites);
	report_list_end(report);
	report_number(report, "direct_calls", found->direct_calls);
	if (found->paravirt != 0)
		report_address(report, "paravirt_table", found->paravirt_table);
	report_number(report, "elsewhere", found->elsewhere);
	report_number(report, "locks_there", found->locks_there);
	report_number(report, "locks_gone", found->locks_gone);
	report_number(report, "locks_other", found->locks_other);
	if (found->locks_other != 0)
		report_address(report, "first_other", found->first_other);
}

static void report_texts(struct report *report, const struct sites_linux *sites)
{
	report_list(report, "text");
	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_EXIT_TEXT; i++) {
		if (sites->section[i].bytes.size == 0)
			continue;
		report_row(report);
		report_text(report, "name", sites_linux_name[i]);
		report_address(report, "address", sites->section[i].address);
		report_number(report, "size", sites->section[i].bytes.size);
		report_row_end(report);
	}
	report_list_end(report);
}

/* The relocations, which lull reads where it moves the kernel (KASLR).  False when it would refuse them. */
static bool report_relocs(struct report *report, const struct elf_image *elf)
{
	struct linux_relocs relocs;
	struct error error = linux_relocs_find(elf, &relocs);

	if (failed(error)) {
		report_error(report, "relocations_error", &error);
		return false;
	}
	report_open(report, "relocations");
	report_number(report, "lists", relocs.lists);
	report_number(report, "of_32_bits", relocs.list[LINUX_RELOC_32].size / 4);
	report_number(report, "inverse", relocs.list[LINUX_RELOC_INVERSE].size / 4);
	report_number(report, "of_64_bits", relocs.list[LINUX_RELOC_64].size / 4);
	report_close(report);
	return true;
}

/* Reports what is wrong, for people and for machines. */
static int unsound(struct check *check, const struct error *error)
{
	report_text(&check->report, "verdict", "unsound");
	report_error(&check->report, "error", error);
	return CHECK_UNSOUND;
}

/* The verdict on all tables and on the relocations, and what is wrong with each table that is not sound. */
static int judge(struct check *check, const struct sites_linux_found *found, bool can_move)
{
	static const char *const key[] = { "error", "error_2", "error_3" };
	bool sound = can_move;
	unsigned count = 0;

	for (unsigned i = SITES_LINUX_ALTERNATIVES; i < SITES_LINUX_SECTIONS; i++)
		sound = sound && !failed(found->unsound[i]);
	report_text(&check->report, "verdict", sound ? "sound" : "unsound");
	for (unsigned i = SITES_LINUX_ALTERNATIVES; i < SITES_LINUX_SECTIONS; i++)
		if (failed(found->unsound[i]))
			report_error(&check->report, key[count++], &found->unsound[i]);
	return sound ? CHECK_SOUND : CHECK_UNSOUND;
}

static int check_tables(struct check *check, const struct elf_image *elf, const struct sites_linux *sites)
{
	struct sites_linux_found found;
	struct arena arena;
	struct error error;
	bool can_move;
	int result;

	report_texts(&check->report, sites);
	can_move = report_relocs(&check->report, elf);
	if (!check_memory(sites_linux_verify_space(sites), &arena))
		return CHECK_NOTHING;
	error = sites_linux_verify(sites, &arena, &found);
	if (failed(error)) {
		result = unsound(check, &error);
	} else {
		report_found(&check->report, sites, &found);
		result = judge(check, &found, can_move);
		if (check->prediction.cpus != 0 && !check_predict(&check->report, sites, &found, &check->prediction))
			result = CHECK_NOTHING;
	}
	free(arena.at);
	return result;
}

static int check_kernel(struct check *check, const struct subject *subject)
{
	struct sites_linux tables;
	const bool is_packed = subject->kind == SUBJECT_BZIMAGE || subject->kind == SUBJECT_STORED;
	struct error error = is_packed && failed(subject->inner_error) ? subject->inner_error : subject->error;
	bool own = false;

	if (subject->lacks_memory) {
		message("%s: not enough memory to unpack it", check->file);
		return CHECK_NOTHING;
	}
	if (!failed(error) && subject->kind == SUBJECT_BZIMAGE)
		error = linux_check_compressed(&subject->bzimage);
	if (!failed(error)) {
		if (!check_own_sites(&check->report, &subject->elf, &own, &error))
			return CHECK_NOTHING;
		if (failed(error))
			return unsound(check, &error);
		error = linux_tables_find(&subject->elf, &tables);
	}
	if (own && error.code == ERROR_LINUX_NO_TABLES) {
		report_text(&check->report, "verdict", "sound");
		return CHECK_SOUND;
	}
	if (error.code == ERROR_LINUX_SECTION_TWICE || error.code == ERROR_LINUX_SECTION_LOAD)
		return unsound(check, &error);
	if (failed(error)) {
		message_framed(check->file, &error);
		return CHECK_NOTHING;
	}
	return check_tables(check, &subject->elf, &tables);
}

/* Finds the kernel in a file, and in what is in the file. */
static int check_file(struct check *check, struct span file)
{
	struct subject subject;
	int result;

	subject_examine(&subject, file);
	if (subject.kind == SUBJECT_UKI && !failed(subject.error)) {
		result = check_file(check, subject.uki.section[UKI_LINUX]);
	} else if (subject.kind == SUBJECT_PACKED) {
		result = check_file(check, subject.embedded);
	} else if (subject.kind == SUBJECT_COMPRESSED && elf_is(subject_inner(&subject))) {
		result = check_file(check, subject_inner(&subject));
	} else if (subject.kind == SUBJECT_BZIMAGE || subject.kind == SUBJECT_ELF ||
		   subject.kind == SUBJECT_STORED || failed(subject.error)) {
		report_text(&check->report, "kind", subject_kind_name(subject.kind));
		result = check_kernel(check, &subject);
	} else {
		message("%s: no kernel, but %s", check->file, subject_kind_name(subject.kind));
		result = CHECK_NOTHING;
	}
	subject_release(&subject);
	return result;
}

static int check_named(struct check *check, bool as_json)
{
	struct span file;
	int result;

	if (!file_read(check->file, FILE_MAX_SIZE, &file))
		return CHECK_NOTHING;
	progress_begin("checking", check->file);
	report_begin(&check->report, stdout, as_json);
	report_text(&check->report, "file", check->file);
	result = check_file(check, file);
	report_end(&check->report);
	progress_end();
	file_release(&file);
	return stdout_is_written("the verdict") ? result : CHECK_NOTHING;
}

static bool take_cpus(const char **place, unsigned *cpus)
{
	uint64_t number;

	if (!option_once(place, "--cpus", "check"))
		return false;
	if (!text_number(span(*place, strlen(*place)), &number) || number < 1 || number > 65536) {
		message("--cpus takes a number from 1 to 65536, not \"%s\"", *place);
		return false;
	}
	*cpus = (unsigned)number;
	return true;
}

int check_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpus", required_argument, NULL, 'c' }, { "safe", no_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	struct check check = { 0 };
	const char *cpus = NULL;
	bool as_json = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h')
			return print_text(help) ? CHECK_SOUND : CHECK_NOTHING;
		if (option == '?' || (option == 'c' && !take_cpus(&cpus, &check.prediction.cpus)))
			return EXIT_USAGE;
		as_json |= option == 'j';
		check.prediction.safe |= option == 's';
	}
	if (argc - optind != 1 || (check.prediction.safe && check.prediction.cpus == 0)) {
		message("check takes one file, and --safe only with --cpus; see lull check --help");
		return EXIT_USAGE;
	}
	check.file = argv[optind];
	return check_named(&check, as_json);
}
