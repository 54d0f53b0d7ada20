/* SPDX-License-Identifier: MIT */
#include "../replacement.h"
#include "linux_alternatives.h"
#include "../sort.h"

#define LOCK_SIZE 4

static const uint8_t lock_prefix[] = { 0xf0 };
static const uint8_t no_prefix[] = { 0x3e };

/* "Not ALWAYS", which Linux never selects: feature and flags (6.3 and later), or the feature with its bit 15 (5.11 to 6.2). */
static const uint8_t never_flags[] = { ALTERNATIVE_ALWAYS, 0, ALTERNATIVE_NOT, 0 };
static const uint8_t never_inverted[] = { ALTERNATIVE_ALWAYS, ALTERNATIVE_INVERTED >> 8 };

/* The longest padding that every Linux fills with the one NOP that the engine fills it with. */
#define PADDING_MOST 8

/* call rel32 */
#define CALL      0xe8
#define CALL_SIZE 5

/* What reads the tables. */
struct reader {
	const struct sites_linux *tables;
	const struct sites_linux_choice *choice;
	const struct alternative_layout *layout;
	struct arena *arena;
	struct plan_record *record;
	uint32_t count;
};

/* Adds a record whose site lies at `at` in memory, by which it is named. */
static struct plan_record *add(struct reader *reader, const uint8_t *at, uint32_t index, enum sites_linux_kind kind)
{
	struct plan_record *record = &reader->record[reader->count++];

	*record = (struct plan_record){ .site = (uint64_t)at, .index = index, .kind = kind };
	return record;
}

/* Where a site is in memory, whose bytes verification found; NULL for one in none of the texts, which is left. */
static const uint8_t *find_site(const struct sites_linux *tables, uint64_t site, uint8_t length,
				enum sites_linux_section *section)
{
	const uint8_t *at = sites_linux_locate(tables, site, length, section);

	return *section == SITES_LINUX_SECTIONS ? 0 : at;
}

/* By address, as PLAN orders them. */
static void read_locks(struct reader *reader, const struct sites_linux_found *found)
{
	const uint64_t base = found->lock_base, *const end = found->lock + found->lock_sites;
	const bool one_cpu = reader->choice->one_cpu;
	struct plan_record *record = reader->record;

	for (const uint64_t *lock = found->lock; lock < end; lock++) {
		uint64_t site = base + (*lock >> KEY_SHIFT);
		enum sites_linux_section section;
		const uint8_t *byte = find_site(reader->tables, site, 1, &section);

		if (byte == 0 || *byte != lock_prefix[0])
			continue;
		*record++ = (struct plan_record){
			.site = (uint64_t)byte,
			.bytes = no_prefix,
			.old = lock_prefix,
			.index = (uint32_t)*lock,
			.site_length = 1,
			.length = 1,
			.old_length = 1,
			.flags = one_cpu && section == SITES_LINUX_TEXT ? RECORD_SELECTED : 0,
			.kind = SITES_LINUX_LOCK,
		};
	}
	reader->count = (uint32_t)(record - reader->record);
}

/*
 * True when the feature is one bit of CPUID and nothing else; `there` says whether the CPU has it.  Numbers are those of
 * arch/x86/include/asm/cpufeatures.h, word * 32 + bit, which are stable for the words that mirror CPUID.
 */
static bool safe_feature(const struct sites_linux_cpuid *cpuid, uint16_t feature, bool *there)
{
	uint32_t word;

	switch (feature) {
	case ALTERNATIVE_ALWAYS:
		*there = true;
		return true;
	case 1 * 32 + 27:		/* RDTSCP */
		word = cpuid->extended1_d;
		break;
	case 4 * 32 + 13:		/* CX16 */
	case 4 * 32 + 23:		/* POPCNT */
		word = cpuid->leaf1_c;
		break;
	case 6 * 32 + 8:		/* 3DNOWPREFETCH */
		word = cpuid->extended1_c;
		break;
	case 9 * 32 + 9:		/* ERMS */
	case 9 * 32 + 23:		/* CLFLUSHOPT */
	case 9 * 32 + 24:		/* CLWB */
		word = cpuid->leaf7_b;
		break;
	case 18 * 32 + 4:		/* FSRM */
		word = cpuid->leaf7_d;
		break;
	default:
		return false;
	}
	*there = (word >> feature % 32 & 1) != 0;
	return true;
}

/* The bytes that a ModRM byte in 64-bit mode takes, SIB and displacement included; 0 for one that is relative to rip. */
static unsigned operand_size(uint8_t modrm, uint8_t sib)
{
	unsigned mode = modrm >> 6, base = modrm & 7, size = 1;

	if (mode == 3)
		return 1;
	if (mode == 0 && base == 5)
		return 0;
	if (base == 4) {
		size++;
		base = sib & 7;
	}
	if (mode == 2 || (mode == 0 && base == 5))
		return size + 4;
	return size + mode;
}

/*
 * True for the instructions that the safe features bring, with operands that mean the same at any address: 0f and one of
 * b8 (popcnt), c7 (cmpxchg16b, which `sete %al` may follow), ae (clflushopt, clwb), 0d (prefetchw), 01 (rdtscp).
 */
static bool same_anywhere(struct span code)
{
	static const uint8_t sete[] = { 0x0f, 0x94, 0xc0 };
	uint64_t at = 0, end;
	unsigned operand;
	uint8_t opcode;

	while (span_u8(code, at) == 0x65 || span_u8(code, at) == 0x66 || span_u8(code, at) == 0xf3)
		at++;
	if ((span_u8(code, at) & 0xf0) == 0x40)
		at++;
	opcode = span_u8(code, at + 1);
	if (span_u8(code, at) != 0x0f || (opcode != 0xb8 && opcode != 0xc7 && opcode != 0xae && opcode != 0x0d &&
					  opcode != 0x01))
		return false;
	operand = operand_size(span_u8(code, at + 2), span_u8(code, at + 3));
	end = at + 2 + operand;
	if (operand == 0)
		return false;
	return end == code.size || (opcode == 0xc7 && end + sizeof(sete) == code.size &&
				    span_is(code, end, sete, sizeof(sete)));
}

/*
 * The bytes that Linux writes to the site, before it fills it up; NULL when that cannot be told.  A call that is all there
 * is goes to the same place from the site, in every version.  (The engine cannot move it: in a file the sections lie at
 * other distances than they are linked.)
 */
static const uint8_t *safe_image(struct reader *reader, const struct alternative *record)
{
	const struct linked_bytes *images = &reader->tables->section[SITES_LINUX_REPLACEMENTS];
	uint8_t *call;
	struct span code;
	uint64_t target;

	span_cut(images->bytes, record->replacement - images->address, record->replacement_length, &code);
	if (record->length - record->replacement_length > PADDING_MOST)
		return 0;
	if (code.size != CALL_SIZE || code.at[0] != CALL)
		return same_anywhere(code) ? code.at : 0;
	target = record->replacement + CALL_SIZE + (uint64_t)(int32_t)span_u32(code, 1);
	call = arena_take(reader->arena, CALL_SIZE);
	call[0] = CALL;
	return image_displacement(call + 1, record->site + CALL_SIZE, target) ? call : 0;
}

static bool is_jump(uint8_t opcode) { return opcode == 0xe9 || opcode == 0xeb; }

/*
 * The record that decides a site, whose records are [first, end): the last one that is selected, when all behind it can
 * be decided too.  False when there is none, or when the records are not those of the safe set.
 */
static bool decide(const struct reader *reader, uint32_t first, uint32_t end, uint32_t *deciding)
{
	struct alternative head = alternative_read(reader->tables, reader->layout, first);
	bool open = false;

	*deciding = end;
	for (uint32_t i = end; i-- > first;) {
		struct alternative record = alternative_read(reader->tables, reader->layout, i);
		bool there = false;

		if ((record.flags & ALTERNATIVE_CALL) != 0 || record.length != head.length)
			return false;
		if (*deciding != end || open)
			continue;
		if (!safe_feature(reader->choice->cpuid, record.feature, &there))
			open = true;
		else if (there != ((record.flags & ALTERNATIVE_NOT) != 0))
			*deciding = i;
	}
	return *deciding != end;
}

/* The record of the table becomes one that is never selected. */
static void add_never(struct reader *reader, uint32_t index)
{
	const struct linked_bytes *section = &reader->tables->section[SITES_LINUX_ALTERNATIVES];
	uint64_t at = (uint64_t)index * reader->layout->size + reader->layout->feature;
	struct plan_record *record = add(reader, section->bytes.at + at, index, SITES_LINUX_INERT);

	record->bytes = reader->layout->has_flags ? never_flags : never_inverted;
	record->length = reader->layout->has_flags ? sizeof(never_flags) : sizeof(never_inverted);
	record->site_length = record->length;
	record->old = section->bytes.at + at;
	record->old_length = record->length;
	record->flags = RECORD_SELECTED;
}

/* The records [first, end) of one site. */
static void read_site(struct reader *reader, uint32_t first, uint32_t end)
{
	enum sites_linux_section section;
	struct alternative chosen;
	struct plan_record *record;
	const uint8_t *site, *bytes;
	uint32_t deciding;

	if (!decide(reader, first, end, &deciding))
		return;
	chosen = alternative_read(reader->tables, reader->layout, deciding);
	site = find_site(reader->tables, chosen.site, chosen.length, &section);
	if (site == 0 || is_jump(*site))
		return;
	bytes = safe_image(reader, &chosen);
	if (bytes == 0)
		return;
	record = add(reader, site, deciding, SITES_LINUX_ALTERNATIVE);
	record->site_length = chosen.length;
	record->bytes = bytes;
	record->length = chosen.replacement_length;
	record->flags = RECORD_SELECTED;
	for (uint32_t i = first; i < end; i++)
		add_never(reader, i);
}

static void read_alternatives(struct reader *reader)
{
	uint32_t count = alternative_count(reader->tables, reader->layout), end;

	for (uint32_t first = 0; first < count; first = end) {
		uint64_t site = alternative_read(reader->tables, reader->layout, first).site;

		for (end = first + 1; end < count; end++)
			if (alternative_read(reader->tables, reader->layout, end).site != site)
				break;
		read_site(reader, first, end);
	}
}

/* Linux 6.3 and later, and 5.13 to 6.2: of the older kernels with records of that size, none sets bit 15. */
static bool can_say_never(const struct alternative_layout *layout, const struct sites_linux_found *found)
{
	return layout && (layout->has_flags || (found->feature_inverts && !layout->has_padding));
}

/* Records at most: of alternatives, each is changed itself and may decide its site. */
static uint64_t most_records(const struct sites_linux *tables, uint64_t alternatives)
{
	return tables->section[SITES_LINUX_LOCKS].bytes.size / LOCK_SIZE + 2 * alternatives;
}

/* Alternatives at most, by the smallest size of a record. */
static uint64_t most_alternatives(const struct sites_linux *tables, const struct sites_linux_choice *choice)
{
	return choice->cpuid ? tables->section[SITES_LINUX_ALTERNATIVES].bytes.size / 12 : 0;
}

uint64_t sites_linux_space(const struct sites_linux *tables, const struct sites_linux_choice *choice)
{
	uint64_t alternatives = most_alternatives(tables, choice);

	/* Besides its records, each alternative may take the eight bytes of a call. */
	return most_records(tables, alternatives) * sizeof(struct plan_record) + alternatives * 8;
}

struct error sites_linux_read(const struct sites_linux *tables, const struct sites_linux_found *found,
			      const struct sites_linux_choice *choice, struct arena *arena, struct plan_input *input)
{
	struct reader reader = { .tables = tables, .choice = choice, .arena = arena };
	uint64_t space = sites_linux_space(tables, choice);

	if (arena->size - arena->used < space)
		return error_make(ERROR_SITE_MEMORY, SITES_LINUX_NAME, space, arena->size - arena->used);
	reader.record = arena_take(arena, most_records(tables, most_alternatives(tables, choice)) *
					  sizeof(struct plan_record));
	if (!failed(found->unsound[SITES_LINUX_LOCKS]))
		read_locks(&reader, found);
	reader.layout = alternative_layout(found->record_size);
	if (choice->cpuid && !failed(found->unsound[SITES_LINUX_ALTERNATIVES]) && can_say_never(reader.layout, found))
		read_alternatives(&reader);
	input->table = SITES_LINUX_NAME;
	input->record = reader.record;
	input->count = reader.count;
	return error_none();
}
