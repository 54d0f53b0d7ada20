/* SPDX-License-Identifier: MIT */
/*
 * Errors: one numbered name for everything that can be wrong with what comes from outside.
 *
 * A function that reads foreign input returns a struct error; error_list.h gives each name its number and the
 * sentences of the framed block: what was expected, what was found, what to do.  In those sentences %E is the value
 * expected, %F the value found (decimal when small, else hexadecimal) and %S the subject (a section, a field, a file).  Of a
 * patch site, %A is the address, as addr2line takes it, and %L the length.
 * Numbers are stable: documented, never reused.
 */
#ifndef LULL_CORE_ERROR_H
#define LULL_CORE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#define ERROR_CODE(name, number, title, expected, found, action) ERROR_##name = number,
enum error_code {
	ERROR_NONE = 0,
#include <core/error_list.h>
};
#undef ERROR_CODE

struct error {
	enum error_code code;
	/* The length in bytes of the patch site that the error is about; 0 when it is about none. */
	uint32_t site_length;
	/* What it is about; a string that lives as long as the input it came from.  NULL prints as "it". */
	const char *subject;
	uint64_t expected;
	uint64_t found;
	/* The virtual address of that patch site. */
	uint64_t site;
};

static inline struct error error_none(void) { return (struct error){ .code = ERROR_NONE }; }
static inline bool failed(struct error e) { return e.code != ERROR_NONE; }

static inline struct error error_make(enum error_code code, const char *subject, uint64_t expected, uint64_t found)
{
	return (struct error){ .code = code, .subject = subject, .expected = expected, .found = found };
}

/* An error of a record of a table of patch sites; `subject` names the table. */
static inline struct error error_at_site(enum error_code code, const char *subject, uint64_t record, uint64_t found,
					 uint64_t site, uint32_t site_length)
{
	return (struct error){ code, site_length, subject, record, found, site };
}

/* Returns from the calling function with the error, when there is one. */
#define TRY(expression) \
	do { \
		struct error try_error_ = (expression); \
		if (failed(try_error_)) \
			return try_error_; \
	} while (0)

#endif
