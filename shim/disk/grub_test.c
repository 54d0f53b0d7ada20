/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions: "[ ... ]" and test, and commands that end well or not (GRUB manual, "test" and "search"). */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

static long number_of(const char *text)
{
	const bool is_negative = *text == '-';
	long number = 0;

	for (text += is_negative; is_digit((uint8_t)*text) && number < 100000000; text++)
		number = number * 10 + (*text - '0');
	return is_negative ? -number : number;
}

/* Whether a path is there, unless too many are asked for. */
static bool is_there(struct grub *grub, uint32_t volume, const char *path, struct fs_node *out)
{
	return grub_spend_path(grub, volume) && !failed(volume_lookup(grub->list->volumes, volume, path, out));
}

/* -f, -e, -d and -s of a path. */
static bool test_file(struct grub *grub, char kind, const char *word)
{
	struct fs_node node;
	uint32_t volume;
	const char *path;

	if (!grub_resolve(grub, word, &volume, &path) || !is_there(grub, volume, path, &node))
		return false;
	if (kind == 'd')
		return node.kind == FS_DIRECTORY;
	return kind == 'e' || (node.kind == FS_FILE && (kind == 'f' || node.size != 0));
}

static bool test_two(const char *one, const char *how, const char *other)
{
	if (grub_is(how, "=") || grub_is(how, "=="))
		return grub_is(one, other);
	if (grub_is(how, "!="))
		return !grub_is(one, other);
	if (grub_is(how, "-eq"))
		return number_of(one) == number_of(other);
	if (grub_is(how, "-ne"))
		return number_of(one) != number_of(other);
	if (grub_is(how, "-lt"))
		return number_of(one) < number_of(other);
	if (grub_is(how, "-le"))
		return number_of(one) <= number_of(other);
	if (grub_is(how, "-gt"))
		return number_of(one) > number_of(other);
	return grub_is(how, "-ge") && number_of(one) >= number_of(other);
}

/* What stands between "-a", "-o" and the ends. */
static bool test_part(struct grub *grub, const char *const *words, uint32_t count)
{
	bool wanted = true;

	for (; count != 0 && grub_is(words[0], "!"); words++, count--)
		wanted = !wanted;
	if (count == 3)
		return test_two(words[0], words[1], words[2]) == wanted;
	if (count == 2 && words[0][0] == '-') {
		const char kind = words[0][1];

		if (kind == 'z' || kind == 'n')
			return ((words[1][0] == '\0') == (kind == 'z')) == wanted;
		return test_file(grub, kind, words[1]) == wanted;
	}
	return (count == 1 && words[0][0] != '\0') == wanted;
}

static bool test(struct grub *grub, const char *const *words, uint32_t count)
{
	bool all = true, any = false;

	for (uint32_t from = 0, at = 0; at <= count; at++) {
		if (at != count && !grub_is(words[at], "-a") && !grub_is(words[at], "-o"))
			continue;
		all = test_part(grub, words + from, at - from) && all;
		from = at + 1;
		if (at == count || grub_is(words[at], "-o")) {
			any = any || all;
			all = true;
		}
	}
	return any;
}

bool grub_condition(struct grub *grub, const char *const *words, uint32_t count)
{
	bool wanted = true;

	for (; count != 0 && grub_is(words[0], "!"); words++, count--)
		wanted = !wanted;
	if (count == 0)
		return false;
	if (grub_is(words[0], "[") && grub_is(words[count - 1], "]"))
		return test(grub, words + 1, count - 2) == wanted;
	if (grub_is(words[0], "test"))
		return test(grub, words + 1, count - 1) == wanted;
	if (__builtin_strncmp(words[0], "search", 6) == 0)
		return grub_search(grub, words, count) == wanted;
	return grub_is(words[0], "true") == wanted;
}

enum search_kind { SEARCH_FILE, SEARCH_LABEL, SEARCH_UUID };

static bool has(struct grub *grub, uint32_t index, enum search_kind kind, const char *what)
{
	const struct volume *volume = &grub->list->volumes->volume[index];
	struct fs_node node;

	if (failed(volume->error) || what[0] == '\0')
		return false;
	if (kind == SEARCH_UUID)
		return same_folded(entry_span(volume->uuid), entry_span(what));
	if (kind == SEARCH_LABEL)
		return grub_is(volume->label, what);
	return is_there(grub, index, what, &node);
}

/* Reads the words of `search`: its options, and what is looked for, which is the word that is no option. */
static void take_options(const char *const *words, uint32_t count, enum search_kind *kind, const char **variable, const char **what)
{
	for (uint32_t i = 1; i < count; i++) {
		const char *word = words[i];

		if (grub_is(word, "--fs-uuid") || grub_is(word, "-u"))
			*kind = SEARCH_UUID;
		else if (grub_is(word, "--label") || grub_is(word, "--fs-label") || grub_is(word, "-l"))
			*kind = SEARCH_LABEL;
		else if (grub_is(word, "--file") || grub_is(word, "-f"))
			*kind = SEARCH_FILE;
		else if (__builtin_strncmp(word, "--set=", 6) == 0)
			*variable = word + 6;
		else if (word[0] != '-')
			*what = word;
	}
}

bool grub_search(struct grub *grub, const char *const *words, uint32_t count)
{
	enum search_kind kind = SEARCH_FILE;
	const char *variable = "root", *what = "";
	const char *dot = words[0] + 6;

	if (*dot == '.') {
		kind = grub_is(dot, ".fs_uuid") ? SEARCH_UUID : grub_is(dot, ".fs_label") ? SEARCH_LABEL : SEARCH_FILE;
		what = count > 1 ? words[1] : "";
		variable = count > 2 ? words[2] : "root";
	} else {
		take_options(words, count, &kind, &variable, &what);
	}
	for (uint32_t i = 0; i < grub->list->volumes->count; i++) {
		if (has(grub, i, kind, what)) {
			grub_set_volume(grub, entry_span(variable), i);
			return true;
		}
	}
	return false;
}
