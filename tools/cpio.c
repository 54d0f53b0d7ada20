/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux, Documentation/driver-api/early-userspace/buffer-format.rst: struct cpio_header. */
#include <string.h>

#include <tools/initrd.h>

/* Offsets of two of the header's fields, eight hexadecimal digits each. */
#define FILE_SIZE 54
#define NAME_SIZE 94

static const char trailer[] = "TRAILER!!!";

bool cpio_is(struct span bytes)
{
	return span_is(bytes, 0, "070701", 6) || span_is(bytes, 0, "070702", 6);
}

static uint64_t aligned(uint64_t value) { return (value + 3) & ~UINT64_C(3); }

static bool read_number(const uint8_t *digits, uint64_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < 8; i++) {
		const uint8_t digit = digits[i];

		if (digit >= '0' && digit <= '9')
			*out = *out << 4 | (uint64_t)(digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			*out = *out << 4 | (uint64_t)((digit | 0x20) - 'a' + 10);
		else
			return false;
	}
	return true;
}

static void enter(struct cpio *cpio, enum cpio_state state, uint64_t left)
{
	cpio->state = state;
	cpio->left = left;
	cpio->have = 0;
}

/* The header is complete: a name follows, and padding until all that came is a multiple of four bytes. */
static void end_head(struct cpio *cpio)
{
	uint64_t name;

	if (!cpio_is(span(cpio->head, CPIO_HEADER)) || !read_number(cpio->head + FILE_SIZE, &cpio->body) ||
	    !read_number(cpio->head + NAME_SIZE, &name) || name == 0) {
		enter(cpio, CPIO_BROKEN, 0);
		return;
	}
	cpio->is_trailer = name == sizeof(trailer);
	enter(cpio, CPIO_NAME, aligned(cpio->position + name) - cpio->position);
}

/* The part that was being collected is complete: goes on to the next one. */
static void advance(struct cpio *cpio)
{
	switch (cpio->state) {
	case CPIO_HEAD:
		end_head(cpio);
		return;
	case CPIO_NAME:
		if (cpio->is_trailer) {
			enter(cpio, CPIO_DONE, 0);
			return;
		}
		cpio->files++;
		enter(cpio, CPIO_BODY, aligned(cpio->position + cpio->body) - cpio->position);
		return;
	default:
		enter(cpio, CPIO_HEAD, CPIO_HEADER);
	}
}

/* Takes a run of bytes that belong together. */
static void take(struct cpio *cpio, struct span run)
{
	if (cpio->state == CPIO_HEAD)
		memcpy(cpio->head + cpio->have, run.at, run.size);
	for (uint64_t i = 0; cpio->state == CPIO_NAME && cpio->is_trailer && i < run.size; i++)
		cpio->is_trailer = cpio->have + i >= sizeof(trailer) || run.at[i] == (uint8_t)trailer[cpio->have + i];
	cpio->have += run.size;
	cpio->left -= run.size;
	cpio->position += run.size;
}

uint64_t cpio_read(struct cpio *cpio, struct span piece)
{
	uint64_t at = 0;

	if (cpio->position == 0)
		enter(cpio, CPIO_HEAD, CPIO_HEADER);
	while (at < piece.size && cpio->state != CPIO_DONE && cpio->state != CPIO_BROKEN) {
		const uint64_t rest = piece.size - at;
		struct span run = span(piece.at + at, rest < cpio->left ? rest : cpio->left);

		/* Zeros where a header should be are padding behind an archive that has no trailer. */
		if (cpio->state == CPIO_HEAD && cpio->have == 0 && piece.at[at] == 0) {
			enter(cpio, CPIO_DONE, 0);
			break;
		}
		take(cpio, run);
		at += run.size;
		while (cpio->left == 0 && cpio->state != CPIO_DONE && cpio->state != CPIO_BROKEN)
			advance(cpio);
	}
	while (at < piece.size && cpio->state == CPIO_DONE && piece.at[at] == 0)
		at++;
	return at;
}

bool cpio_may_end(const struct cpio *cpio)
{
	return cpio->state == CPIO_DONE || (cpio->state == CPIO_HEAD && cpio->have == 0);
}
