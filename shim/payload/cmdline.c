/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/cmdline.h>
#include <shim/payload/line_out.h>

static const char prefix[] = "lull.";

#define PREFIX_SIZE (sizeof(prefix) - 1)

/*
 * A row for each option: its name, its values in the order of their numbers from 1 on, NULL, the error for any other; no error where
 * the value is a text that others read (cmdline_find_own()).
 */
static const struct {
	const char *name;
	const char *values[6];
	enum error_code error;
} options[LULL_OPTIONS] = {
	[LULL_PROTO] = { "proto", { "linux64", "pvh", "vmlinux", "multiboot1", "multiboot2" }, ERROR_CMDLINE_PROTO },
	[LULL_LINUX_SITES] = { "linux_sites", { "off", "auto", "safe" }, ERROR_CMDLINE_LINUX_SITES },
	[LULL_CMDLINE] = { "cmdline", { "loader", "packed", "append", "replace" }, ERROR_CMDLINE_CHOICE },
	[LULL_KASLR] = { "kaslr", { "off", "on" }, ERROR_CMDLINE_KASLR },
	[LULL_DISK] = { "disk", { NULL }, ERROR_NONE },
	[LULL_ENTRY] = { "entry", { NULL }, ERROR_NONE },
	[LULL_TIMEOUT] = { "timeout", { NULL }, ERROR_NONE },
	[LULL_LIST] = { "list", { NULL }, ERROR_NONE },
	[LULL_PROFILE] = { "profile", { NULL }, ERROR_NONE },
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0xa0;
}

struct span cmdline_of(const char *text)
{
	uint64_t size = 0;

	if (text == NULL)
		return span("", 0);
	while (text[size] != 0)
		size++;
	return span(text, size);
}

/* A text without its first byte. */
static struct span behind_first(struct span text)
{
	span_cut(text, 1, text.size - 1, &text);
	return text;
}

static struct span without_end_quote(struct span text)
{
	if (text.size != 0 && text.at[text.size - 1] == '"')
		text.size--;
	return text;
}

/*
 * Name and value of a word, as next_arg() finds them: a quote that begins the word goes; the first "=" that does not
 * begin what is left divides it; a quote that begins the value goes; and where one of the two was there, so does a quote
 * at the end of the word.
 */
static void divide(struct cmdline_word *word)
{
	struct span text = word->whole;
	bool quoted = span_is(text, 0, "\"", 1), value_quoted;
	uint64_t equals = 1;

	if (quoted)
		text = behind_first(text);
	while (equals < text.size && text.at[equals] != '=')
		equals++;
	word->has_value = equals < text.size;
	if (!word->has_value) {
		word->name = quoted ? without_end_quote(text) : text;
		word->value = span(text.at, 0);
		return;
	}
	span_cut(text, 0, equals, &word->name);
	span_cut(text, equals + 1, text.size - equals - 1, &word->value);
	value_quoted = span_is(word->value, 0, "\"", 1);
	if (value_quoted)
		word->value = behind_first(word->value);
	if (quoted || value_quoted)
		word->value = without_end_quote(word->value);
}

bool cmdline_next(struct span *line, struct cmdline_word *word)
{
	uint64_t start = 0, end;
	bool quoted = false;

	while (start < line->size && is_blank(line->at[start]))
		start++;
	for (end = start; end < line->size && (quoted || !is_blank(line->at[end])); end++)
		if (line->at[end] == '"')
			quoted = !quoted;
	span_cut(*line, start, end - start, &word->whole);
	span_cut(*line, end, line->size - end, line);
	divide(word);
	return word->whole.size != 0 &&
	       (word->has_value || word->name.size != 2 || !span_is(word->name, 0, "--", 2));
}

static uint8_t underscored(uint8_t byte)
{
	return byte == '-' ? '_' : byte;
}

bool cmdline_same_name(struct span name, struct span other)
{
	if (name.size != other.size)
		return false;
	for (uint64_t i = 0; i < name.size; i++)
		if (underscored(name.at[i]) != underscored(other.at[i]))
			return false;
	return true;
}

/* True for a word of lull's own. */
static bool is_own(const struct cmdline_word *word)
{
	return span_is(word->name, 0, prefix, PREFIX_SIZE);
}

bool cmdline_find_own(struct span line, const char *name, struct span *value)
{
	struct cmdline_word word;
	bool found = false;

	*value = span("", 0);
	while (cmdline_next(&line, &word)) {
		if (!is_own(&word) || !cmdline_same_name(word.name, cmdline_of(name)))
			continue;
		*value = word.value;
		found = true;
	}
	return found;
}

/* A number of at most three digits. */
static struct error read_profile(struct span value, uint32_t *profile)
{
	*profile = 0;
	for (uint64_t i = 0; i < value.size; i++) {
		if (value.at[i] < '0' || value.at[i] > '9' || value.size > 3)
			return error_make(ERROR_CMDLINE_PROFILE, NULL, 0, value.size);
		*profile = *profile * 10 + (uint32_t)(value.at[i] - '0');
	}
	return value.size != 0 ? error_none() : error_make(ERROR_CMDLINE_PROFILE, NULL, 0, 0);
}

struct error cmdline_profile(const struct cmdline *lines, uint32_t *profile)
{
	struct span value;

	*profile = 0;
	for (unsigned source = CMDLINE_LOADER; source < CMDLINE_PACKED; source++)
		if (cmdline_find_own(lines->line[source], "lull.profile", &value))
			return read_profile(value, profile);
	return error_none();
}

/* True when a line has a word that is not lull's; one behind "--" is not, and neither is "--". */
static bool has_foreign_word(struct span line)
{
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (!is_own(&word))
			return true;
	return word.whole.size != 0;
}

struct span cmdline_before_nul(struct span section)
{
	uint64_t size = 0;

	while (size < section.size && section.at[size] != 0)
		size++;
	section.size = size;
	return section;
}

struct span cmdline_chosen(const struct cmdline *lines)
{
	return lines->line[lines->chosen];
}

bool cmdline_is_unused(const struct cmdline *lines, enum cmdline_source source)
{
	struct span line = lines->line[source];
	struct cmdline_word word;

	if (source == lines->chosen || source == lines->appended)
		return false;
	/* Of a line before the chosen one, lull's words are read. */
	if (source < lines->chosen)
		return has_foreign_word(line);
	return cmdline_next(&line, &word) || word.whole.size != 0;
}

/* Copies a line without lull's words as far as there is room. */
static void put_foreign(struct line_out *output, struct span line)
{
	struct span rest = line, piece;
	struct cmdline_word word;
	/* What is before this is copied, or left out. */
	uint64_t done = 0;

	while (cmdline_next(&rest, &word)) {
		uint64_t start = (uint64_t)(word.whole.at - line.at), end = start + word.whole.size;

		if (!is_own(&word))
			continue;
		span_cut(line, done, start - done, &piece);
		line_out_put(output, piece);
		done = end < line.size ? end + 1 : end;
		/* Nothing stands behind the line's last word; the blank before it goes, unless it went with a word of lull's. */
		if (end == line.size && output->length != 0)
			output->length--;
	}
	span_cut(line, done, line.size - done, &piece);
	line_out_put(output, piece);
}

static void put_behind(struct line_out *output, struct span line)
{
	line_out_put_blank(output);
	put_foreign(output, line);
}

/* Ends the line, or empties it and says whose limit it breaks. */
static struct error output_end(const struct line_out *output, uint64_t limit, const char *taker)
{
	if (output->length <= limit)
		return line_out_end(output);
	output->at[0] = '\0';
	return error_make(ERROR_CMDLINE_KERNEL, taker, limit, output->length);
}

struct error cmdline_filter(struct span line, uint64_t limit, const char *taker, char *out, uint64_t size,
			    uint64_t *length)
{
	struct line_out output = line_out_begin(out, size, 0);

	put_foreign(&output, line);
	if (length != NULL)
		*length = output.length;
	return output_end(&output, limit, taker);
}

struct error cmdline_write(const struct cmdline *lines, uint64_t limit, const char *taker, char *out, uint64_t size)
{
	struct line_out output = line_out_begin(out, size, 0);

	put_foreign(&output, cmdline_chosen(lines));
	if (lines->appended != CMDLINE_SOURCES)
		put_behind(&output, lines->line[lines->appended]);
	if (lines->added.size != 0)
		put_behind(&output, lines->added);
	return output_end(&output, limit, taker);
}

static struct error read_value(unsigned option, struct span value, struct lull_options *out)
{
	for (unsigned i = 0; options[option].values[i] != NULL; i++) {
		struct span known = cmdline_of(options[option].values[i]);

		if (value.size != known.size || !span_is(value, 0, known.at, known.size))
			continue;
		out->value[option] = (uint8_t)(i + 1);
		return error_none();
	}
	if (options[option].error == ERROR_NONE)
		return error_none();
	return error_make(options[option].error, NULL, 0, value.size);
}

/* The option that a word of lull's names, and its value; LULL_OPTIONS for none. */
static unsigned option_of(const struct cmdline_word *word, struct span *value)
{
	unsigned option = 0;
	struct span name;

	span_cut(word->name, PREFIX_SIZE, word->name.size - PREFIX_SIZE, &name);
	*value = word->value;
	/* lull.append is short for lull.cmdline=append. */
	if (!word->has_value && cmdline_same_name(name, cmdline_of("append"))) {
		*value = name;
		return LULL_CMDLINE;
	}
	while (option < LULL_OPTIONS && !cmdline_same_name(name, cmdline_of(options[option].name)))
		option++;
	return option;
}

static struct error read_word(const struct cmdline_word *word, struct lull_options *out)
{
	struct span value;
	unsigned option = option_of(word, &value);

	if (option != LULL_OPTIONS)
		return read_value(option, value, out);
	if (out->unknown_count++ == 0)
		out->unknown = word->whole;
	return error_none();
}

static struct error read_words(struct span line, struct lull_options *out)
{
	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		if (is_own(&word))
			TRY(read_word(&word, out));
	return error_none();
}

/* Which line is asked for. */
static struct error read_choice(const struct cmdline *lines, uint8_t *choice)
{
	struct lull_options choices = { .unknown_count = 0 };

	for (unsigned source = CMDLINE_SOURCES; source-- > 0;) {
		struct span line = lines->line[source], value;
		struct cmdline_word word;

		while (cmdline_next(&line, &word))
			if (is_own(&word) && option_of(&word, &value) == LULL_CMDLINE)
				TRY(read_value(LULL_CMDLINE, value, &choices));
	}
	*choice = choices.value[LULL_CMDLINE];
	return error_none();
}

struct error cmdline_choose(struct cmdline *lines)
{
	enum cmdline_source first = CMDLINE_LOADER;
	uint8_t choice;

	lines->line[CMDLINE_PACKED] = cmdline_before_nul(lines->line[CMDLINE_PACKED]);
	TRY(read_choice(lines, &choice));
	while (first < CMDLINE_PACKED && !has_foreign_word(lines->line[first]))
		first++;
	lines->chosen = choice == CHOICE_PACKED || choice == CHOICE_APPEND ? CMDLINE_PACKED : first;
	lines->appended = choice == CHOICE_APPEND && first != CMDLINE_PACKED ? first : CMDLINE_SOURCES;
	return error_none();
}

struct error lull_options_read(const struct cmdline *lines, struct lull_options *out)
{
	*out = (struct lull_options){ .unknown = span("", 0) };
	TRY(read_words(cmdline_chosen(lines), out));
	if (lines->added.size != 0)
		TRY(read_words(lines->added, out));
	for (unsigned source = lines->chosen; source-- > 0;)
		TRY(read_words(lines->line[source], out));
	return error_none();
}
