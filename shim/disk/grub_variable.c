/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

#define ENV_HEAD "# GRUB Environment Block\n"

const char *grub_get(const struct grub *grub, struct span name)
{
	for (uint32_t i = 0; i < grub->variable_count; i++)
		if (same_text(grub->variable[i].name, name))
			return grub->variable[i].value;
	/* What grub-mkconfig asks for before it uses what an old GRUB did not have. */
	if (span_is(name, 0, "feature_", 8))
		return "y";
	return "";
}

void grub_set(struct grub *grub, struct span name, struct span value)
{
	const char *kept;
	uint32_t i = 0;

	/* What GRUB's write hook of this variable does: "(hd0,1)" is set as "hd0,1". */
	if (same_text("root", name) && value.size > 1 && value.at[0] == '(' && value.at[value.size - 1] == ')')
		value = span(value.at + 1, value.size - 2);
	while (i < grub->variable_count && !same_text(grub->variable[i].name, name))
		i++;
	/* Each entry sets its root to what it is already, which takes no room. */
	if (i < grub->variable_count && same_text(grub->variable[i].value, value))
		return;
	kept = i < GRUB_VARIABLES_MOST ? entry_keep(grub->list, value) : NULL;
	if (kept == NULL)
		return;
	if (i == grub->variable_count) {
		grub->variable[i].name = entry_keep(grub->list, name);
		if (grub->variable[i].name == NULL)
			return;
		grub->variable_count++;
	}
	grub->variable[i].value = kept;
}

_Static_assert(VOLUMES_MOST <= 100, "a volume's number has two digits");

void grub_set_volume(struct grub *grub, struct span name, uint32_t volume)
{
	const char device[6] = { 'l', 'u', 'l', 'l', (char)('0' + volume / 10), (char)('0' + volume % 10) };

	grub_set(grub, name, span(device, sizeof(device)));
}

/* Takes a line off an environment block, up to an end of line without a backslash before it. */
static struct span take_env_line(struct span *text)
{
	struct span line = span(text->at, 0);

	while (line.size < text->size && text->at[line.size] != '\n')
		line.size += text->at[line.size] == '\\' && line.size + 1 < text->size ? 2 : 1;
	*text = span(text->at + line.size, text->size - line.size);
	if (text->size != 0)
		*text = span(text->at + 1, text->size - 1);
	return line;
}

/* Sets a variable to what a block has: a backslash stands before an end of line, and before a backslash. */
static void set_from_env(struct grub *grub, struct span name, struct span value)
{
	const char *plain = "";

	while (value.size != 0 && plain != NULL) {
		uint64_t size = 0;

		value = value.at[0] == '\\' && value.size > 1 ? span(value.at + 1, value.size - 1) : value;
		do
			size++;
		while (size < value.size && value.at[size] != '\\');
		plain = entry_append(grub->list, plain, span(value.at, size));
		value = span(value.at + size, value.size - size);
	}
	if (plain != NULL)
		grub_set(grub, name, entry_span(plain));
}

/*
 * Lines name=value.  next_entry is for one start, and whoever obeys it must take it away; lull writes nothing, so that it is not
 * obeyed.
 */
void grub_load_env(struct grub *grub, const char *path)
{
	struct span text, line;
	uint32_t volume;

	if (!grub_resolve(grub, path, &volume, &path) || !grub_spend(grub, GRUB_COST_FILES) ||
	    failed(entry_read_text(grub->list, volume, path, &text)))
		return;
	if (!span_is(text, 0, ENV_HEAD, sizeof(ENV_HEAD) - 1))
		return;
	while (text.size != 0) {
		uint64_t at = 0;

		line = take_env_line(&text);
		while (at < line.size && line.at[at] != '=')
			at++;
		if (at != line.size && line.at[0] != '#' && !same_text("next_entry", span(line.at, at)))
			set_from_env(grub, span(line.at, at), span(line.at + at + 1, line.size - at - 1));
	}
}

static bool take_number(const char **text, uint32_t *out)
{
	const char *begin = *text;

	for (*out = 0; is_digit((uint8_t)**text) && *out < 10000; (*text)++)
		*out = *out * 10 + (uint32_t)(**text - '0');
	return *text != begin;
}

static bool take_text(const char **text, const char *wanted)
{
	const size_t length = __builtin_strlen(wanted);

	if (__builtin_strncmp(*text, wanted, length) != 0)
		return false;
	*text += length;
	return true;
}

/* "lull3" is a volume, as search sets it; "hd0,gpt2" a partition, as whoever wrote the file saw the disks. */
static bool find_device(const struct grub *grub, const char *name, uint32_t *out)
{
	const struct volumes *volumes = grub->list->volumes;
	uint32_t disk, partition = 0;

	if (take_text(&name, "lull"))
		return take_number(&name, out) && *out < volumes->count;
	if (!take_text(&name, "hd") || !take_number(&name, &disk))
		return false;
	if (take_text(&name, ",")) {
		if (!take_text(&name, "gpt"))
			take_text(&name, "msdos");
		if (!take_number(&name, &partition))
			return false;
	}
	for (*out = 0; *out < volumes->count; (*out)++)
		if (volumes->volume[*out].disk == disk && volumes->volume[*out].partition.number == partition)
			return true;
	return false;
}

struct span grub_device(const struct grub *grub, const char *word, const char **path)
{
	uint64_t size = 0;

	*path = word;
	if (word[0] != '(')
		return entry_span(grub_get(grub, span("root", 4)));
	while (word[1 + size] != ')' && word[1 + size] != '\0')
		size++;
	*path = word + 1 + size + (word[1 + size] == ')');
	return span(word + 1, size);
}

bool grub_resolve(const struct grub *grub, const char *word, uint32_t *volume, const char **path)
{
	const struct span device = grub_device(grub, word, path);
	char name[32];

	if (device.size >= sizeof(name))
		return false;
	__builtin_memcpy(name, device.at, device.size);
	name[device.size] = '\0';
	return find_device(grub, name, volume) && !failed(grub->list->volumes->volume[*volume].error);
}
