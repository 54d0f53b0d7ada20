/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/payload/line_out.h>

struct line_out line_out_begin(char *at, uint64_t size, uint64_t length)
{
	return (struct line_out){ at, size - 1, length, length };
}

void line_out_put(struct line_out *line, struct span bytes)
{
	for (uint64_t i = 0; i < bytes.size; i++)
		if (line->length++ < line->room)
			line->at[line->length - 1] = (char)bytes.at[i];
}

void line_out_put_blank(struct line_out *line)
{
	if (line->length != 0)
		line_out_put(line, span(" ", 1));
}

void line_out_put_words(struct line_out *line, struct span words)
{
	if (words.size == 0)
		return;
	line_out_put_blank(line);
	line_out_put(line, words);
}

struct error line_out_end(const struct line_out *line)
{
	if (line->length > line->room) {
		line->at[line->begin] = '\0';
		return error_make(ERROR_CMDLINE_BUFFER, NULL, line->room, line->length);
	}
	line->at[line->length] = '\0';
	return error_none();
}
