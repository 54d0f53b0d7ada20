/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is a log, and a list of boots: each of its bytes is a piece that such files are made of, or itself.  What is read must lie
 * in what was given, in the order in which a boot goes, and what a cut keeps must fit.
 */
#include <string.h>

#include <tools/boot_list.h>
#include <tools/boot_log.h>

#include "fuzz.h"

#define LONGEST 4096

static const char *const pieces[] = {
	"lull 0.1 door=pvh cpus=1\n", "lull: payload x 6.1 cmdline=\"a\\\"b\"\n", "lull: receipt shim_ns=", "lull: handover entry=0x1\n",
	"lull: warning x\n", "================ lull error 8: ", "expected: x\n", "[    0.", "] Linux version 6.1\n", "USERSPACE UP\n",
	"0.123456 ", "18446744073709551615", "GRUB", "[name]\n", "log = x\n", "seconds = 1.5\n", "verdict = passed\n", "; x\n",
};

/* What the input stands for. */
static struct span text_of(const uint8_t *data, size_t size)
{
	static char text[LONGEST + 64];
	size_t length = 0;

	for (size_t i = 0; i < size && length < LONGEST; i++) {
		if (data[i] < 128) {
			text[length++] = (char)(data[i] < 8 ? "\n =\"\r.[\xff"[data[i]] : data[i]);
			continue;
		}
		strcpy(text + length, pieces[data[i] % (sizeof(pieces) / sizeof(pieces[0]))]);
		length += strlen(text + length);
	}
	return span(text, length);
}

static void check_marks(struct span log, const struct boot_log *boot)
{
	const struct log_line *mark = boot->mark;

	for (unsigned i = 0; i < BOOT_MARKS; i++) {
		PROMISE(mark[i].number <= boot->lines && lies_in(log, mark[i].text));
		PROMISE(mark[i].number != 0 || !mark[i].timed);
	}
	for (unsigned i = MARK_PAYLOAD; i <= MARK_HANDOVER; i++)
		PROMISE(mark[i].number == 0 || (mark[MARK_DOOR].number != 0 && mark[i].number > mark[MARK_DOOR].number));
	for (unsigned i = MARK_KERNEL; i <= MARK_USER; i++)
		PROMISE(mark[i].number == 0 || mark[MARK_DOOR].number == 0 || mark[i].number > mark[MARK_HANDOVER].number);
	PROMISE(mark[MARK_USER].number == 0 || mark[MARK_KERNEL].number < mark[MARK_USER].number);
	PROMISE(boot->error.line <= boot->lines && lies_in(log, boot->error.title) && lies_in(log, boot->error.action));
}

static void check_cut(struct span log, uint32_t lines, uint64_t budget)
{
	const struct log_cut cut = log_cut(log, span(NULL, 0), budget);
	struct log_reader reader;
	struct log_line line;
	uint64_t kept = 0;

	PROMISE(!failed(log_open(&reader, log, span(NULL, 0))));
	while (log_next(&reader, &line)) {
		PROMISE(lies_in(log, line.text));
		if (line.number <= cut.head || line.number >= cut.tail)
			kept += log_line_cost(line.text);
	}
	PROMISE(line.number == 0 && cut.head <= lines && cut.tail >= 1 && cut.tail <= lines + 1);
	PROMISE(kept <= budget);
	PROMISE(budget < log_cost(log, span(NULL, 0)) * 2 || cut.tail <= cut.head + 1);
}

static void check_list(struct span text)
{
	struct boot_list list = { .text = text };
	struct boot_entry entry;
	bool there = true;

	for (uint64_t at = 0; there && !failed(boot_list_next(&list, &entry, &there)); at = list.at) {
		PROMISE(list.at > at || !there);
		PROMISE(lies_in(text, entry.name) && lies_in(text, entry.log) && lies_in(text, entry.detail));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span log = text_of(data, size);
	struct boot_log boot;
	struct log_field field;

	PROMISE(!failed(boot_log_read(log, span(NULL, 0), &boot)));
	check_marks(log, &boot);
	check_cut(log, boot.lines, size % 1000 * 3);
	check_cut(log, boot.lines, UINT64_MAX / 4);
	check_list(log);
	for (uint64_t at = 0, before = 0; log_field(log, &at, &field); before = at)
		PROMISE(at > before && lies_in(log, field.name) && lies_in(log, field.value));
	/* A log is no file of times, or one. */
	(void)boot_log_read(log, log, &boot);
	return 0;
}
