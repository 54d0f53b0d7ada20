/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/payload/cmdline.h>
#include <shim/payload/cmdline_linux.h>

static const char *filter_bytes(struct span line)
{
	static char out[256];
	uint64_t length;

	assert_fine(cmdline_filter(line, 2047, "the kernel", out, sizeof(out), &length));
	assert_int_equal(length, strlen(out));
	return out;
}

static const char *filter(const char *line) { return filter_bytes(cmdline_of(line)); }

static void own_words_are_taken_out(void **state)
{
	(void)state;
	assert_string_equal(filter("lull.x"), "");
	assert_string_equal(filter("lull.x a"), "a");
	assert_string_equal(filter("a lull.x b"), "a b");
	assert_string_equal(filter("a lull.x"), "a");
	assert_string_equal(filter("a lull.x lull.y b"), "a b");
	assert_string_equal(filter("a lull.x lull.y"), "a");
	assert_string_equal(filter("lull.x lull.y"), "");
	assert_string_equal(filter("lull.a=\"b c\" d"), "d");
	assert_string_equal(filter("\"lull.a=b c\" d"), "d");
	assert_string_equal(filter("a \"lull.b"), "a");
	assert_string_equal(filter("a\240lull.b\240c"), "a\240c");
	/* With the blank behind it, and at the end with the one before it. */
	assert_string_equal(filter("a\tlull.x\nb"), "a\tb");
	assert_string_equal(filter("a\t lull.x"), "a\t");
	assert_string_equal(filter("a lull.x\n"), "a ");
	assert_string_equal(filter("a  lull.x  b"), "a   b");
	assert_string_equal(filter("  lull.x"), " ");
}

static void the_rest_stays_as_it_is(void **state)
{
	static const char *const lines[] = {
		"", " ", "console=hvc0 quiet", "  a\t b\n", "\1 \33[1m \177 \240 \377\r\n\v\f", "a\\ b\\\" c\\", "'a b' ''",
		"lull lullx.y xlull.z -lull.x =lull.x", "a=\"b  lull.c d\" e", "a \"no end lull.b", "a\"b lull.c\"d",
		"a -- lull.b  lull.c", "-- lull.b", "a \"--\" lull.b", "a \"-- lull.b",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_string_equal(filter(lines[i]), lines[i]);
	assert_string_equal(filter("lull.x a -- lull.b"), "a -- lull.b");
	assert_string_equal(filter("--=x lull.a ---  lull.b --x"), "--=x ---  --x");
}

static void nothing_is_cut(void **state)
{
	struct span line = cmdline_of("12345 lull.x 789");
	uint64_t length = 0;
	char out[10];
	struct error error;

	(void)state;
	assert_fine(cmdline_filter(line, 9, "it", out, 10, NULL));
	assert_string_equal(out, "12345 789");
	error = cmdline_filter(line, 8, "it", out, 10, &length);
	assert_error(error, ERROR_CMDLINE_KERNEL);
	assert_string_equal(error.subject, "it");
	assert_int_equal(error.expected, 8);
	assert_int_equal(error.found, 9);
	assert_string_equal(out, "");
	assert_int_equal(length, 9);
	for (unsigned size = 1; size < 10; size++) {
		assert_error(cmdline_filter(line, 9, "it", out, size, NULL), ERROR_CMDLINE_BUFFER);
		assert_string_equal(out, "");
	}
	/* A blank that goes again at the end needs no room. */
	assert_fine(cmdline_filter(cmdline_of("12345678 lull.x"), 8, "it", out, 9, &length));
	assert_string_equal(out, "12345678");
}

static struct cmdline lines_of(const char *loader, const char *module, struct span packed)
{
	struct cmdline lines = { .line = { cmdline_of(loader), cmdline_of(module), packed } };

	assert_fine(cmdline_choose(&lines));
	return lines;
}

static void chosen(const char *loader, const char *module, const char *line, bool unused_module, bool unused_packed)
{
	struct cmdline lines = lines_of(loader, module, span("section\0junk", 12));

	assert_span(cmdline_chosen(&lines), line);
	assert_false(cmdline_is_unused(&lines, CMDLINE_LOADER));
	assert_int_equal(cmdline_is_unused(&lines, CMDLINE_MODULE), unused_module);
	assert_int_equal(cmdline_is_unused(&lines, CMDLINE_PACKED), unused_packed);
}

static void the_first_that_says_anything(void **state)
{
	struct cmdline lines;

	(void)state;
	chosen("loader", "module", "loader", true, true);
	chosen("loader", NULL, "loader", false, true);
	chosen("loader", " \n", "loader", false, true);
	chosen("loader", "--", "loader", true, true);
	chosen(" lull.a lull.b ", " module", " module", false, true);
	chosen("lull.a", "lull.b", "section", false, false);
	chosen(NULL, NULL, "section", false, false);
	chosen("lull.a -- b", "module", "lull.a -- b", true, true);
	chosen("loader", "lull.b", "loader", true, true);
	lines = lines_of(NULL, NULL, span("no end", 6));
	assert_span(cmdline_chosen(&lines), "no end");
	lines = lines_of(NULL, NULL, span("", 0));
	assert_span(cmdline_chosen(&lines), "");
	lines = lines_of("loader", NULL, span(" \0x", 3));
	assert_false(cmdline_is_unused(&lines, CMDLINE_PACKED));
}

/* What the kernel gets, and the lines that are not used, as letters: l, m, p. */
static void gets(const char *loader, const char *module, const char *packed, const char *line, const char *unused)
{
	struct cmdline lines = lines_of(loader, module, cmdline_of(packed));
	char out[64], not_used[4] = "", *end = not_used;

	assert_fine(cmdline_write(&lines, 60, "it", out, sizeof(out)));
	assert_string_equal(out, line);
	for (unsigned i = 0; i < CMDLINE_SOURCES; i++)
		if (cmdline_is_unused(&lines, i))
			*end++ = "lmp"[i];
	assert_string_equal(not_used, unused);
}

static void the_line_that_is_asked_for(void **state)
{
	(void)state;
	gets("a", "b", "c", "a", "mp");
	gets("a lull.cmdline=loader", "b", "c", "a", "mp");
	gets("a", "b", "lull.cmdline=packed c", "c", "lm");
	gets("a lull.cmdline=packed", NULL, "c", "c", "l");
	gets("a lull.cmdline=packed", NULL, NULL, "", "l");
	gets("lull.cmdline=packed", "lull.a", "c", "c", "");
	gets("a", "b", "lull.append c", "c a", "m");
	gets("a", "b", "lull.cmdline=append c", "c a", "m");
	gets("lull.append", "b", "c", "c b", "");
	gets("lull.append a lull.x", NULL, "c lull.y", "c a", "");
	gets("lull.x a lull.append", NULL, "lull.y", "a", "");
	gets("lull.append", NULL, "c", "c", "");
	gets("-- a", NULL, "lull.append c", "c -- a", "");
	gets(" a\n", NULL, "lull.append c ", "c   a\n", "");
	/* An earlier line counts more, and in one line a later word. */
	gets("a lull.cmdline=loader", NULL, "c lull.append", "a", "p");
	gets("a", "lull.cmdline=packed", "c lull.append", "c", "l");
	gets("a lull.append lull.cmdline=packed", NULL, "c", "c", "l");
	gets("a", NULL, "c -- lull.append", "a", "p");
	gets("a", NULL, "lull.append=1 c", "a", "p");
}

static void what_is_asked_for_wrongly(void **state)
{
	static const char *const wrong[] = { "lull.cmdline", "lull.cmdline=", "lull.cmdline=both", "lull.cmdline=appendx" };

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		for (unsigned source = 0; source < CMDLINE_SOURCES; source++) {
			struct cmdline lines = { .line = { cmdline_of("a"), cmdline_of("b"), cmdline_of("c") } };

			lines.line[source] = cmdline_of(wrong[i]);
			assert_error(cmdline_choose(&lines), ERROR_CMDLINE_CHOICE);
		}
}

static void what_is_appended_is_not_cut(void **state)
{
	struct cmdline lines = lines_of("345 lull.append", NULL, cmdline_of("1"));
	struct error error;
	char out[6];

	(void)state;
	assert_fine(cmdline_write(&lines, 5, "it", out, 6));
	assert_string_equal(out, "1 345");
	error = cmdline_write(&lines, 4, "it", out, 6);
	assert_error(error, ERROR_CMDLINE_KERNEL);
	assert_int_equal(error.found, 5);
	assert_string_equal(out, "");
	for (unsigned size = 1; size < 6; size++) {
		assert_error(cmdline_write(&lines, 5, "it", out, size), ERROR_CMDLINE_BUFFER);
		assert_string_equal(out, "");
	}
}

/* What add-ons have, behind whichever line the kernel gets. */
static void gets_added(const char *loader, const char *packed, const char *added, const char *line)
{
	struct cmdline lines = lines_of(loader, NULL, cmdline_of(packed));
	char out[64];

	lines.added = cmdline_of(added);
	assert_fine(cmdline_write(&lines, 60, "it", out, sizeof(out)));
	assert_string_equal(out, line);
}

static void what_is_added(void **state)
{
	struct cmdline lines = lines_of("a lull.proto=linux64", NULL, cmdline_of("b"));
	struct lull_options options;

	(void)state;
	gets_added(NULL, "b", "x lull.kaslr=on", "b x");
	gets_added("a", "b", "x", "a x");
	gets_added("a", "lull.append b", "x", "b a x");
	gets_added(NULL, NULL, "x y", "x y");
	gets_added("a", NULL, "lull.kaslr=on", "a");
	gets_added("a", NULL, "", "a");
	/* It counts more than the line that it stands behind, and less than those before that one. */
	lines.added = cmdline_of("lull.proto=pvh lull.kaslr=on");
	assert_fine(lull_options_read(&lines, &options));
	assert_int_equal(options.value[LULL_PROTO], PROTO_PVH);
	assert_int_equal(options.value[LULL_KASLR], KASLR_ON);
	lines = lines_of("lull.proto=linux64", NULL, cmdline_of("b"));
	lines.added = cmdline_of("lull.proto=pvh");
	assert_fine(lull_options_read(&lines, &options));
	assert_int_equal(options.value[LULL_PROTO], PROTO_LINUX64);
	lines.added = cmdline_of("lull.proto=other");
	assert_error(lull_options_read(&lines, &options), ERROR_CMDLINE_PROTO);
}

static void options_are(const char *loader, const char *module, const char *packed, unsigned proto, unsigned linux_sites)
{
	struct cmdline lines = lines_of(loader, module, cmdline_of(packed));
	struct lull_options options;

	assert_fine(lull_options_read(&lines, &options));
	assert_int_equal(options.value[LULL_PROTO], proto);
	assert_int_equal(options.value[LULL_LINUX_SITES], linux_sites);
	assert_int_equal(options.unknown_count, 0);
}

static void options(void **state)
{
	(void)state;
	options_are("lull.proto=pvh", "lull.proto=linux64", "packed", PROTO_PVH, LINUX_SITES_UNASKED);
	options_are(NULL, NULL, NULL, PROTO_UNASKED, LINUX_SITES_UNASKED);
	options_are("lull.proto=pvh a", NULL, NULL, PROTO_PVH, LINUX_SITES_UNASKED);
	options_are("lull.proto=linux64 lull.linux_sites=off", NULL, NULL, PROTO_LINUX64, LINUX_SITES_OFF);
	options_are("lull.linux-sites=safe lull.linux_sites=auto", NULL, NULL, PROTO_UNASKED, LINUX_SITES_AUTO);
	options_are("\"lull.proto=pvh\" lull.linux_sites=\"safe\"", NULL, NULL, PROTO_PVH, LINUX_SITES_SAFE);
	options_are("lull.proto=vmlinux", NULL, NULL, PROTO_VMLINUX, LINUX_SITES_UNASKED);
	options_are("-- lull.proto=no", NULL, NULL, PROTO_UNASKED, LINUX_SITES_UNASKED);
	/* From the line that the kernel gets and from those before it, which count more; not from one behind it. */
	options_are("lull.proto=pvh", NULL, "lull.proto=linux64 lull.linux_sites=off", PROTO_PVH, LINUX_SITES_OFF);
	options_are("lull.proto=pvh", "lull.linux_sites=safe", "a", PROTO_PVH, LINUX_SITES_SAFE);
	options_are("a", "lull.proto=no", "lull.proto=no", PROTO_UNASKED, LINUX_SITES_UNASKED);
	/* Of a line that is passed over, lull's words count all the same. */
	options_are("a lull.proto=pvh", NULL, "lull.cmdline=packed lull.linux_sites=off", PROTO_PVH, LINUX_SITES_OFF);
	options_are("a", NULL, "lull.append lull.linux_sites=off", PROTO_UNASKED, LINUX_SITES_OFF);
}

static struct error read_one(const char *line, struct lull_options *out)
{
	struct cmdline lines = lines_of(line, NULL, span("", 0));

	return lull_options_read(&lines, out);
}

static void words_that_are_wrong(void **state)
{
	static const char *const protos[] = { "", "pvm", "linux", "linux64x", "pv", "pvh,linux64", "PVH", "\"\"" };
	struct lull_options got;

	(void)state;
	for (unsigned i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "lull.proto=%s lull.proto=pvh", protos[i]);
		assert_error(read_one(line, &got), ERROR_CMDLINE_PROTO);
	}
	assert_error(read_one("a lull.proto", &got), ERROR_CMDLINE_PROTO);
	assert_error(read_one("lull.linux_sites=on", &got), ERROR_CMDLINE_LINUX_SITES);
	assert_int_equal(read_one("lull.linux_sites=on", &got).found, 2);
	assert_error(read_one("lull.kaslr=yes", &got), ERROR_CMDLINE_KASLR);
	assert_fine(read_one("lull.kaslr=off lull.kaslr=on", &got));
	assert_int_equal(got.value[LULL_KASLR], KASLR_ON);
	assert_fine(read_one("lull.kaslr=off", &got));
	assert_int_equal(got.value[LULL_KASLR], KASLR_OFF);
	assert_fine(read_one("a lull. lull.protox=1 lull.prot lull.Proto=pvh", &got));
	assert_int_equal(got.unknown_count, 4);
	assert_span(got.unknown, "lull.");
	assert_fine(read_one("\"lull.x=a b\" lull.proto=pvh", &got));
	assert_int_equal(got.unknown_count, 1);
	assert_span(got.unknown, "\"lull.x=a b\"");
	assert_int_equal(got.value[LULL_PROTO], PROTO_PVH);
}

/* A word, and the name and value that next_arg() makes of it; NULL where there is none. */
static void word_is(const char *text, const char *name, const char *value)
{
	struct span line = cmdline_of(text);
	struct cmdline_word word;

	assert_true(cmdline_next(&line, &word));
	assert_int_equal(word.whole.size, strlen(text));
	assert_span(word.name, name);
	assert_int_equal(word.has_value, value != NULL);
	assert_span(word.value, value != NULL ? value : "");
	assert_int_equal(line.size, 0);
	assert_false(cmdline_next(&line, &word));
	assert_int_equal(word.whole.size, 0);
}

static void words(void **state)
{
	(void)state;
	word_is("a", "a", NULL);
	word_is("a=", "a", "");
	word_is("a=b=c", "a", "b=c");
	word_is("=a", "=a", NULL);
	word_is("=a=b", "=a", "b");
	word_is("\"a b\"", "a b", NULL);
	word_is("\"a", "a", NULL);
	word_is("a\"", "a\"", NULL);
	word_is("\"", "", NULL);
	word_is("\"\"", "", NULL);
	word_is("a=\"b c\"", "a", "b c");
	word_is("a=\"b c", "a", "b c");
	word_is("a=\"", "a", "");
	word_is("a=\"\"", "a", "");
	word_is("a=b\"", "a", "b\"");
	word_is("\"a=b c\"", "a", "b c");
	word_is("\"a=\"b\"", "a", "b");
	word_is("\"a=\"", "a", "");
	word_is("\"a=", "a", "");
	word_is("a\"=\"b", "a\"", "b");
	word_is("--=", "--", "");
}

static void options_of_setup(void **state)
{
	static const char *const have[] = {
		"noreplace-smp", "a noreplace_smp", "noreplace-smp=1", "\"noreplace-smp\"", "\"noreplace_smp", "noreplace-smpx",
		"x\240noreplace-smp", "a\tnoreplace-smp\n", "a=\"b c\" noreplace-smp --",
	};
	static const char *const lack[] = {
		"", "noreplace-sm", "noreplace-sm=p", "xnoreplace-smp", "a=\"b noreplace-smp\"", "-- noreplace-smp",
		"\"--\" noreplace-smp", "a=noreplace-smp", "\1noreplace-smp", "\"a noreplace-smp",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(have) / sizeof(have[0]); i++)
		assert_true(linux_has_setup(cmdline_of(have[i]), "noreplace-smp"));
	for (unsigned i = 0; i < sizeof(lack) / sizeof(lack[0]); i++)
		assert_false(linux_has_setup(cmdline_of(lack[i]), "noreplace-smp"));
}

static void early_is(const char *line, const char *value)
{
	struct span got;

	assert_int_equal(linux_find_early(cmdline_of(line), "clearcpuid", &got), value != NULL);
	assert_span(got, value != NULL ? value : "");
}

static void options_found_early(void **state)
{
	(void)state;
	early_is("clearcpuid=1", "1");
	early_is("a clearcpuid=1,2\tb", "1,2");
	early_is("clearcpuid=1 clearcpuid=", "");
	early_is("clearcpuid=1 clearcpuid=smap", "smap");
	early_is("a=\"b clearcpuid=1\"", "1\"");
	early_is("-- clearcpuid=1", "1");
	early_is("\1clearcpuid=1\33b", "1");
	early_is("", NULL);
	early_is("clearcpuid", NULL);
	early_is("\"clearcpuid=1\"", NULL);
	early_is("a\240clearcpuid=1", NULL);
	early_is("clearcpuids=1 xclearcpuid=1 clearcpui", NULL);
}

int main(void)
{
	return RUN_TESTS("cmdline", own_words_are_taken_out, the_rest_stays_as_it_is, nothing_is_cut,
			 the_first_that_says_anything, the_line_that_is_asked_for, what_is_asked_for_wrongly,
			 what_is_appended_is_not_cut, what_is_added, options, words_that_are_wrong, words, options_of_setup,
			 options_found_early);
}
