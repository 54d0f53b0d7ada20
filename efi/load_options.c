/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <efi/load_options.h>

#define SURROGATES      0xd800u
#define LOW_SURROGATES  0xdc00u
#define SURROGATES_END  0xe000u
#define PLANES          0x10000u
#define CODES_END       0x110000u

/* EFI_LOAD_OPTION: attributes, the length of the path list, then a description that ends with a NUL, and the list. */
#define ENTRY_PATHS_LENGTH 4
#define ENTRY_DESCRIPTION  6

static struct error no_text(const char *what, uint64_t offset)
{
	return error_make(ERROR_EFI_LOAD_OPTIONS, what, 0, offset);
}

/*
 * Cuts a whole boot entry down to its optional data.  Its first field is a number of flags, of which the low half is below
 * the space, or 0: no text begins so.
 */
static void entry_to_data(struct span *options)
{
	uint64_t paths = span_u16(*options, ENTRY_PATHS_LENGTH), at = ENTRY_DESCRIPTION;
	struct span data;

	if (!span_has(*options, 0, ENTRY_DESCRIPTION) || span_u16(*options, 0) >= ' ')
		return;
	while (span_has(*options, at, 2) && span_u16(*options, at) != 0)
		at += 2;
	at += 2 + paths;
	if (paths != 0 && span_cut(*options, at, options->size - at, &data))
		*options = data;
}

/* Takes one character; 0 at the end of the text. */
static struct error take_character(struct span options, uint64_t *at, uint32_t *character)
{
	uint32_t low;

	*character = span_u16(options, *at);
	if (options.size % 2 != 0 && *at + 1 == options.size)
		return no_text("half a character", *at);
	if (*character == 0)
		return error_none();
	if (*character < ' ' && *character != '\t')
		return no_text("a control character", *at);
	*at += 2;
	if (*character < SURROGATES || *character >= SURROGATES_END)
		return error_none();
	low = span_u16(options, *at);
	if (*character >= LOW_SURROGATES || low < LOW_SURROGATES || low >= SURROGATES_END)
		return no_text("half of a pair of characters", *at - 2);
	*at += 2;
	*character = PLANES + ((*character - SURROGATES) << 10 | (low - LOW_SURROGATES));
	return error_none();
}

/* How many bytes a character has in UTF-8, each with six bits of it but the first. */
static unsigned utf8_size(uint32_t character)
{
	return character < 0x80 ? 1 : character < 0x800 ? 2 : character < PLANES ? 3 : 4;
}

static void put_utf8(uint32_t character, char *out)
{
	static const uint8_t first[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned size = utf8_size(character);

	for (unsigned i = size; i-- > 1; character >>= 6)
		out[i] = (char)(0x80 | (character & 0x3f));
	out[0] = (char)(first[size] | character);
}

/* Where the line begins behind the shell's first word, which may have quotes around blanks. */
static uint64_t behind_first_word(struct span options)
{
	bool quoted = false;
	uint64_t at = 0;

	for (; span_has(options, at, 2) && (quoted || span_u16(options, at) != ' '); at += 2)
		if (span_u16(options, at) == '"')
			quoted = !quoted;
	while (span_has(options, at, 2) && span_u16(options, at) == ' ')
		at += 2;
	return at;
}

static struct error read_text(struct span options, uint64_t at, char *line, uint64_t size)
{
	uint64_t length = 0;
	uint32_t character;

	for (;;) {
		TRY(take_character(options, &at, &character));
		line[length] = 0;
		if (character == 0)
			return error_none();
		if (utf8_size(character) >= size - length)
			return error_make(ERROR_CMDLINE_BUFFER, NULL, size - 1, options.size / 2);
		put_utf8(character, line + length);
		length += utf8_size(character);
	}
}

struct error load_options_read(struct span options, bool from_shell, char *line, uint64_t size)
{
	struct error error;

	entry_to_data(&options);
	error = read_text(options, from_shell ? behind_first_word(options) : 0, line, size);
	if (failed(error))
		line[0] = 0;
	return error;
}

/* Takes one character of UTF-8 (RFC 3629); false when there is none. */
static bool take_utf8(struct span line, uint64_t *at, uint32_t *character)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, PLANES };
	uint8_t first = span_u8(line, *at);
	unsigned size = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;

	if (size == 0 || !span_has(line, *at, size))
		return false;
	*character = size == 1 ? first : first & (0x7fu >> size);
	for (unsigned i = 1; i < size; i++) {
		uint8_t next = span_u8(line, *at + i);

		if ((next & 0xc0) != 0x80)
			return false;
		*character = *character << 6 | (next & 0x3f);
	}
	*at += size;
	return *character >= least[size] && *character < CODES_END &&
	       (*character < SURROGATES || *character >= SURROGATES_END);
}

struct error load_options_write(struct span line, uint16_t *out, uint64_t units, uint64_t *used)
{
	uint32_t character;

	*used = 0;
	for (uint64_t at = 0; at < line.size;) {
		uint64_t start = at;

		if (!take_utf8(line, &at, &character))
			return error_make(ERROR_EFI_CMDLINE_UTF8, NULL, 0, start);
		if (units - *used < 3)
			return error_make(ERROR_CMDLINE_BUFFER, NULL, units - 1, line.size);
		if (character >= PLANES) {
			out[(*used)++] = (uint16_t)(SURROGATES + ((character - PLANES) >> 10));
			character = LOW_SURROGATES + ((character - PLANES) & 0x3ff);
		}
		out[(*used)++] = (uint16_t)character;
	}
	out[(*used)++] = 0;
	return error_none();
}
