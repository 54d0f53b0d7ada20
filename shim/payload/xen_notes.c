/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen/include/public/elfnote.h for the types. */
#include <shim/payload/elf_sections.h>
#include <shim/payload/xen_notes.h>

/* FORM_NUMBER is a number that lull acts on; a number that is only shown is FORM_BYTES.  FORM_TEXT is text. */
enum form { FORM_BYTES, FORM_NUMBER, FORM_TEXT };

static const struct {
	const char *name;
	enum form form;
} types[XEN_NOTE_TYPES] = {
	[XEN_NOTE_INFO] = { "INFO", FORM_BYTES },
	[XEN_NOTE_ENTRY] = { "ENTRY", FORM_NUMBER },
	[XEN_NOTE_HYPERCALL_PAGE] = { "HYPERCALL_PAGE", FORM_NUMBER },
	[XEN_NOTE_VIRT_BASE] = { "VIRT_BASE", FORM_NUMBER },
	[XEN_NOTE_PADDR_OFFSET] = { "PADDR_OFFSET", FORM_NUMBER },
	[XEN_NOTE_XEN_VERSION] = { "XEN_VERSION", FORM_TEXT },
	[XEN_NOTE_GUEST_OS] = { "GUEST_OS", FORM_TEXT },
	[XEN_NOTE_GUEST_VERSION] = { "GUEST_VERSION", FORM_TEXT },
	[XEN_NOTE_LOADER] = { "LOADER", FORM_TEXT },
	[XEN_NOTE_PAE_MODE] = { "PAE_MODE", FORM_TEXT },
	[XEN_NOTE_FEATURES] = { "FEATURES", FORM_TEXT },
	[XEN_NOTE_BSD_SYMTAB] = { "BSD_SYMTAB", FORM_TEXT },
	[XEN_NOTE_HV_START_LOW] = { "HV_START_LOW", FORM_BYTES },
	/* Two numbers, or more. */
	[XEN_NOTE_L1_MFN_VALID] = { "L1_MFN_VALID", FORM_BYTES },
	[XEN_NOTE_SUSPEND_CANCEL] = { "SUSPEND_CANCEL", FORM_BYTES },
	[XEN_NOTE_INIT_P2M] = { "INIT_P2M", FORM_NUMBER },
	[XEN_NOTE_MOD_START_PFN] = { "MOD_START_PFN", FORM_NUMBER },
	/* Words of 32 bits, one for each 32 features. */
	[XEN_NOTE_SUPPORTED_FEATURES] = { "SUPPORTED_FEATURES", FORM_BYTES },
	[XEN_NOTE_PHYS32_ENTRY] = { "PHYS32_ENTRY", FORM_NUMBER },
	/* Three numbers of 32 bits: alignment, lowest and highest address. */
	[XEN_NOTE_PHYS32_RELOC] = { "PHYS32_RELOC", FORM_BYTES },
};

const char *xen_note_name(enum xen_note_type type)
{
	return types[type].name;
}

bool xen_note_is_text(enum xen_note_type type)
{
	return types[type].form == FORM_TEXT;
}

struct span xen_note_text(const struct xen_notes *notes, enum xen_note_type type)
{
	struct span text = notes->note[type].bytes;
	uint64_t size = 0;

	while (size < text.size && text.at[size] != 0)
		size++;
	text.size = size;
	return text;
}

bool xen_note_address(const struct xen_notes *notes, enum xen_note_type type, uint64_t *address)
{
	*address = notes->note[type].number;
	return notes->note[type].present && *address != UINT64_MAX;
}

static bool has_number(struct span descriptor)
{
	return descriptor.size == 1 || descriptor.size == 2 || descriptor.size == 4 || descriptor.size == 8;
}

/* elf_note_numeric() and elf_note_numeric_array() of libelf. */
static uint64_t number_of(uint32_t type, struct span descriptor)
{
	if (type == XEN_NOTE_SUPPORTED_FEATURES)
		return descriptor.size % 4 == 0 ? span_u32(descriptor, 0) : 0;
	return has_number(descriptor) ? span_number(descriptor, 0, (unsigned)descriptor.size) : 0;
}

struct error xen_note_take(uint32_t type, struct span descriptor, struct xen_notes *out)
{
	if (type >= XEN_NOTE_TYPES)
		return error_none();
	out->count++;
	out->note[type] = (struct xen_note){ .present = true, .bytes = descriptor,
					     .number = number_of(type, descriptor) };
	if (types[type].form == FORM_NUMBER && !has_number(descriptor))
		return error_make(ERROR_ELF_NOTE_SIZE, types[type].name, 8, descriptor.size);
	return error_none();
}

static struct error walk(struct span bytes, uint32_t alignment, struct xen_notes *out)
{
	struct elf_note note;

	for (uint64_t at = 0; elf_has_note(bytes, at);) {
		TRY(elf_next_note(bytes, alignment, &at, &note));
		if (note.name.size == 4 && span_is(note.name, 0, "Xen", 4))
			TRY(xen_note_take(note.type, note.descriptor, out));
	}
	return error_none();
}

/*
 * Xen itself walks every block in steps of 4, and so come Xen notes, even in a PT_NOTE which shares its alignment of 8
 * with a GNU property note.  Where that fails, and only there, the block's own alignment is tried.
 */
static struct error walk_block(const struct elf_notes *block, struct xen_notes *out)
{
	struct xen_notes before = *out;
	struct error error = walk(block->bytes, 4, out);

	if (!failed(error) || block->alignment == 4)
		return error;
	*out = before;
	return walk(block->bytes, block->alignment, out);
}

struct error xen_notes_find(const struct elf_image *image, struct xen_notes *out)
{
	struct elf_notes sections[ELF_MAX_NOTES];
	struct span text;
	uint32_t count;

	*out = (struct xen_notes){ 0 };
	for (uint32_t i = 0; i < image->note_count; i++)
		TRY(walk_block(&image->note[i], out));
	if (out->count != 0)
		return error_none();
	TRY(elf_section_notes(image, sections, &count));
	for (uint32_t i = 0; i < count; i++)
		TRY(walk_block(&sections[i], out));
	if (out->count != 0)
		return error_none();
	TRY(elf_section_bytes(image, "__xen_guest", &text));
	xen_guest_string_read(text, out);
	return error_none();
}
