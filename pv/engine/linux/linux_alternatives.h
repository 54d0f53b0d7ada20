/* SPDX-License-Identifier: MIT */
/*
 * The records of .altinstructions in every layout that Linux x86-64 has used (struct alt_instr of
 * arch/x86/include/asm/alternative.h).  For sites_linux.c and sites_linux_plan.c.
 */
#ifndef LULL_PV_ENGINE_LINUX_LINUX_ALTERNATIVES_H
#define LULL_PV_ENGINE_LINUX_LINUX_ALTERNATIVES_H

#include "sites_linux.h"

struct alternative_layout {
	/* Bytes of a record. */
	uint8_t size;
	/* Site and replacement: two offsets of 4 bytes, each from its own field, or two addresses of 8. */
	uint8_t word;
	/* Where the feature (16 bits) is; it may have flags behind it (16 bits), or "not" as its bit 15. */
	uint8_t feature;
	bool has_flags;
	bool inverts;
	/* Where the site's length is, which the replacement's follows; and then the padding's, where there is one. */
	uint8_t lengths;
	bool has_padding;
};

/* One record. */
struct alternative {
	uint64_t site;
	uint64_t replacement;
	uint16_t feature;
	/* ALTERNATIVE_NOT, ALTERNATIVE_CALL; other bits are unknown. */
	uint16_t flags;
	uint8_t length;
	uint8_t replacement_length;
	uint8_t padding;
};

/* ALT_FLAG_NOT and ALT_FLAG_DIRECT_CALL of Linux 6.8; until 6.2, ALTINSTR_FLAG_INV in the feature stands for the first. */
#define ALTERNATIVE_NOT        1
#define ALTERNATIVE_CALL       2
#define ALTERNATIVE_INVERTED   0x8000

/* X86_FEATURE_ALWAYS: word 3, bit 21 (arch/x86/include/asm/cpufeatures.h). */
#define ALTERNATIVE_ALWAYS (3 * 32 + 21)

/* Features end here: more than any kernel has, bugs included (NCAPINTS + NBUGINTS words of 32 bits; 24 in 6.12). */
#define ALTERNATIVE_FEATURES (32 * 32)

/* The layout with this size; NULL when there is none. */
const struct alternative_layout *alternative_layout(uint32_t size);

/* How many records there are.  The number fits: sites_linux_verify() takes no table of more than 4 GiB. */
static inline uint32_t alternative_count(const struct sites_linux *tables, const struct alternative_layout *layout)
{
	return (uint32_t)(tables->section[SITES_LINUX_ALTERNATIVES].bytes.size / layout->size);
}

/* A field of a record that is all there. */
static inline uint16_t alternative_field(const uint8_t *at)
{
	uint16_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

/* The address in a record that is all there: its distance from `from`, where it is linked, or itself. */
static inline uint64_t alternative_target(const uint8_t *at, uint64_t from, unsigned word)
{
	int32_t distance;
	uint64_t target;

	if (word == 4) {
		__builtin_memcpy(&distance, at, sizeof(distance));
		return from + (uint64_t)distance;
	}
	__builtin_memcpy(&target, at, sizeof(target));
	return target;
}

/*
 * Reads the record at a byte of the table; nothing of it is judged.  Its bytes are asked for once, since no field lies outside
 * of them; where they are not all there, it reads as zero.
 */
static inline struct alternative alternative_at(const struct linked_bytes *section, const struct alternative_layout *layout,
						uint64_t at)
{
	const uint64_t linked = section->address + at;
	struct alternative record = { 0 };
	const uint8_t *bytes;

	if (!span_has(section->bytes, at, layout->size))
		return record;
	bytes = section->bytes.at + at;
	record.site = alternative_target(bytes, linked, layout->word);
	record.replacement = alternative_target(bytes + layout->word, linked + layout->word, layout->word);
	record.feature = alternative_field(bytes + layout->feature);
	record.length = bytes[layout->lengths];
	record.replacement_length = bytes[layout->lengths + 1];
	if (layout->has_padding)
		record.padding = bytes[layout->lengths + 2];
	if (layout->has_flags)
		record.flags = alternative_field(bytes + layout->feature + 2);
	if (layout->inverts && (record.feature & ALTERNATIVE_INVERTED) != 0) {
		record.flags = ALTERNATIVE_NOT;
		record.feature ^= ALTERNATIVE_INVERTED;
	}
	return record;
}

/* Reads record `index`, below alternative_count(). */
struct alternative alternative_read(const struct sites_linux *tables, const struct alternative_layout *layout,
				    uint32_t index);

/*
 * Proves the record size by the chain of replacements; NULL for a table of no bytes.  LINUX_TABLE, LINUX_RECORD_SIZE,
 * LINUX_CHAIN.  *proven says how many records the chain proves from the first on, of *layout: all, and where it breaks those
 * before the break, of the layout that fits longest.
 */
struct error alternatives_prove(const struct sites_linux *tables, const struct alternative_layout **layout,
				uint32_t *proven);

/* What is wrong with a record that can be in no kernel, and what was found: LINUX_LENGTH, LINUX_FEATURE, or NONE. */
static inline enum error_code alternative_check(const struct alternative *record, uint64_t *found)
{
	*found = record->length;
	if (record->length == 0 || record->replacement_length > record->length || record->padding > record->length)
		return ERROR_LINUX_LENGTH;
	*found = record->feature;
	if (record->feature >= ALTERNATIVE_FEATURES)
		return ERROR_LINUX_FEATURE;
	*found = record->flags;
	return (record->flags & ~(ALTERNATIVE_NOT | ALTERNATIVE_CALL)) != 0 ? ERROR_LINUX_FEATURE : ERROR_NONE;
}

/* The bytes of a site in a section that holds all of them, or NULL. */
static inline const uint8_t *site_in(const struct linked_bytes *section, uint64_t site, uint8_t length)
{
	uint64_t offset = site - section->address;

	if (!span_has(section->bytes, offset, length))
		return NULL;
	/* A section of no bytes may be nowhere, and C adds not even 0 to NULL. */
	return offset != 0 ? section->bytes.at + offset : section->bytes.at;
}

/* sites_linux_locate() of a site that is not in .text. */
const uint8_t *sites_linux_locate_other(const struct sites_linux *tables, uint64_t site, uint8_t length,
					enum sites_linux_section *section);

/*
 * Finds the bytes of a site of any table, and the section that holds all of them: a text, or SITES_LINUX_SECTIONS for another
 * one that is executed.  NULL when there is none.  Verification and patching both ask here, so that what was verified is what
 * is patched, however sections overlap.
 */
static inline const uint8_t *sites_linux_locate(const struct sites_linux *tables, uint64_t site, uint8_t length,
						enum sites_linux_section *section)
{
	const uint8_t *at = site_in(&tables->section[SITES_LINUX_TEXT], site, length);

	*section = SITES_LINUX_TEXT;
	return at ? at : sites_linux_locate_other(tables, site, length, section);
}

#endif
