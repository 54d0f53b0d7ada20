/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microsoft "PE Format" (the PE/COFF specification), sections "File Headers" and "Section Table". */
#include <shim/payload/pe.h>
#include <shim/payload/uki.h>

/* MS-DOS stub, then "PE\0\0", the COFF header, the optional header and the section table. */
enum {
	DOS_SIZE = 0x40,
	DOS_PE_OFFSET = 0x3c,

	COFF_MACHINE = 4,
	COFF_SECTIONS = 6,
	COFF_OPTIONAL_SIZE = 20,
	COFF_SIZE = 24,

	OPTIONAL_MAGIC_SIZE = 2,

	SECTION_NAME_SIZE = 8,
	SECTION_VIRTUAL_SIZE = 8,
	SECTION_ADDRESS = 12,
	SECTION_RAW_SIZE = 16,
	SECTION_RAW_OFFSET = 20,
	SECTION_SIZE = 40,
};

_Static_assert(COFF_SIZE == 4 + 20, "the signature and a COFF header of 20 bytes");

#define MACHINE_AMD64       0x8664
#define OPTIONAL_MAGIC_PE64 0x20b
#define PE_SIGNATURE        0x4550
/* What the Windows loader takes ("COFF File Header", NumberOfSections); UKIs have about ten. */
#define MAX_SECTIONS        96

static const char section_names[UKI_SECTIONS][SECTION_NAME_SIZE + 1] = {
	[UKI_LINUX] = ".linux",
	[UKI_INITRD] = ".initrd",
	[UKI_CMDLINE] = ".cmdline",
	[UKI_UNAME] = ".uname",
	[UKI_OSREL] = ".osrel",
	[UKI_UCODE] = ".ucode",
	[UKI_SPLASH] = ".splash",
	[UKI_MODULES] = ".modules",
};

/* What describes the image (.sbat) and what is the stub's own (.text, .reloc, .sdmagic) would do nothing in the system. */
static const char unused_names[UKI_UNUSED][SECTION_NAME_SIZE + 1] = {
	[UKI_UNUSED_UCODE] = ".ucode", ".dtb", ".dtbauto", ".efifw",
	[UKI_UNUSED_SPLASH] = ".splash", ".pcrsig", ".pcrpkey",
};

const char *uki_section_name(enum uki_section section)
{
	return section_names[section];
}

const char *uki_unused_name(unsigned bit)
{
	return unused_names[bit];
}

bool uki_is_pe(struct span file)
{
	return span_is(file, 0, "MZ", 2);
}

static struct error pe_need(struct span file, uint64_t offset, uint64_t size, const char *subject)
{
	if (span_has(file, offset, size))
		return error_none();
	return error_make(ERROR_PE_TRUNCATED, subject, offset + size, file.size);
}

static struct error need_field(const char *subject, uint64_t expected, uint64_t found)
{
	return expected == found ? error_none() : error_make(ERROR_PE_FIELD, subject, expected, found);
}

/* Where the section headers are; they need not all be inside the file.  All sums are of 32-bit numbers. */
struct table {
	uint64_t offset;
	uint32_t count;
	/* The sections are in memory, as firmware loaded them, and not in a file. */
	bool loaded;
};

static struct error find_table(struct span file, struct table *out)
{
	uint64_t pe;

	TRY(pe_need(file, 0, DOS_SIZE, "DOS header"));
	TRY(need_field("DOS signature", 0x5a4d, span_u16(file, 0)));
	pe = span_u32(file, DOS_PE_OFFSET);
	TRY(pe_need(file, pe, COFF_SIZE, "PE header"));
	TRY(need_field("signature", PE_SIGNATURE, span_u32(file, pe)));
	TRY(need_field("machine", MACHINE_AMD64, span_u16(file, pe + COFF_MACHINE)));
	TRY(pe_need(file, pe + COFF_SIZE, OPTIONAL_MAGIC_SIZE, "optional header"));
	TRY(need_field("optional header", OPTIONAL_MAGIC_PE64, span_u16(file, pe + COFF_SIZE)));
	out->offset = pe + COFF_SIZE + span_u16(file, pe + COFF_OPTIONAL_SIZE);
	out->count = span_u16(file, pe + COFF_SECTIONS);
	if (out->count > MAX_SECTIONS)
		return error_make(ERROR_PE_SECTION_COUNT, NULL, MAX_SECTIONS, out->count);
	return error_none();
}

/* Which of the sections that count this header names; UKI_SECTIONS for any other. */
static enum uki_section section_kind(struct span file, uint64_t header)
{
	unsigned kind = 0;

	while (kind < UKI_SECTIONS && !span_is(file, header, section_names[kind], SECTION_NAME_SIZE))
		kind++;
	return kind;
}

static uint64_t header_at(const struct table *table, uint32_t index)
{
	return table->offset + (uint64_t)index * SECTION_SIZE;
}

/*
 * A section's bytes in the file: as many as it has in memory (VirtualSize) and in the file (SizeOfRawData, which is
 * rounded up to the file alignment), whichever is less; the latter where a linker left VirtualSize 0.  One that is all
 * zeros has none in the file, and says so by no place in it, whatever its size.
 */
static struct range file_range(struct span file, uint64_t header)
{
	uint64_t start = span_u32(file, header + SECTION_RAW_OFFSET);
	uint64_t virtual_size = span_u32(file, header + SECTION_VIRTUAL_SIZE);
	uint64_t size = span_u32(file, header + SECTION_RAW_SIZE);

	if (virtual_size != 0 && virtual_size < size)
		size = virtual_size;
	return (struct range){ start, start == 0 ? start : start + size };
}

/* The same in memory, where all of VirtualSize is; firmware loads a section where a linker left that 0. */
static struct range memory_range(struct span image, uint64_t header)
{
	uint64_t start = span_u32(image, header + SECTION_ADDRESS);
	uint64_t size = span_u32(image, header + SECTION_VIRTUAL_SIZE);

	return (struct range){ start, start + (size != 0 ? size : span_u32(image, header + SECTION_RAW_SIZE)) };
}

static struct range section_range(struct span file, const struct table *table, uint32_t index)
{
	return (table->loaded ? memory_range : file_range)(file, header_at(table, index));
}

/* The bit in `unused` of the section that this header names; 0 for any other. */
static uint32_t unused_bit(struct span file, uint64_t header)
{
	for (unsigned i = 0; i < UKI_UNUSED; i++)
		if (span_is(file, header, unused_names[i], SECTION_NAME_SIZE))
			return UINT32_C(1) << i;
	return 0;
}

struct error uki_check_pe(struct span file)
{
	struct table table;

	return find_table(file, &table);
}

bool uki_is(struct span file)
{
	struct table table;

	if (!uki_is_pe(file) || failed(find_table(file, &table)))
		return false;
	for (uint32_t i = 0; i < table.count; i++)
		if (section_kind(file, header_at(&table, i)) == UKI_LINUX)
			return true;
	return false;
}

/* Whether a section that counts lies in the file and shares no byte with another; the others may do as they like. */
static struct error check_section(struct span file, const struct table *table, uint32_t index)
{
	struct range here = section_range(file, table, index);
	const char *name = section_names[section_kind(file, header_at(table, index))];

	if (!range_empty(here) && here.end > file.size)
		return error_make(ERROR_PE_SECTION_END, name, file.size, here.end);
	for (uint32_t i = 0; i < table->count; i++) {
		struct range other = section_range(file, table, i);

		if (i != index && range_overlaps(here, other))
			return error_make(ERROR_PE_SECTION_OVERLAP, name, 0,
					  here.start > other.start ? here.start : other.start);
	}
	return error_none();
}

/*
 * True for the section that begins a profile (UKI specification, "Multi-Profile UKIs").  The sections behind it count more than
 * those of the same name in front of all profiles.
 */
static bool is_profile(struct span file, uint64_t header)
{
	return span_is(file, header, ".profile", SECTION_NAME_SIZE);
}

/*
 * Counts the profiles while a table is gone through.  True for a header that counts: of those before the first profile, and of the
 * chosen one; where nobody chooses, that is the first.
 */
static bool is_chosen(struct span file, uint64_t header, uint32_t profile, uint32_t *profiles)
{
	*profiles += is_profile(file, header);
	return *profiles == 0 || *profiles == profile + 1;
}

static struct error need_profile(uint32_t profile, uint32_t profiles)
{
	if (profile == 0 || profile < profiles)
		return error_none();
	return error_make(ERROR_UKI_PROFILE, NULL, profiles, profile);
}

struct error uki_parse_form(struct span file, struct uki_form form, struct uki *out)
{
	uint32_t profiles = 0, found_in[UKI_SECTIONS] = { 0 };
	struct table table = { .loaded = form.loaded };

	*out = (struct uki){ 0 };
	TRY(find_table(file, &table));
	TRY(pe_need(file, table.offset, (uint64_t)table.count * SECTION_SIZE, "section table"));
	for (uint32_t i = 0; i < table.count; i++) {
		uint64_t header = header_at(&table, i);
		enum uki_section kind = section_kind(file, header);
		struct range where = section_range(file, &table, i);

		if (!is_chosen(file, header, form.profile, &profiles))
			continue;
		if (!range_empty(where))
			out->unused |= unused_bit(file, header);
		if (kind == UKI_SECTIONS)
			continue;
		TRY(check_section(file, &table, i));
		if (out->present[kind] && found_in[kind] == profiles)
			return error_make(ERROR_PE_SECTION_TWICE, section_names[kind], 1, i);
		out->present[kind] = true;
		found_in[kind] = profiles;
		span_cut(file, where.start, range_size(where), &out->section[kind]);
	}
	TRY(need_profile(form.profile, profiles));
	if (out->section[UKI_LINUX].size == 0)
		return error_make(ERROR_UKI_NO_LINUX, out->present[UKI_LINUX] ? "an empty one" : "none", 0, 0);
	return error_none();
}

struct error uki_parse(struct span file, struct uki *out)
{
	return uki_parse_form(file, (struct uki_form){ .loaded = false, .profile = 0 }, out);
}

bool uki_find(struct span file, struct uki_form form, const char *name, struct range *out)
{
	struct table table = { .loaded = form.loaded };
	uint32_t profiles = 0;

	*out = (struct range){ 0, 0 };
	if (failed(find_table(file, &table)))
		return false;
	for (uint32_t i = 0; i < table.count; i++) {
		struct span its_name;

		if (!is_chosen(file, header_at(&table, i), form.profile, &profiles))
			continue;
		span_cut(file, header_at(&table, i), SECTION_NAME_SIZE, &its_name);
		if (pe_name_is(its_name, name))
			*out = section_range(file, &table, i);
	}
	return !range_empty(*out);
}

bool uki_find_loaded(struct span image, uint32_t profile, const char *name, struct span *out)
{
	struct range where;

	uki_find(image, (struct uki_form){ .loaded = true, .profile = profile }, name, &where);
	return span_cut(image, where.start, range_size(where), out) && out->size != 0;
}
