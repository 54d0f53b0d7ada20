/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the first PV kernels had in the place of notes: "NAME=value,NAME=value" in a section named __xen_guest, which
 * Xen's libelf still reads (elf_xen_parse_guest_info()).  It is read into the notes that say the same.
 */
#include <shim/payload/xen_notes.h>

static const struct {
	const char *name;
	enum xen_note_type type;
	bool is_number;
} fields[] = {
	{ "LOADER", XEN_NOTE_LOADER, false },
	{ "GUEST_OS", XEN_NOTE_GUEST_OS, false },
	{ "GUEST_VER", XEN_NOTE_GUEST_VERSION, false },
	{ "XEN_VER", XEN_NOTE_XEN_VERSION, false },
	{ "PAE", XEN_NOTE_PAE_MODE, false },
	{ "BSD_SYMTAB", XEN_NOTE_BSD_SYMTAB, false },
	{ "FEATURES", XEN_NOTE_FEATURES, false },
	{ "VIRT_BASE", XEN_NOTE_VIRT_BASE, true },
	{ "VIRT_ENTRY", XEN_NOTE_ENTRY, true },
	{ "ELF_PADDR_OFFSET", XEN_NOTE_PADDR_OFFSET, true },
	{ "HYPERCALL_PAGE", XEN_NOTE_HYPERCALL_PAGE, true },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* The value of a digit; for any other character a number above every base. */
static unsigned digit_of(uint8_t character)
{
	unsigned letter = character | 0x20u;

	if (character >= '0' && character <= '9')
		return character - (unsigned)'0';
	return letter >= 'a' ? letter - 'a' + 10 : 99;
}

/* The number that strtoull() with base 0 reads: the digits up to the first character that is none. */
static uint64_t number_of(struct span text)
{
	uint64_t value = 0, at = 0;
	unsigned base = 10;

	if (span_is(text, 0, "0x", 2) || span_is(text, 0, "0X", 2)) {
		base = 16;
		at = 2;
	} else if (span_is(text, 0, "0", 1)) {
		base = 8;
	}
	for (; at < text.size && digit_of(text.at[at]) < base; at++)
		value = value * base + digit_of(text.at[at]);
	return value;
}

/* From an offset on, the bytes before the first of two marks, or all. */
static struct span before(struct span text, uint64_t at, char mark, char other)
{
	struct span part;
	uint64_t end = at;

	while (end < text.size && text.at[end] != (uint8_t)mark && text.at[end] != (uint8_t)other)
		end++;
	span_cut(text, at, end - at, &part);
	return part;
}

static void take_field(struct span name, struct span value, struct xen_notes *out)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		if (name.size != __builtin_strlen(fields[i].name) || !span_is(name, 0, fields[i].name, name.size))
			continue;
		out->count++;
		out->note[fields[i].type] = (struct xen_note){ .present = true, .bytes = value };
		if (fields[i].is_number)
			out->note[fields[i].type].number = number_of(value);
	}
}

/* It counts pages from VIRT_BASE; and a word without a value is a BSD's yes. */
static void translate(struct xen_notes *notes)
{
	struct xen_note *page = &notes->note[XEN_NOTE_HYPERCALL_PAGE], *symbols = &notes->note[XEN_NOTE_BSD_SYMTAB];

	page->number = page->number * PAGE_SIZE + notes->note[XEN_NOTE_VIRT_BASE].number;
	if (symbols->present)
		symbols->bytes = span("yes", 3);
}

void xen_guest_string_read(struct span text, struct xen_notes *out)
{
	struct span name, value;

	text = before(text, 0, 0, 0);
	for (uint64_t at = 0; at < text.size; at++) {
		name = before(text, at, '=', ',');
		at += name.size;
		value = span(text.at, 0);
		if (span_is(text, at, "=", 1)) {
			value = before(text, at + 1, ',', ',');
			at += 1 + value.size;
		}
		take_field(name, value, out);
	}
	out->from_string = out->count != 0;
	translate(out);
}
