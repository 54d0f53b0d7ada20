/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <tools/log_text.h>

#define FRACTION_DIGITS 9
#define US_DIGITS 6

bool text_is(struct span text, uint64_t offset, const char *string)
{
	return span_is(text, offset, string, strlen(string));
}

bool text_has(struct span text, const char *string)
{
	for (uint64_t at = 0; at < text.size; at++)
		if (text_is(text, at, string))
			return true;
	return false;
}

bool text_equals(struct span text, const char *string)
{
	return text.size == strlen(string) && text_is(text, 0, string);
}

/* Another digit behind a number; false where it is none, or there is no room for it. */
static bool take_digit(struct span text, uint64_t at, uint64_t *number)
{
	const uint8_t digit = span_u8(text, at);

	return digit >= '0' && digit <= '9' && !__builtin_mul_overflow(*number, 10, number) &&
	       !__builtin_add_overflow(*number, digit - '0', number);
}

bool text_seconds(struct span text, uint64_t *at, uint64_t *us, unsigned *digits)
{
	const uint64_t begin = *at;
	uint64_t whole = 0, fraction = 0;

	*us = 0;
	*digits = 0;
	while (take_digit(text, *at, &whole))
		*at += 1;
	if (*at == begin)
		return false;
	if (text_is(text, *at, ".")) {
		*at += 1;
		while (*digits < FRACTION_DIGITS && take_digit(text, *at + *digits, &fraction))
			*digits += 1;
		*at += *digits;
		if (*digits == 0)
			return false;
	}
	for (unsigned i = *digits; i < US_DIGITS; i++)
		fraction *= 10;
	for (unsigned i = US_DIGITS; i < *digits; i++)
		fraction /= 10;
	return !__builtin_mul_overflow(whole, 1000000, us) && !__builtin_add_overflow(*us, fraction, us);
}

bool text_number(struct span text, uint64_t *number)
{
	uint64_t at = 0;

	*number = 0;
	while (take_digit(text, at, number))
		at++;
	return at > 0 && at == text.size;
}

struct span text_trim(struct span text)
{
	while (text.size > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
		text = span(text.at + 1, text.size - 1);
	while (text.size > 0 && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
		text.size--;
	return text;
}

unsigned text_json_size(uint8_t byte)
{
	if (byte == '"' || byte == '\\')
		return 2;
	/* \u003c, and \ufffd in place of each byte that is not UTF-8. */
	return byte >= ' ' && byte < 0x7f && byte != '<' && byte != '>' && byte != '&' ? 1 : 6;
}
