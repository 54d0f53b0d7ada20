/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/grub.h>

/* Known commands that are passed over: they do not change which Linux is started or how, or start something that is no Linux. */
static const char *const without_effect[] = {
	"insmod", "rmmod", "export", "echo", "terminal", "terminal_input", "terminal_output", "loadfont", "save_env", "true", "false",
	"background_color", "background_image", "serial", "password", "password_pbkdf2", "return", "clear", "sleep", "play",
	"chainloader", "multiboot", "multiboot2", "module", "module2", "xen_hypervisor", "xen_module", "fwsetup", "halt", "reboot", "exit",
	"increment", "btrfs-mount-subvol", "cryptomount", "devicetree", "videoinfo", "keymap", "gettext", "read", "probe", "regexp",
	"import_efi_vars", "]", "shift", "setparams", "search_fs_uuid", "uki", "decrement", "boot", "drivemap", "parttool", "ntldr",
	"keystatus", "hwmatch", "smbios", "list_env", "ls", "cat", "acpi", "terminfo",
};

static bool is_known(struct grub *grub, const char *name)
{
	for (unsigned i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++)
		if (grub_is(name, without_effect[i]))
			return true;
	for (uint32_t i = 0; i < grub->name_count; i++)
		if (grub_is(name, grub->name[i]))
			return true;
	return false;
}

static const char *know(struct grub *grub, const char *name)
{
	const char *kept = entry_keep(grub->list, entry_span(name));

	if (kept != NULL && grub->name_count < GRUB_VARIABLES_MOST)
		grub->name[grub->name_count++] = kept;
	return kept;
}

/* "name=value". */
static bool assign(struct grub *grub, const char *word)
{
	const char *value = word;

	while (*value != '=' && *value != '\0')
		value++;
	if (*value == '\0')
		return false;
	grub_set(grub, span(word, (uint64_t)(value - word)), entry_span(value + 1));
	return true;
}

bool grub_spend(struct grub *grub, enum grub_cost cost)
{
	static const struct { uint32_t most; const char *name; } costs[GRUB_COSTS] = {
		[GRUB_COST_WORDS] = { GRUB_ALL_WORDS_MOST, "words" },
		[GRUB_COST_FILES] = { GRUB_ALL_FILES_MOST, "files to read" },
		[GRUB_COST_PATHS] = { GRUB_ALL_PATHS_MOST, "paths to look for" },
		[GRUB_COST_OPENS] = { GRUB_ALL_OPENS_MOST, "file systems to look into" },
	};

	if (grub->is_spent || grub->spent[cost]++ < costs[cost].most)
		return !grub->is_spent;
	grub->is_spent = true;
	entry_note(grub->list, grub->volume, grub->file, error_make(ERROR_GRUB_COSTS, costs[cost].name, costs[cost].most, 0));
	return false;
}

bool grub_spend_path(struct grub *grub, uint32_t volume)
{
	return grub_spend(grub, GRUB_COST_PATHS) && (grub->list->volumes->open == volume + 1 || grub_spend(grub, GRUB_COST_OPENS));
}

/* The file system and the path of a part of the entry.  Where there is none, or another one than before, the entry is wrong. */
static bool resolve_part(struct grub *grub, const char *word, uint32_t *volume, const char **path)
{
	const struct span device = grub_device(grub, word, path);
	const bool is_read = grub_resolve(grub, word, volume, path);

	if (is_read && (grub->entry.kernel == NULL || grub->entry.volume == *volume))
		return true;
	if (!failed(grub->wrong))
		grub->wrong = error_make(ERROR_GRUB_DEVICE, entry_keep(grub->list, device), 0, 0);
	return false;
}

/* The kernel and its options; a word with a blank is written as Linux reads it. */
static void take_linux(struct grub *grub, const struct grub_command *command)
{
	struct entry_list *list = grub->list;
	const char *options = "", *path;
	uint32_t volume;

	if (!grub->in_entry || command->count < 2)
		return;
	/* The last one counts. */
	grub->entry.kernel = NULL;
	if (!resolve_part(grub, command->word[1], &volume, &path))
		return;
	grub->entry.volume = volume;
	grub->entry.kernel = entry_keep(list, entry_span(path));
	for (uint32_t i = 2; i < command->count && options != NULL; i++) {
		const char *word = command->word[i];
		const char *quote = __builtin_strchr(word, ' ') != NULL ? "\"" : "";
		const char *const parts[] = { i == 2 ? "" : " ", quote, word, quote };

		for (unsigned part = 0; part < 4 && options != NULL; part++)
			options = entry_append(list, options, entry_span(parts[part]));
	}
	grub->entry.options = options;
}

static void take_initrd(struct grub *grub, const struct grub_command *command)
{
	for (uint32_t i = 1; grub->in_entry && i < command->count; i++) {
		uint32_t volume;
		const char *path;

		if (resolve_part(grub, command->word[i], &volume, &path))
			entry_add_initrd(&grub->entry, entry_keep(grub->list, entry_span(path)));
	}
}

static void load_env(struct grub *grub, const struct grub_command *command)
{
	const char *path = NULL;

	for (uint32_t i = 1; i + 1 < command->count; i++)
		if (grub_is(command->word[i], "-f") || grub_is(command->word[i], "--file"))
			path = command->word[i + 1];
	if (path == NULL)
		path = entry_join(grub->list, (const char *const[]){ grub_get(grub, span("prefix", 6)), "/grubenv", NULL });
	if (path != NULL)
		grub_load_env(grub, path);
}

static void run_other_file(struct grub *grub, const char *word)
{
	const char *path;
	uint32_t volume;

	if (grub->in_entry || !grub_resolve(grub, word, &volume, &path))
		return;
	path = entry_keep(grub->list, entry_span(path));
	if (path != NULL)
		grub_run_file(grub, volume, path);
}

/* A simple command, one that runs. */
static void run_command(struct grub *grub, const struct grub_command *command)
{
	const char *name = command->word[0];

	/* Nobody knows what is missing in it. */
	if (command->is_cut && grub->in_entry)
		grub->entry.is_cut = true;
	else if (command->is_cut)
		entry_note(grub->list, grub->volume, grub->file,
			   error_make(ERROR_ENTRY_LONG, grub->file, ENTRY_INITRDS_MOST, GRUB_WORDS_MOST));
	if (grub_is(name, "set")) {
		if (command->count > 1)
			assign(grub, command->word[1]);
	} else if (grub_is(name, "unset")) {
		if (command->count > 1)
			grub_set(grub, entry_span(command->word[1]), span("", 0));
	} else if (grub_is(name, "linux") || grub_is(name, "linux16") || grub_is(name, "linuxefi")) {
		take_linux(grub, command);
	} else if (grub_is(name, "initrd") || grub_is(name, "initrd16") || grub_is(name, "initrdefi")) {
		take_initrd(grub, command);
	} else if (grub_is(name, "blscfg")) {
		grub->has_blscfg = true;
	} else if (grub_is(name, "load_env")) {
		load_env(grub, command);
	} else if (grub_is(name, "configfile") || grub_is(name, "source") || grub_is(name, ".")) {
		if (command->count > 1)
			run_other_file(grub, command->word[1]);
	} else if (grub_is(name, "[") || grub_is(name, "test") || __builtin_strncmp(name, "search", 6) == 0) {
		grub_condition(grub, command->word, command->count);
	} else if (!assign(grub, name) && !is_known(grub, name)) {
		entry_note(grub->list, grub->volume, grub->file, error_make(ERROR_GRUB_COMMAND, know(grub, name), 0, 0));
	}
}

/* Begins what ends with "}", "fi" or "done".  False when there are too many, one in the other. */
static bool push(struct grub *grub, int kind, bool runs)
{
	if (grub->frame_count == GRUB_FRAMES_MOST)
		return false;
	grub->frame[grub->frame_count].kind = kind;
	grub->frame[grub->frame_count].outer_runs = grub->runs;
	grub->frame[grub->frame_count].is_taken = runs;
	grub->frame[grub->frame_count++].root = grub_get(grub, span("root", 4));
	grub->runs = grub->runs && runs;
	return true;
}

static void pop(struct grub *grub, uint32_t bottom)
{
	const struct grub_frame *frame;

	if (grub->frame_count == bottom)
		return;
	frame = &grub->frame[--grub->frame_count];
	if (frame->kind == GRUB_ENTRY && frame->is_taken)
		grub_end_entry(grub);
	if (frame->kind == GRUB_SUBMENU && frame->is_taken)
		grub->menu = grub->menus[grub->menu].parent;
	/* What an entry's body sets as root is its own. */
	if (frame->kind == GRUB_ENTRY || frame->kind == GRUB_SUBMENU)
		grub_set(grub, span("root", 4), entry_span(frame->root));
	grub->runs = frame->outer_runs;
}

/* Another branch of an "if". */
static void branch(struct grub *grub, uint32_t bottom, const struct grub_command *command)
{
	struct grub_frame *frame;

	if (grub->frame_count == bottom || grub->frame[grub->frame_count - 1].kind != GRUB_IF)
		return;
	frame = &grub->frame[grub->frame_count - 1];
	grub->runs = frame->outer_runs && !frame->is_taken &&
		     (grub_is(command->word[0], "else") || grub_condition(grub, command->word + 1, command->count - 1));
	frame->is_taken = frame->is_taken || grub->runs;
}

/* One command, or what holds commands together.  False when nothing more can be read. */
static bool step(struct grub *grub, uint32_t bottom, const struct grub_command *command)
{
	const char *name = command->count != 0 ? command->word[0] : "";

	if (grub_is(name, "if"))
		return push(grub, GRUB_IF, grub->runs && grub_condition(grub, command->word + 1, command->count - 1));
	if (grub_is(name, "for") || grub_is(name, "while") || grub_is(name, "until"))
		return push(grub, GRUB_LOOP, false);
	if (grub_is(name, "elif") || grub_is(name, "else")) {
		branch(grub, bottom, command);
	} else if (grub_is(name, "fi") || grub_is(name, "done") || grub_is(name, "}")) {
		pop(grub, bottom);
	} else if (grub_is(name, "submenu") && command->opens) {
		const bool runs = grub->runs && !grub->in_entry && !grub->only_variables && grub->menu_count < GRUB_MENUS_MOST;

		if (runs)
			grub_begin_menu(grub, command);
		return push(grub, GRUB_SUBMENU, runs);
	} else if (grub_is(name, "menuentry") && command->opens) {
		const bool runs = grub->runs && !grub->in_entry && !grub->only_variables;

		if (runs)
			grub_begin_entry(grub, command);
		return push(grub, GRUB_ENTRY, runs);
	} else if (command->opens) {
		if (grub_is(name, "function") && command->count > 1)
			know(grub, command->word[1]);
		return push(grub, GRUB_FUNCTION, false);
	} else if (grub->runs && !grub_is(name, "then")) {
		run_command(grub, command);
	}
	return true;
}

static bool is_open(const struct grub *grub, uint32_t volume, const char *path)
{
	for (uint32_t i = 0; i < grub->files; i++)
		if (grub->open[i].volume == volume && grub_is(grub->open[i].path, path))
			return true;
	return false;
}

void grub_run_file(struct grub *grub, uint32_t volume, const char *path)
{
	const uint32_t text_used = grub->list->text_used, bottom = grub->frame_count;
	struct span text = span(NULL, 0);
	struct error error;

	if (!grub_spend(grub, GRUB_COST_FILES))
		return;
	if (grub->files == GRUB_FILES_MOST || is_open(grub, volume, path))
		error = error_make(ERROR_GRUB_NESTED, path, GRUB_FILES_MOST, 0);
	else
		error = entry_read_text(grub->list, volume, path, &text);
	if (failed(error)) {
		entry_note(grub->list, volume, path, error);
		return;
	}
	grub->open[grub->files].volume = volume;
	grub->open[grub->files++].path = path;
	grub->list->text_used += (uint32_t)text.size;
	while (grub_next_command(grub, &text, &grub->command)) {
		if (!step(grub, bottom, &grub->command)) {
			entry_note(grub->list, volume, path, error_make(ERROR_GRUB_NESTED, path, GRUB_FRAMES_MOST, 0));
			break;
		}
	}
	while (grub->frame_count > bottom)
		pop(grub, bottom);
	grub->list->text_used = text_used;
	grub->files--;
}

void grub_begin(struct grub *grub, struct entry_list *list, uint32_t volume, const char *directory, const char *file)
{
	const char *prefix;

	*grub = (struct grub){ .list = list, .volume = volume, .file = file, .runs = true, .menu_count = 1, .first = list->count };
	grub_set_volume(grub, span("root", 4), volume);
	prefix = entry_join(list, (const char *const[]){ "(", grub_get(grub, span("root", 4)), ")", directory, NULL });
	grub_set(grub, span("prefix", 6), entry_span(prefix));
	grub_set(grub, span("grub_platform", 13), span("xen", 3));
	grub_set(grub, span("grub_cpu", 8), span("x86_64", 6));
}

/* Reads a directory's configuration, and returns its file's id; 0: none.  Where links lead to `before`, it has been read. */
static uint64_t read_config(struct entry_list *list, uint32_t volume, const char *directory, uint64_t before)
{
	struct grub *grub = list->memory.grub;
	const char *file = entry_join(list, (const char *const[]){ directory, "/grub.cfg", NULL });
	struct fs_node node;

	if (file == NULL || !entry_lookup(list, volume, file, &node) || node.id == before)
		return before;
	grub_begin(grub, list, volume, directory, file);
	grub_run_file(grub, volume, file);
	entry_take_timeout(list, entry_span(grub_get(grub, span("timeout", 7))), 1);
	grub_mark_default(grub);
	return node.id;
}

#define BOOT_OF(subvolume) "/" subvolume "/boot/grub", "/" subvolume "/boot/grub2",

const char *const grub_directories[] = {
	"/boot/grub", "/grub", "/boot/grub2", "/grub2", ENTRY_SUBVOLUMES(BOOT_OF) NULL
};

void entries_find_grub(struct entry_list *list, uint32_t volume)
{
	uint64_t read = 0;

	for (const char *const *directory = grub_directories; *directory != NULL; directory++)
		read = read_config(list, volume, *directory, read);
}
