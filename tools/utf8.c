/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include <tools/utf8.h>

unsigned utf8_size(struct span text, uint64_t offset)
{
	static const struct { uint8_t first, last, second_low, second_high; unsigned size; } forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t lead = span_u8(text, offset);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (lead < forms[i].first || lead > forms[i].last)
			continue;
		if (!span_has(text, offset, forms[i].size))
			return 0;
		for (unsigned b = 1; b < forms[i].size; b++) {
			const uint8_t low = b == 1 ? forms[i].second_low : 0x80;
			const uint8_t high = b == 1 ? forms[i].second_high : 0xbf;

			if (text.at[offset + b] < low || text.at[offset + b] > high)
				return 0;
		}
		return forms[i].size;
	}
	return 0;
}

bool utf8_is_control(struct span text, uint64_t offset)
{
	const uint8_t first = span_u8(text, offset);

	return first < 0x20 || first == 0x7f || (first == 0xc2 && span_u8(text, offset + 1) < 0xa0);
}
