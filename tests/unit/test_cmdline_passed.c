/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line by which lull.efi starts lull.elf: the kernel gets what it would have got. */
#include "unit.h"

#include <shim/payload/cmdline_passed.h>

static struct cmdline lines_of(const char *loader, const char *packed, const char *added)
{
	struct cmdline lines = { .line = { cmdline_of(loader), span("", 0), cmdline_of(packed) }, .added = cmdline_of(added) };

	assert_fine(cmdline_choose(&lines));
	return lines;
}

static void same_line(void **state)
{
	static const char *const loaders[] = {
		"", "a=1", "lull.kaslr=off", "a=1 lull.append", "lull.kaslr=off lull.cmdline=append", "a lull.cmdline=packed", "a=1 lull.cmdline=loader",
	};
	static const char *const packed[] = { "", "base x=1" }, *const added[] = { "", "add=1 lull.kaslr=on", "add=1" };

	(void)state;
	for (unsigned i = 0; i < 7 * 2 * 3; i++) {
		struct cmdline lines = lines_of(loaders[i % 7], packed[i / 7 % 2], added[i / 14]), others;
		struct lull_options options, other_options;
		char passed[100], line[100], other[100];

		assert_fine(cmdline_pass_on(&lines, passed, sizeof(passed)));
		others = lines_of(passed, packed[i / 7 % 2], "");
		assert_fine(cmdline_write(&lines, 99, "", line, sizeof(line)));
		assert_fine(cmdline_write(&others, 99, "", other, sizeof(other)));
		assert_string_equal(line, other);
		assert_fine(lull_options_read(&lines, &options));
		assert_fine(lull_options_read(&others, &other_options));
		assert_true(options.value[LULL_KASLR] == other_options.value[LULL_KASLR] || i / 14 == 1);
	}
}

static void forms(void **state)
{
	struct cmdline lines = lines_of("a=1  lull.proto=pvh -- b", "base", "");
	char out[64];

	(void)state;
	assert_fine(cmdline_pass_on(&lines, out, sizeof(out)));
	assert_string_equal(out, "a=1  lull.proto=pvh -- b");
	lines = lines_of("lull.proto=pvh", "base", "c=1");
	assert_fine(cmdline_pass_on(&lines, out, sizeof(out)));
	assert_string_equal(out, "lull.proto=pvh lull.append c=1");
	assert_fine(cmdline_pass_on(&lines, out, 31));
	for (uint64_t size = 30; size > 0; size--) {
		assert_error(cmdline_pass_on(&lines, out, size), ERROR_CMDLINE_BUFFER);
		assert_string_equal(out, "");
	}
}

int main(void) { return RUN_TESTS("cmdline passed", same_line, forms); }
