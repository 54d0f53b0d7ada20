/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and commands of GRUB's scripts (GRUB manual, "Quoting", "Variable expansion", "Reserved words"). */
#include <shim/disk/grub.h>
#include <shim/disk/letters.h>

_Static_assert(GRUB_COMMAND_MOST == 4096, "what entry-long says");

static uint8_t peek(struct span text) { return text.size != 0 ? text.at[0] : 0; }
static bool ends_command(uint8_t c) { return c == ';' || c == '\n'; }
static bool is_name_letter(uint8_t c) { return is_letter(c) || is_digit(c) || c == '_'; }

static uint8_t take(struct span *text)
{
	const uint8_t c = text->at[0];

	*text = span(text->at + 1, text->size - 1);
	return c;
}

static void put(struct grub_command *command, char c)
{
	if (command->used + 1 < GRUB_COMMAND_MOST)
		command->bytes[command->used++] = c;
	else
		command->is_cut = true;
}

static void begin_word(struct grub_command *command)
{
	if (command->count == GRUB_WORDS_MOST) {
		command->is_cut = true;
		command->count--;
	}
	command->word[command->count++] = command->bytes + command->used;
}

static bool is_empty_word(const struct grub_command *command)
{
	return command->word[command->count - 1] == command->bytes + command->used;
}

static void end_word(struct grub_command *command)
{
	command->bytes[command->used] = '\0';
	command->used += command->used + 1 < GRUB_COMMAND_MOST;
}

/*
 * "$name", "${name}", "$1" and "$?", behind the "$".  Nothing of these is an ordinary "$".  Without quotes around it the value
 * is as many words as it has.
 */
static void put_variable(struct grub *grub, struct span *text, struct grub_command *command, bool is_quoted)
{
	const bool in_braces = peek(*text) == '{';
	struct span name;
	uint64_t size = 0;
	const char *value = "";

	if (in_braces)
		take(text);
	while (size < text->size && (in_braces ? text->at[size] != '}' && text->at[size] != '\n' : is_name_letter(text->at[size])))
		size++;
	name = span(text->at, size);
	*text = span(text->at + size, text->size - size);
	if (in_braces && peek(*text) == '}')
		take(text);
	if (name.size == 0)
		put(command, '$');
	/* What has no room anyway costs no time. */
	if (!command->is_cut && grub_spend(grub, GRUB_COST_WORDS))
		value = grub_get(grub, name);
	for (; *value != '\0'; value++) {
		if (is_quoted || !is_blank((uint8_t)*value)) {
			put(command, *value);
		} else if (!is_empty_word(command)) {
			end_word(command);
			begin_word(command);
		}
	}
}

/* Appends what stands between double quotes, from behind the first one on, to the word; takes the second one too. */
static void put_quoted(struct grub *grub, struct span *text, struct grub_command *command)
{
	while (text->size != 0 && peek(*text) != '"') {
		const uint8_t c = take(text);

		if (c == '$')
			put_variable(grub, text, command, true);
		else if (c == '\\' && peek(*text) == '\n')
			take(text);
		else if (c == '\\' && (peek(*text) == '"' || peek(*text) == '$' || peek(*text) == '\\'))
			put(command, (char)take(text));
		else
			put(command, (char)c);
	}
	if (text->size != 0)
		take(text);
}

static void take_word(struct grub *grub, struct span *text, struct grub_command *command)
{
	bool has_quotes = false;

	begin_word(command);
	while (text->size != 0 && !is_blank(peek(*text)) && !ends_command(peek(*text))) {
		const uint8_t c = take(text);

		if (c == '\'') {
			has_quotes = true;
			while (text->size != 0 && peek(*text) != '\'')
				put(command, (char)take(text));
			if (text->size != 0)
				take(text);
		} else if (c == '"') {
			has_quotes = true;
			put_quoted(grub, text, command);
		} else if (c == '$') {
			put_variable(grub, text, command, false);
		} else if (c == '\\' && text->size != 0) {
			const uint8_t escaped = take(text);

			/* The line goes on. */
			if (escaped != '\n')
				put(command, (char)escaped);
		} else {
			put(command, (char)c);
		}
	}
	/* A variable without a value is no word. */
	if (is_empty_word(command) && !has_quotes)
		command->count--;
	else
		end_word(command);
}

/* Blanks, a line that goes on in the next one, and a comment up to the end of its line. */
static void skip_blanks(struct span *text)
{
	for (;;) {
		if (text->size != 0 && is_blank(peek(*text)))
			take(text);
		else if (span_is(*text, 0, "\\\n", 2))
			*text = span(text->at + 2, text->size - 2);
		else
			break;
	}
	if (peek(*text) == '#')
		while (text->size != 0 && peek(*text) != '\n')
			take(text);
}

/* Words behind which a command begins, and before which another one has ended. */
static bool is_reserved(const char *word)
{
	return grub_is(word, "then") || grub_is(word, "else") || grub_is(word, "fi") || grub_is(word, "do") || grub_is(word, "done") ||
	       grub_is(word, "}");
}

bool grub_next_command(struct grub *grub, struct span *text, struct grub_command *out)
{
	out->count = out->used = 0;
	out->opens = out->is_cut = false;
	for (;;) {
		skip_blanks(text);
		if (text->size == 0)
			return out->count != 0;
		if (ends_command(peek(*text))) {
			take(text);
			if (out->count != 0)
				return true;
			continue;
		}
		/* A brace is a word of its own. */
		if (peek(*text) == '{' && (text->size == 1 || is_blank(text->at[1]) || ends_command(text->at[1]))) {
			take(text);
			out->opens = true;
			return true;
		}
		if (peek(*text) == '}' && out->count != 0)
			return true;
		if (!grub_spend(grub, GRUB_COST_WORDS))
			return false;
		take_word(grub, text, out);
		if (out->count == 1 && is_reserved(out->word[0]))
			return true;
	}
}
