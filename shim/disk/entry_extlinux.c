/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extlinux.conf and its relatives (Syslinux 6.03, txt/syslinux.cfg.txt and doc/menu.txt), as Alpine, NixOS and others write them.
 *
 * Each configuration is gone through twice, with the files that it includes: first for what is started by itself, which may be
 * said at the end, then for the labels.  A label that starts no Linux (COM32, LOCALBOOT) is none of the entries; where it would be
 * the default, or has labels in another configuration behind it, a note says so.
 */
#include <shim/disk/extlinux.h>
#include <shim/disk/letters.h>

/* Keys are the same in upper and lower case. */
static bool is_key(struct span word, const char *key)
{
	return same_folded(word, entry_span(key));
}

static bool is_one_of(struct span word, const char *const *keys)
{
	while (*keys != NULL && !is_key(word, *keys))
		keys++;
	return *keys != NULL;
}

/* Of a title, without what marks the key that chooses it. */
static const char *keep_title(struct entry_list *list, struct span text)
{
	const char *title = "";

	while (text.size != 0 && title != NULL) {
		uint64_t plain = 0;

		while (plain < text.size && text.at[plain] != '^')
			plain++;
		title = entry_append(list, title, span(text.at, plain));
		plain += plain < text.size;
		text = span(text.at + plain, text.size - plain);
	}
	return title;
}

static void begin_label(struct extlinux *extlinux, struct span line)
{
	extlinux_end_label(extlinux);
	extlinux->label = (struct extlinux_label){
		.id = entry_keep(extlinux->list, entry_next_word(&line)),
		.file = extlinux->open[extlinux->depth - 1],
	};
	/* Nothing else of a label without room for its name can be told. */
	extlinux->in_label = extlinux->label.id != NULL;
	extlinux->list->left_out += !extlinux->in_label;
}

/* A menu that begins in another one: what is chosen in it is chosen only where it is itself. */
static void begin_menu(struct extlinux *extlinux)
{
	extlinux_end_label(extlinux);
	if (++extlinux->menu_depth < EXTLINUX_MENUS_MOST)
		extlinux->menu[extlinux->menu_depth] = (struct extlinux_menu){ .first = EXTLINUX_NONE, .chosen = { .entry = EXTLINUX_NONE } };
}

static void include(struct extlinux *extlinux, struct span line)
{
	const char *file = extlinux_path(extlinux, entry_next_word(&line));

	if (file == NULL)
		return;
	/* With a name behind it, the file is a menu of its own. */
	if (line.size != 0)
		begin_menu(extlinux);
	extlinux_run_file(extlinux, file);
	if (line.size != 0)
		extlinux_end_menu(extlinux);
}

static void take_menu_line(struct extlinux *extlinux, struct span line)
{
	static const char *const leaves[] = { "EXIT", "GOTO", "QUIT", "DISABLE", "DISABLED", NULL };
	struct extlinux_label *label = &extlinux->label;
	const struct span key = entry_next_word(&line);

	if (is_key(key, "BEGIN")) {
		begin_menu(extlinux);
	} else if (is_key(key, "END")) {
		extlinux_end_menu(extlinux);
	} else if (is_key(key, "SEPARATOR")) {
		extlinux_end_label(extlinux);
	} else if (is_key(key, "START")) {
		extlinux_menu(extlinux)->is_start = true;
	} else if (!extlinux->in_label) {
		if (is_key(key, "DEFAULT"))
			extlinux_menu(extlinux)->is_chosen = true;
	} else if (is_key(key, "LABEL") && line.size != 0) {
		label->title = keep_title(extlinux->list, line);
	} else if (is_key(key, "DEFAULT")) {
		label->is_chosen = true;
	} else if (is_key(key, "HIDE")) {
		label->is_hidden = true;
	} else if (is_one_of(key, leaves)) {
		label->kind = EXTLINUX_NOTHING;
	}
}

/* What is started by the label that was named last: the last such line counts. */
static bool take_kernel_line(struct extlinux *extlinux, struct span key, struct span line)
{
	static const char *const others[] = { "BOOT", "BSS", "COMBOOT", "COM32", "FDIMAGE", "LOCALBOOT", "PXE", NULL };
	struct extlinux_label *label = &extlinux->label;

	if (is_key(key, "LINUX"))
		label->kind = EXTLINUX_LINUX;
	else if (is_key(key, "KERNEL"))
		label->kind = EXTLINUX_BY_NAME;
	else if (is_key(key, "CONFIG"))
		label->kind = EXTLINUX_CONFIG;
	else if (is_one_of(key, others))
		label->kind = EXTLINUX_OTHER;
	else
		return false;
	label->kernel = extlinux_path(extlinux, entry_next_word(&line));
	label->words = extlinux_words(extlinux->list, line);
	return true;
}

/* Labels, and what is said of them. */
static void take_line(struct extlinux *extlinux, struct span key, struct span line)
{
	struct extlinux_label *label = &extlinux->label;

	if (is_key(key, "LABEL")) {
		begin_label(extlinux, line);
	} else if (is_key(key, "APPEND")) {
		const bool is_none = line.size == 1 && line.at[0] == '-';
		const struct extlinux_words words = is_none ? (struct extlinux_words){ "", NULL } : extlinux_words(extlinux->list, line);

		/* Outside of labels it is for those that have none. */
		*(extlinux->in_label ? &label->append : &extlinux->append) = words;
		label->has_append = extlinux->in_label;
	} else if (is_key(key, "MENU")) {
		take_menu_line(extlinux, line);
	} else if (extlinux->in_label && !take_kernel_line(extlinux, key, line) && is_key(key, "INITRD")) {
		label->initrd = entry_keep(extlinux->list, line);
	}
}

/* What is started when nobody says anything, and when; of several such lines the last counts. */
static void take_start(struct extlinux *extlinux, struct span key, struct span line)
{
	if (is_key(key, "DEFAULT"))
		extlinux->at_start = entry_keep(extlinux->list, line);
	else if (is_key(key, "ONTIMEOUT"))
		extlinux->on_timeout = entry_keep(extlinux->list, line);
	else if (is_key(key, "TIMEOUT"))
		extlinux->timeout = entry_keep(extlinux->list, line);
	else if (is_key(key, "TOTALTIMEOUT"))
		extlinux->total_timeout = entry_keep(extlinux->list, line);
}

static void read_lines(struct extlinux *extlinux, struct span text)
{
	bool is_help = false;
	struct span line;

	while (entry_next_line(&text, &line)) {
		const struct span key = entry_next_word(&line), whole = line, second = entry_next_word(&line);

		/* What is between TEXT and ENDTEXT is for people. */
		if (is_help || is_key(key, "TEXT"))
			is_help = !is_key(key, "ENDTEXT");
		else if (is_key(key, "INCLUDE"))
			include(extlinux, whole);
		else if (is_key(key, "MENU") && is_key(second, "INCLUDE"))
			include(extlinux, line);
		else if (extlinux->looks_for_start)
			take_start(extlinux, key, whole);
		else
			take_line(extlinux, key, whole);
	}
}

static bool is_open(const struct extlinux *extlinux, const char *file)
{
	for (uint32_t i = 0; i < extlinux->depth; i++)
		if (__builtin_strcmp(extlinux->open[i], file) == 0)
			return true;
	return false;
}

void extlinux_run_file(struct extlinux *extlinux, const char *file)
{
	struct entry_list *list = extlinux->list;
	const uint32_t text_used = list->text_used;
	struct span text;
	struct error error;

	if (extlinux->depth == EXTLINUX_DEPTH_MOST || extlinux->files == EXTLINUX_FILES_MOST || is_open(extlinux, file))
		error = error_make(ERROR_EXTLINUX_INCLUDE, file, EXTLINUX_FILES_MOST, EXTLINUX_DEPTH_MOST);
	else
		error = entry_read_text(list, extlinux->volume, file, &text);
	if (failed(error)) {
		/* It is not there the second time either. */
		if (!extlinux->looks_for_start)
			entry_note(list, extlinux->volume, file, error);
		return;
	}
	extlinux->open[extlinux->depth++] = file;
	extlinux->files++;
	list->text_used += (uint32_t)text.size;
	read_lines(extlinux, text);
	list->text_used = text_used;
	extlinux->depth--;
}

/* Whether a number is said that is more than 0. */
static bool has_time(const char *text)
{
	while (text != NULL && *text == '0')
		text++;
	return text != NULL && is_digit((uint8_t)*text);
}

static void read_config(struct entry_list *list, uint32_t volume, const char *directory, const char *name)
{
	const char *file = entry_join(list, (const char *const[]){ directory, "/", name, NULL });
	struct extlinux extlinux = { .list = list, .volume = volume, .directory = directory, .looks_for_start = true,
				     .commanded = { .entry = EXTLINUX_NONE }, .start = { .entry = EXTLINUX_NONE } };
	struct fs_node node;

	if (file == NULL || !entry_lookup(list, volume, file, &node))
		return;
	extlinux.menu[0] = (struct extlinux_menu){ .first = EXTLINUX_NONE, .chosen = { .entry = EXTLINUX_NONE } };
	extlinux_run_file(&extlinux, file);
	entry_take_timeout(list, entry_span(extlinux.timeout), 10);
	extlinux.command = extlinux.at_start;
	if (extlinux.on_timeout != NULL && (has_time(extlinux.timeout) || has_time(extlinux.total_timeout)))
		extlinux.command = extlinux.on_timeout;
	extlinux.looks_for_start = false;
	extlinux.files = 0;
	extlinux_run_file(&extlinux, file);
	extlinux_finish(&extlinux);
}

void entries_find_extlinux(struct entry_list *list, uint32_t volume)
{
	static const struct { const char *directory, *name; } places[] = {
		{ "/boot/extlinux", "extlinux.conf" }, { "/extlinux", "extlinux.conf" }, { "/boot", "extlinux.conf" }, { "", "extlinux.conf" },
		{ "/boot/syslinux", "extlinux.conf" }, { "/boot/syslinux", "syslinux.cfg" }, { "/syslinux", "extlinux.conf" },
		{ "/syslinux", "syslinux.cfg" }, { "", "syslinux.cfg" }, { "/isolinux", "isolinux.cfg" }, { "/boot/isolinux", "isolinux.cfg" },
		{ "", "isolinux.cfg" },
		/* Where openSUSE has the loader itself. */
		{ "/boot/x86_64/loader", "isolinux.cfg" },
	};

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		read_config(list, volume, places[i].directory, places[i].name);
}
