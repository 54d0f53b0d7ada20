/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <core/check.h>
#include <tools/file.h>
#include <tools/message.h>
#include <tools/output.h>
#include <tools/page.h>

/* The page stays below a megabyte for 300 boots: what is about each of them takes some 1,300 bytes, and logs share the rest. */
#define PAGE_SIZE 960000
#define BOOT_SIZE 1300
#define LOG_LEAST 600

/* What page_files.S has made of the files. */
extern const char page_html[], page_html_end[], page_css[], page_css_end[], words_js[], words_js_end[], page_js[],
	page_js_end[];

/* The lines of page.html in whose place the others go. */
static const char style_line[] = "<link rel=\"stylesheet\" href=\"page.css\">\n";
static const char data_line[] = "<script type=\"application/json\" id=\"data\">null</script>\n";
static const char words_line[] = "<script src=\"words.js\"></script>\n";
static const char script_line[] = "<script src=\"page.js\"></script>\n";

/* Writes the page up to a line, and in the place of that line an element with the content. */
static bool put_part(struct output *out, const char **at, const char *line, const char *open, struct span content,
		     const char *close)
{
	const char *found = memmem(*at, (size_t)(page_html_end - *at), line, strlen(line));

	CHECK(found != NULL);
	if (!output_write(out, span(*at, (uint64_t)(found - *at))) || !output_write(out, span(open, strlen(open))) ||
	    !output_write(out, content) || !output_write(out, span(close, strlen(close))))
		return false;
	*at = found + strlen(line);
	return true;
}

static struct span from_to(const char *begin, const char *end)
{
	return span(begin, (uint64_t)(end - begin));
}

static bool put_page(struct output *out, struct span data)
{
	const struct span style = from_to(page_css, page_css_end);
	const struct span words = from_to(words_js, words_js_end), script = from_to(page_js, page_js_end);
	const char *at = page_html;

	return put_part(out, &at, style_line, "<style>\n", style, "</style>\n") &&
	       put_part(out, &at, data_line, "<script type=\"application/json\" id=\"data\">", data, "</script>\n") &&
	       put_part(out, &at, words_line, "<script>\n", words, "</script>\n") &&
	       put_part(out, &at, script_line, "<script>\n", script, "</script>\n") &&
	       output_write(out, from_to(at, page_html_end));
}

static uint64_t log_budget(const struct boots *boots)
{
	const uint64_t parts = from_to(page_html, page_html_end).size + from_to(page_css, page_css_end).size +
			       from_to(words_js, words_js_end).size + from_to(page_js, page_js_end).size;
	const uint64_t taken = parts + (uint64_t)boots->count * BOOT_SIZE;
	const uint64_t least = (uint64_t)boots->count * LOG_LEAST;

	return taken + least < PAGE_SIZE ? PAGE_SIZE - taken : least;
}

bool page_write(const struct boots *boots, const char *name)
{
	struct output out, *outputs[] = { &out };
	char *text = NULL;
	size_t size = 0;
	struct json json = { .out = open_memstream(&text, &size), .in_page = true };
	bool done;

	if (json.out)
		boots_json(boots, &json, log_budget(boots));
	if (!json.out || fclose(json.out) != 0) {
		message("not enough memory for %s", name);
		free(text);
		return false;
	}
	done = output_open_any(&out, name) && put_page(&out, span(text, size)) && output_commit(outputs, 1);
	output_abandon(&out);
	free(text);
	return done;
}
