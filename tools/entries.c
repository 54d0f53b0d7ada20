/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shim/disk/entry_addons.h>
#include <shim/disk/grub.h>
#include <tools/disk_file.h>
#include <tools/entries.h>
#include <tools/message.h>
#include <tools/options.h>
#include <tools/report.h>

static const char help[] =
	"Usage: lull entries IMAGE-OR-DEVICE... [--sector-size 512|4096] [--json]\n"
	"Lists what there is to boot on disks: their file systems, the entries that boot loaders' configurations\n"
	"and the kernels in them make, which one lull chooses, and what is passed over and why.\n"
	"\n"
	"      --sector-size 4096   images are of disks with sectors of 4096 bytes, and so are their MBRs\n"
	"      --json               the same for machines\n"
	"  -h, --help               this text\n"
	"\n"
	"Several disks are those of one guest, in its order.  Nothing is written to them.\n"
	"\n"
	"Exit status: 0 something can be booted, 1 nothing, or a disk cannot be read, 2 wrong usage.\n";

/* All that reading takes; the shim has as much. */
struct memory {
	struct disk_file file[DISKS_MOST];
	struct volumes volumes;
	struct entry_list list;
	struct entry_addons addons;
	uint8_t scratch[FS_SCRATCH];
	char pool[ENTRY_POOL_SIZE];
	char text[ENTRY_TEXT_SIZE];
	struct grub grub;
};

/* A list of parts: for machines a list, for people one part below the other. */
static void report_parts(struct report *report, const char *key)
{
	if (report->as_json)
		report_list(report, key);
}

static void report_parts_end(struct report *report)
{
	if (report->as_json)
		report_list_end(report);
}

static void begin_part(struct report *report, const char *key)
{
	if (report->as_json)
		report_row(report);
	else
		report_open(report, key);
}

static void end_part(struct report *report)
{
	if (report->as_json)
		report_row_end(report);
	else
		report_close(report);
}

static void report_disks(struct report *report, const struct volumes *volumes)
{
	static const char *const schemes[] = { [PARTITION_NONE] = "none", [PARTITION_GPT] = "gpt", [PARTITION_MBR] = "mbr" };

	report_list(report, "disks");
	for (uint32_t i = 0; i < volumes->disk_count; i++) {
		report_row(report);
		report_text(report, "name", volumes->disk[i]->name);
		report_number(report, "size", volumes->disk[i]->size);
		report_text(report, "partitions", schemes[volumes->scheme[i]]);
		report_row_end(report);
	}
	report_list_end(report);
}

static const char *name_of_content(const struct volume *volume)
{
	if (volume->fs_name != NULL)
		return volume->fs_name;
	return volume->error.code == ERROR_FS_UNKNOWN ? "unknown" : "broken";
}

static void report_volumes(struct report *report, const struct volumes *volumes)
{
	static const char *const roles[] = { [PARTITION_OTHER] = "", [PARTITION_ESP] = "esp", [PARTITION_XBOOTLDR] = "xbootldr" };

	report_list(report, "volumes");
	for (uint32_t i = 0; i < volumes->count; i++) {
		const struct volume *volume = &volumes->volume[i];
		const bool is_read = !failed(volume->error);

		report_row(report);
		report_text(report, "name", volume->name);
		report_number(report, "size", volume->partition.size);
		report_text(report, "role", roles[volume->partition.role]);
		report_text(report, "file_system", name_of_content(volume));
		report_text(report, "uuid", is_read ? volume->uuid : "");
		report_text(report, "label", is_read ? volume->label : "");
		report_row_end(report);
	}
	report_list_end(report);
}

/* What is wrong with tables and file systems, and what of them may be old. */
static void report_problems(struct report *report, const struct volumes *volumes)
{
	report_parts(report, "problems");
	for (uint32_t i = 0; i < volumes->disk_count; i++) {
		if (!failed(volumes->table_error[i]))
			continue;
		begin_part(report, "problem");
		report_text(report, "name", volumes->disk[i]->name);
		report_error(report, "error", &volumes->table_error[i]);
		end_part(report);
	}
	for (uint32_t i = 0; i < volumes->count; i++) {
		const struct volume *volume = &volumes->volume[i];

		if (volume->error.code == ERROR_FS_UNKNOWN || (!failed(volume->error) && !volume->needs_recovery))
			continue;
		begin_part(report, "problem");
		report_text(report, "name", volume->name);
		if (failed(volume->error))
			report_error(report, "error", &volume->error);
		else
			report_text(report, "warning", "its journal is not replayed: what was written last may be missing");
		end_part(report);
	}
	report_parts_end(report);
}

static void report_addon(struct report *report, const struct entry_addon *addon)
{
	begin_part(report, "addon");
	report_text(report, "file", addon->file);
	report_parts(report, "sections");
	for (unsigned i = 0; i < ADDON_SECTIONS; i++)
		if (!range_empty(addon->addon.section[i]))
			report_text(report, report->as_json ? NULL : "section", addon_section_name(i));
	report_parts_end(report);
	end_part(report);
}

/* Those that are used, and why others are not; the list is as it was before. */
static void report_addons(struct report *report, struct memory *memory, const struct entry *entry)
{
	struct entry_list *list = &memory->list;
	const uint32_t notes = list->note_count, notes_left_out = list->notes_left_out, pool_used = list->pool_used;
	const bool is_full = list->is_full;

	entry_addons_find(list, entry, 0, &memory->addons);
	report_parts(report, "addons");
	for (uint32_t i = 0; i < memory->addons.count; i++)
		report_addon(report, &memory->addons.addon[i]);
	for (uint32_t i = notes; i < list->note_count; i++) {
		begin_part(report, "addon");
		report_text(report, "file", list->note[i].file);
		report_error(report, "error", &list->note[i].error);
		end_part(report);
	}
	report_parts_end(report);
	if (memory->addons.line.length != 0)
		report_text(report, "added_options", memory->addons.line.text);
	list->note_count = notes;
	list->notes_left_out = notes_left_out;
	list->pool_used = pool_used;
	list->is_full = is_full;
}

static void report_entry(struct report *report, struct memory *memory, uint32_t index)
{
	const struct entry_list *list = &memory->list;
	const struct entry *entry = &list->entry[index];

	begin_part(report, "entry");
	report_number(report, "number", index);
	report_flag(report, "chosen", index == entries_default(list));
	report_text(report, "source", entry_source_name(entry->source));
	report_text(report, "volume", list->volumes->volume[entry->volume].name);
	report_text(report, "file", entry->file);
	report_text(report, "id", entry->id);
	report_text(report, "title", entry->title);
	if (entry->version != NULL)
		report_text(report, "version", entry->version);
	report_text(report, "kernel", entry->kernel);
	report_parts(report, "initrds");
	for (uint32_t i = 0; i < entry->initrd_count; i++)
		report_text(report, report->as_json ? NULL : "initrd", entry->initrd[i]);
	report_parts_end(report);
	if (entry->options != NULL)
		report_text(report, "options", entry->options);
	report_addons(report, memory, entry);
	if (entry->tries_left >= 0)
		report_number(report, "tries_left", (uint64_t)entry->tries_left);
	end_part(report);
}

static void report_notes(struct report *report, const struct entry_list *list)
{
	report_parts(report, "passed_over");
	for (uint32_t i = 0; i < list->note_count; i++) {
		begin_part(report, "passed_over");
		report_text(report, "volume", list->volumes->volume[list->note[i].volume].name);
		report_text(report, "file", list->note[i].file);
		report_error(report, "error", &list->note[i].error);
		end_part(report);
	}
	report_parts_end(report);
}

/* What there was no room for. */
static void report_left_out(struct report *report, const struct entry_list *list)
{
	if (list->volumes->left_out != 0)
		report_number(report, "volumes_left_out", list->volumes->left_out);
	if (list->left_out != 0)
		report_number(report, "entries_left_out", list->left_out);
	if (list->notes_left_out != 0)
		report_number(report, "passed_over_left_out", list->notes_left_out);
}

static void report_all(struct memory *memory, bool as_json)
{
	const struct entry_list *list = &memory->list;
	struct report report;

	report_begin(&report, stdout, as_json);
	report_disks(&report, list->volumes);
	report_volumes(&report, list->volumes);
	report_problems(&report, list->volumes);
	report_parts(&report, "entries");
	for (uint32_t i = 0; i < list->count; i++)
		report_entry(&report, memory, i);
	report_parts_end(&report);
	if (list->timeout >= 0)
		report_number(&report, "timeout", (uint64_t)list->timeout);
	report_notes(&report, list);
	report_left_out(&report, list);
	if (list->count == 0) {
		const struct error error = error_make(ERROR_BOOT_ENTRY_NONE, NULL, list->volumes->disk_count, 0);

		report_error(&report, "error", &error);
	}
	report_end(&report);
}

static int list_entries(struct memory *memory, char **names, uint32_t count, uint32_t sector_size, bool as_json)
{
	struct disk *disks[DISKS_MOST];
	uint32_t opened = 0;

	while (opened < count && disk_file_open(&memory->file[opened], names[opened], sector_size)) {
		disks[opened] = &memory->file[opened].cache.disk;
		opened++;
	}
	if (opened == count) {
		volumes_find(&memory->volumes, disks, count, memory->scratch);
		entries_find(&memory->list, &memory->volumes,
			     &(struct entry_memory){ memory->pool, ENTRY_POOL_SIZE, memory->text, ENTRY_TEXT_SIZE, &memory->grub });
		report_all(memory, as_json);
	}
	for (uint32_t i = 0; i < opened; i++)
		disk_file_close(&memory->file[i]);
	return opened == count && memory->list.count != 0 ? EXIT_OK : EXIT_INPUT;
}

static bool take_sector_size(const char **place, uint32_t *size)
{
	if (!option_once(place, "--sector-size", "entries"))
		return false;
	if (strcmp(*place, "512") != 0 && strcmp(*place, "4096") != 0) {
		message("--sector-size %s: the choices are 512 and 4096", *place);
		return false;
	}
	*size = (*place)[0] == '5' ? 512 : 4096;
	return true;
}

int entries_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sector-size", required_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct memory *memory;
	const char *sectors = NULL;
	uint32_t sector_size = 512;
	bool as_json = false;
	int option, status;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h')
			return print_text(help) ? EXIT_OK : EXIT_INPUT;
		if (option == 'j')
			as_json = true;
		else if (option != 's' || !take_sector_size(&sectors, &sector_size))
			return EXIT_USAGE;
	}
	if (argc - optind < 1 || argc - optind > DISKS_MOST) {
		message("entries takes one disk, or up to %d; see lull entries --help", DISKS_MOST);
		return EXIT_USAGE;
	}
	memory = calloc(1, sizeof(*memory));
	if (memory == NULL) {
		message("not enough memory");
		return EXIT_INPUT;
	}
	status = list_entries(memory, argv + optind, (uint32_t)(argc - optind), sector_size, as_json);
	free(memory);
	return stdout_is_written("the list") ? status : EXIT_INPUT;
}
