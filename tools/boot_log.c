/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <tools/boot_log.h>
#include <tools/log_text.h>

/* A prefixed log has the time of each line, with this many digits behind the point. */
#define PREFIX_DIGITS 6

/* The line from `*at` on, without what ends it; false behind the last. */
static bool next_line(struct span log, uint64_t *at, struct span *line)
{
	const uint8_t *end;
	uint64_t size;

	if (*at >= log.size)
		return false;
	end = memchr(log.at + *at, '\n', log.size - *at);
	size = end ? (uint64_t)(end - log.at) - *at : log.size - *at;
	span_cut(log, *at, size, line);
	*at += size + 1;
	if (line->size > 0 && line->at[line->size - 1] == '\r')
		line->size--;
	return true;
}

/* The time before a line, as `ts` puts it; `*at` is then behind its space. */
static bool prefix(struct span line, uint64_t *at, uint64_t *us)
{
	unsigned digits;

	if (!text_seconds(line, at, us, &digits) || digits != PREFIX_DIGITS || !text_is(line, *at, " "))
		return false;
	*at += 1;
	return true;
}

/* Whether each line that is not empty begins with a time. */
static bool is_prefixed(struct span log)
{
	uint64_t at = 0, within, us;
	struct span line;
	bool any = false;

	while (next_line(log, &at, &line)) {
		within = 0;
		if (line.size > 0 && !prefix(line, &within, &us))
			return false;
		any |= line.size > 0;
	}
	return any;
}

static struct error check_times(struct span times)
{
	uint64_t at = 0, within, us, number = 0;
	unsigned digits;
	struct span line;

	while (next_line(times, &at, &line)) {
		number++;
		within = 0;
		if (!text_seconds(line, &within, &us, &digits) || within != line.size)
			return error_make(ERROR_TIMES_LINE, NULL, 0, number);
	}
	return error_none();
}

struct error log_open(struct log_reader *reader, struct span log, struct span times)
{
	*reader = (struct log_reader){ .log = log, .times = times };
	TRY(check_times(times));
	reader->prefixed = is_prefixed(log);
	return error_none();
}

/* Linux's time stamp: "[", spaces, seconds, "." and six digits, "]". */
static bool kernel_stamp(struct span text, uint64_t *us)
{
	uint64_t at = 1;
	unsigned digits;

	if (!text_is(text, 0, "["))
		return false;
	while (text_is(text, at, " "))
		at++;
	return text_seconds(text, &at, us, &digits) && digits == PREFIX_DIGITS && text_is(text, at, "]");
}

bool log_next(struct log_reader *reader, struct log_line *line)
{
	struct span time;
	uint64_t within = 0;
	unsigned digits;

	*line = (struct log_line){ .number = 0 };
	if (!next_line(reader->log, &reader->at, &line->text))
		return false;
	line->number = ++reader->number;
	if (next_line(reader->times, &reader->times_at, &time))
		line->timed = text_seconds(time, &within, &line->us, &digits);
	within = 0;
	if (reader->prefixed && line->text.size > 0) {
		line->timed = prefix(line->text, &within, &line->us);
		span_cut(line->text, within, line->text.size - within, &line->text);
	}
	line->stamped = kernel_stamp(line->text, &line->stamp);
	return true;
}

bool log_field(struct span line, uint64_t *at, struct log_field *field)
{
	uint64_t begin, i;
	bool quoted;

	while (text_is(line, *at, " "))
		*at += 1;
	if (*at >= line.size)
		return false;
	for (i = begin = *at; i < line.size && line.at[i] != ' ' && line.at[i] != '='; i++)
		;
	field->name = span(line.at + begin, 0);
	if (text_is(line, i, "=")) {
		field->name.size = i - begin;
		begin = i + 1;
	}
	quoted = text_is(line, begin, "\"");
	begin += quoted;
	/* In quotes a backslash keeps the byte behind it. */
	for (i = begin; i < line.size && line.at[i] != (quoted ? '"' : ' '); i++)
		i += quoted && line.at[i] == '\\' && i + 1 < line.size;
	span_cut(line, begin, i - begin, &field->value);
	*at = i + quoted;
	return true;
}

uint64_t log_line_cost(struct span text)
{
	/* A time of up to 11 digits and its comma, and the end of the line. */
	uint64_t cost = 14;

	/* What is left out is said in 30 bytes. */
	if (text.size > LOG_LINE_MAX)
		cost += 30;
	for (uint64_t i = 0; i < text.size && i < LOG_LINE_MAX; i++)
		cost += text_json_size(text.at[i]);
	return cost;
}

/* A reader of a log whose times are known to be sound, or do not matter. */
static struct log_reader reader_of(struct span log, struct span times)
{
	struct log_reader reader;

	(void)log_open(&reader, log, times);
	return reader;
}

uint64_t log_cost(struct span log, struct span times)
{
	struct log_reader reader = reader_of(log, times);
	struct log_line line;
	uint64_t cost = 0;

	while (log_next(&reader, &line))
		cost += log_line_cost(line.text);
	return cost;
}

struct log_cut log_cut(struct span log, struct span times, uint64_t budget)
{
	struct log_reader reader = reader_of(log, times), behind = reader;
	struct log_cut cut = { 0, 1 };
	struct log_line line, left;
	uint64_t head = 0, kept = 0;

	while (log_next(&reader, &line)) {
		const uint64_t cost = log_line_cost(line.text);

		if (cut.head == line.number - 1 && head + cost <= budget / 2) {
			head += cost;
			cut.head = line.number;
		}
		/* The last lines that have the other half, as far as the log was read. */
		kept += cost;
		while (kept > budget - budget / 2) {
			(void)log_next(&behind, &left);
			kept -= log_line_cost(left.text);
			cut.tail = left.number + 1;
		}
	}
	return cut;
}
