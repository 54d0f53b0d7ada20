/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/cmdline.h>
#include <shim/payload/cmdline_memory.h>

/* Whether a name is this one, byte for byte: here "-" and "_" differ. */
static bool name_is(struct span name, const char *wanted)
{
	struct span other = cmdline_of(wanted);

	return name.size == other.size && __builtin_memcmp(name.at, other.at, other.size) == 0;
}

static uint8_t first_byte(struct span text)
{
	return text.size != 0 ? text.at[0] : 0;
}

static void skip_byte(struct span *text)
{
	span_cut(*text, 1, text->size - 1, text);
}

/* A digit's value, or 255. */
static uint8_t digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 255;
}

static uint8_t take_base(struct span *text)
{
	if (first_byte(*text) != '0')
		return 10;
	skip_byte(text);
	if ((first_byte(*text) | 0x20) != 'x')
		return 8;
	skip_byte(text);
	return 16;
}

static unsigned take_shift(struct span *text)
{
	static const char suffixes[] = "kmgtpe";

	for (unsigned i = 0; i < sizeof(suffixes) - 1; i++)
		if ((first_byte(*text) | 0x20) == suffixes[i]) {
			skip_byte(text);
			return 10 * (i + 1);
		}
	return 0;
}

/* A number at the beginning of a text as lib/cmdline.c's memparse() reads it; one that is too large is the largest. */
static uint64_t take_size(struct span *text)
{
	uint8_t base = take_base(text);
	uint64_t value = 0;
	unsigned shift;

	while (digit(first_byte(*text)) < base) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit(first_byte(*text)), &value))
			value = UINT64_MAX;
		skip_byte(text);
	}
	shift = take_shift(text);
	return value > UINT64_MAX >> shift ? UINT64_MAX : value << shift;
}

static void lower_limit(struct linux_memory_words *words, uint64_t limit)
{
	if (limit != 0 && limit < words->limit)
		words->limit = limit;
}

static void add_memmap(struct linux_memory_words *words, uint64_t start, uint64_t size)
{
	if (words->memmap_count == LINUX_MEMMAPS) {
		words->too_many = true;
		return;
	}
	if (!range_make(start, size, &words->memmap[words->memmap_count]))
		words->memmap[words->memmap_count].end = UINT64_MAX;
	words->memmap_count++;
}

/* One of the parts between commas; false when Linux reads no further. */
static bool read_memmap(struct span part, struct linux_memory_words *words)
{
	uint64_t before = part.size, size = take_size(&part), start;
	uint8_t sign = first_byte(part);

	if (part.size == before)
		return false;
	if (sign == '#' || sign == '$' || sign == '!') {
		skip_byte(&part);
		start = take_size(&part);
		if (start != 0)
			add_memmap(words, start, size);
		else
			lower_limit(words, size);
	} else if (sign != '@') {
		lower_limit(words, size);
	}
	return true;
}

static void read_memmaps(struct span value, struct linux_memory_words *words)
{
	bool more = true;

	while (more && value.size != 0) {
		struct span part;
		uint64_t size = 0;

		while (size < value.size && value.at[size] != ',')
			size++;
		span_cut(value, 0, size, &part);
		more = read_memmap(part, words);
		if (!span_cut(value, size + 1, value.size - size - 1, &value))
			return;
	}
}

void linux_memory_words_read(struct span line, struct linux_memory_words *out)
{
	struct cmdline_word word;
	bool huge = false;

	*out = (struct linux_memory_words){ .limit = UINT64_MAX };
	while (cmdline_next(&line, &word)) {
		struct span value = word.value;

		if (name_is(word.name, "memmap"))
			read_memmaps(value, out);
		else if (name_is(word.name, "hugepagesz"))
			huge = take_size(&value) == GIB;
		else if (name_is(word.name, "hugepages") && huge)
			out->huge_pages = take_size(&value);
		else if (name_is(word.name, "mem"))
			lower_limit(out, take_size(&value));
	}
}
