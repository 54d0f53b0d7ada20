/* SPDX-License-Identifier: MIT */
#include "linux_alternatives.h"
#include "../sort.h"

#define PARAVIRT_SIZE 16
/* What a record of .parainstructions has before its padding, which the last one may lack; C code adds two bytes (5.10). */
#define PARAVIRT_USED 10
#define LOCK_SIZE     4
#define NO_SITE       UINT64_MAX

const char *const sites_linux_name[SITES_LINUX_SECTIONS] = {
	[SITES_LINUX_TEXT] = ".text",
	[SITES_LINUX_INIT_TEXT] = ".init.text",
	[SITES_LINUX_EXIT_TEXT] = ".exit.text",
	[SITES_LINUX_ALTERNATIVES] = ".altinstructions",
	[SITES_LINUX_REPLACEMENTS] = ".altinstr_replacement",
	[SITES_LINUX_PARAVIRT] = ".parainstructions",
	[SITES_LINUX_LOCKS] = ".smp_locks",
};

/* The sites of one table, while it is verified. */
struct verifier {
	const struct sites_linux *tables;
	const char *table;
	/* Where the addresses in keys count from, and how far they come. */
	uint64_t base;
	uint64_t extent;
	/* For each site, in the table's order: its first record's key; and by the number of that record how long the site is. */
	uint64_t *key, *next_key;
	uint64_t *scratch;
	uint8_t *width;
	/* The last record's site.  NO_SITE is none, since no section ends behind it. */
	uint64_t last_site;
	/* The keys by address, once check_shared() has found them sound. */
	const uint64_t *sorted;
	/* Sites in none of the texts, of all tables. */
	uint32_t elsewhere;
};

/* How many sites the table has so far. */
static uint32_t sites_noted(const struct verifier *verifier) { return (uint32_t)(verifier->next_key - verifier->key); }

static struct error table_wrong(const struct verifier *verifier, enum error_code code, uint32_t index, uint64_t found)
{
	return error_make(code, verifier->table, index, found);
}

/* Adds bytes at an address to [*start, *end), which begins as [UINT64_MAX, 0); false when they wrap around. */
static bool widen(uint64_t *start, uint64_t *end, uint64_t address, uint64_t size)
{
	uint64_t address_end;

	if (size == 0)
		return true;
	if (__builtin_add_overflow(address, size, &address_end))
		return false;
	if (address < *start)
		*start = address;
	if (address_end > *end)
		*end = address_end;
	return true;
}

static struct error widen_by(uint64_t *start, uint64_t *end, const struct linked_bytes *section, const char *name)
{
	if (!widen(start, end, section->address, section->bytes.size))
		return error_make(ERROR_TEXT_WINDOW, name, UINT64_C(1) << KEY_SHIFT, section->bytes.size);
	return error_none();
}

/* The virtual addresses of all that has sites must fit a key: *base is the first, and *extent how many there are. */
static struct error check_addresses(const struct sites_linux *tables, uint64_t *base, uint64_t *extent)
{
	uint64_t end = 0;

	*base = UINT64_MAX;
	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_EXIT_TEXT; i++)
		TRY(widen_by(base, &end, &tables->section[i], sites_linux_name[i]));
	for (unsigned i = 0; i < tables->executable_count; i++)
		TRY(widen_by(base, &end, &tables->executable[i], SITES_LINUX_NAME));
	*extent = end != 0 ? end - *base : 0;
	if (*extent > UINT64_C(1) << KEY_SHIFT)
		return error_make(ERROR_TEXT_WINDOW, SITES_LINUX_NAME, UINT64_C(1) << KEY_SHIFT, *extent);
	return error_none();
}

struct error sites_linux_text(const struct sites_linux *tables, struct patched_text *out)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (unsigned i = SITES_LINUX_TEXT; i <= SITES_LINUX_ALTERNATIVES; i++)
		/* Sums cannot wrap around: these bytes are in memory. */
		(void)widen(&start, &end, (uint64_t)tables->section[i].bytes.at, tables->section[i].bytes.size);
	if (end == 0)
		start = 0;
	*out = (struct patched_text){ (const uint8_t *)start, (uint8_t *)start, start, end - start };
	if (out->length > UINT64_C(1) << KEY_SHIFT)
		return error_make(ERROR_TEXT_WINDOW, SITES_LINUX_NAME, UINT64_C(1) << KEY_SHIFT, out->length);
	return error_none();
}

const uint8_t *sites_linux_locate_other(const struct sites_linux *tables, uint64_t site, uint8_t length,
					enum sites_linux_section *section)
{
	const uint8_t *at;

	for (unsigned i = SITES_LINUX_INIT_TEXT; i <= SITES_LINUX_EXIT_TEXT; i++) {
		*section = (enum sites_linux_section)i;
		at = site_in(&tables->section[i], site, length);
		if (at)
			return at;
	}
	*section = SITES_LINUX_SECTIONS;
	for (unsigned i = 0; i < tables->executable_count; i++) {
		at = site_in(&tables->executable[i], site, length);
		if (at)
			return at;
	}
	return 0;
}

/*
 * Notes a record's site; its bytes in what is executed, or NULL when it lies elsewhere.  Records of one site that follow one
 * another are choices of one nest, which is as long as the longest of them.
 */
static inline const uint8_t *note_site(struct verifier *verifier, uint32_t index, uint64_t site, uint8_t length)
{
	enum sites_linux_section section;
	const uint8_t *at = sites_linux_locate(verifier->tables, site, length, &section);

	if (!at)
		return 0;
	if (section == SITES_LINUX_SECTIONS)
		verifier->elsewhere++;
	if (site != verifier->last_site) {
		verifier->last_site = site;
		*verifier->next_key++ = (site - verifier->base) << KEY_SHIFT | index;
		verifier->width[index] = length;
	} else if (length > verifier->width[(uint32_t)verifier->next_key[-1]]) {
		verifier->width[(uint32_t)verifier->next_key[-1]] = length;
	}
	return at;
}

/* No two sites may share a byte. */
static struct error check_shared(struct verifier *verifier, uint32_t *sites)
{
	const uint64_t *const sorted = sort_keys(verifier->key, verifier->scratch, sites_noted(verifier), verifier->extent);
	const uint8_t *const width = verifier->width;
	uint64_t previous = 0, end = 0;

	verifier->sorted = sorted;
	*sites = sites_noted(verifier);
	for (const uint64_t *key = sorted; key < sorted + *sites; key++) {
		uint64_t start = *key >> KEY_SHIFT;

		if (start < end)
			return table_wrong(verifier, ERROR_LINUX_SHARED, (uint32_t)*key, verifier->base + previous);
		previous = start;
		end = start + width[(uint32_t)*key];
	}
	return error_none();
}

/* Turns to the next table, if its section can be used. */
static struct error begin(struct verifier *verifier, enum sites_linux_section section)
{
	verifier->table = sites_linux_name[section];
	verifier->next_key = verifier->key;
	verifier->last_site = NO_SITE;
	return verifier->tables->wrong[section];
}

/* Turns to the next table, which must be of whole records; but the last one may have only `least` bytes. */
static struct error begin_whole(struct verifier *verifier, enum sites_linux_section section, unsigned record_size,
				unsigned least, uint32_t *count)
{
	const uint64_t size = verifier->tables->section[section].bytes.size, rest = size % record_size;
	const uint64_t records = size / record_size + (rest != 0);

	TRY(begin(verifier, section));
	if ((rest != 0 && rest < least) || records > UINT32_MAX)
		return error_make(ERROR_LINUX_TABLE, verifier->table, record_size, size);
	*count = (uint32_t)records;
	return error_none();
}

static struct error verify_locks(struct verifier *verifier, struct sites_linux_found *found)
{
	const struct linked_bytes section = verifier->tables->section[SITES_LINUX_LOCKS];
	uint32_t count;

	TRY(begin_whole(verifier, SITES_LINUX_LOCKS, LOCK_SIZE, LOCK_SIZE, &count));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = (uint64_t)i * LOCK_SIZE, offset = (uint64_t)(int32_t)span_u32(section.bytes, at);
		uint64_t site = section.address + at + offset;
		const uint8_t *prefix;

		if (offset == 0)
			continue;
		prefix = note_site(verifier, i, site, 1);
		if (!prefix)
			return table_wrong(verifier, ERROR_LINUX_SITE, i, site);
		if (*prefix == 0xf0)
			found->locks_there++;
		else if (*prefix == 0x3e)
			found->locks_gone++;
		else if (found->locks_other++ == 0)
			found->first_other = site;
	}
	found->locks = found->locks_there + found->locks_gone + found->locks_other;
	return check_shared(verifier, &found->lock_sites);
}

/* A call or a jump through a slot: ff 15 or ff 25 and a displacement; ff 14 25 or ff 24 25 and an address (before 6.0). */
static bool slot_of(struct span site, uint64_t address, uint64_t *slot)
{
	uint16_t opcode = span_u16(site, 0);

	*slot = address + site.size + (uint64_t)(int32_t)span_u32(site, 2);
	if (site.size == 6)
		return opcode == 0x15ff || opcode == 0x25ff;
	*slot = (uint64_t)(int32_t)span_u32(site, 3);
	return site.size == 7 && (opcode == 0x14ff || opcode == 0x24ff) && site.at[2] == 0x25;
}

static struct error verify_paravirt(struct verifier *verifier, struct sites_linux_found *found)
{
	const struct span table = verifier->tables->section[SITES_LINUX_PARAVIRT].bytes;

	TRY(begin_whole(verifier, SITES_LINUX_PARAVIRT, PARAVIRT_SIZE, PARAVIRT_USED, &found->paravirt));
	for (uint32_t i = 0; i < found->paravirt; i++) {
		/* struct paravirt_patch_site: the site's address, its type, its length, and padding. */
		uint64_t at = (uint64_t)i * PARAVIRT_SIZE, site = span_u64(table, at), slots;
		const uint8_t length = span_u8(table, at + 9), *bytes = note_site(verifier, i, site, length);

		if (!bytes)
			return table_wrong(verifier, ERROR_LINUX_SITE, i, site);
		if (!slot_of(span(bytes, length), site, &slots))
			return table_wrong(verifier, ERROR_LINUX_CALL, i, site);
		slots -= 8u * span_u8(table, at + 8);
		if (i == 0)
			found->paravirt_table = slots;
		if (slots != found->paravirt_table)
			return table_wrong(verifier, ERROR_LINUX_CALL_TABLE, i, slots);
	}
	return check_shared(verifier, &found->paravirt_sites);
}

/* A direct call: call *slot(%rip), and as its replacement a call of the one function that must never be called. */
static struct error verify_direct_call(struct verifier *verifier, uint32_t index, const struct alternative *record,
				       struct span site, uint64_t *target)
{
	const struct linked_bytes *images = &verifier->tables->section[SITES_LINUX_REPLACEMENTS];
	uint64_t called;
	struct span call;

	if (site.size != 6 || span_u16(site, 0) != 0x15ff)
		return table_wrong(verifier, ERROR_LINUX_CALL, index, record->site);
	span_cut(images->bytes, record->replacement - images->address, record->replacement_length, &call);
	if (call.size != 5 || call.at[0] != 0xe8)
		return table_wrong(verifier, ERROR_LINUX_CALL_IMAGE, index, record->replacement);
	called = record->replacement + 5 + (uint64_t)(int32_t)span_u32(call, 1);
	if (*target == 0)
		*target = called;
	if (called != *target)
		return table_wrong(verifier, ERROR_LINUX_CALL_IMAGE, index, called);
	return error_none();
}

static struct error verify_alternatives(struct verifier *verifier, struct sites_linux_found *found)
{
	const struct linked_bytes table = verifier->tables->section[SITES_LINUX_ALTERNATIVES];
	const struct alternative_layout *layout;
	uint64_t target = 0;

	TRY(begin(verifier, SITES_LINUX_ALTERNATIVES));
	if (table.bytes.size >> KEY_SHIFT != 0)
		return error_make(ERROR_TEXT_WINDOW, verifier->table, UINT64_C(1) << KEY_SHIFT, table.bytes.size);
	TRY(verifier->tables->wrong[SITES_LINUX_REPLACEMENTS]);
	TRY(alternatives_prove(verifier->tables, &layout, &found->alternatives));
	if (layout == 0)
		return error_none();
	found->record_size = layout->size;
	for (uint32_t i = 0; i < found->alternatives; i++) {
		struct alternative record = alternative_at(&table, layout, (uint64_t)i * layout->size);
		uint64_t wrong;
		enum error_code code = alternative_check(&record, &wrong);
		const uint8_t *site;

		if (code != ERROR_NONE)
			return table_wrong(verifier, code, i, wrong);
		site = note_site(verifier, i, record.site, record.length);
		if (!site)
			return table_wrong(verifier, ERROR_LINUX_SITE, i, record.site);
		if ((record.flags & ALTERNATIVE_NOT) != 0 && layout->inverts)
			found->feature_inverts = true;
		if ((record.flags & ALTERNATIVE_CALL) == 0)
			continue;
		TRY(verify_direct_call(verifier, i, &record, span(site, record.length), &target));
		found->direct_calls++;
	}
	return check_shared(verifier, &found->alternative_sites);
}

/* A lock prefix in the site of a record of another table, whose table is not sound; the keys are those of the lock prefixes. */
static struct error check_apart(const struct verifier *verifier, uint64_t site, uint8_t length)
{
	uint64_t start = site - verifier->base;
	uint32_t low = 0, high = sites_noted(verifier);

	if (start >> KEY_SHIFT != 0)
		return error_none();
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (verifier->sorted[middle] >> KEY_SHIFT < start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == sites_noted(verifier) || (verifier->sorted[low] >> KEY_SHIFT) - start >= length)
		return error_none();
	return table_wrong(verifier, ERROR_LINUX_SHARED, (uint32_t)verifier->sorted[low],
			   verifier->base + (verifier->sorted[low] >> KEY_SHIFT));
}

/*
 * Sound lock prefixes may not lie in sites of a table that is not: nobody knows what that one makes of them.  Of alternatives
 * those records count that their chain proves.
 */
static struct error check_locks_apart(const struct verifier *verifier, const struct sites_linux_found *found)
{
	const struct span paravirt = verifier->tables->section[SITES_LINUX_PARAVIRT].bytes;
	const struct alternative_layout *layout;
	uint32_t proven;

	if (sites_noted(verifier) == 0)
		return error_none();
	if (failed(found->unsound[SITES_LINUX_ALTERNATIVES])) {
		(void)alternatives_prove(verifier->tables, &layout, &proven);
		for (uint32_t i = 0; i < proven; i++) {
			struct alternative record = alternative_read(verifier->tables, layout, i);

			TRY(check_apart(verifier, record.site, record.length));
		}
	}
	if (failed(found->unsound[SITES_LINUX_PARAVIRT]))
		for (uint64_t at = 0; at + PARAVIRT_USED <= paravirt.size; at += PARAVIRT_SIZE)
			TRY(check_apart(verifier, span_u64(paravirt, at), span_u8(paravirt, at + 9)));
	return error_none();
}

/* The most records that one table can have. */
static uint64_t most_records(const struct sites_linux *tables)
{
	uint64_t most = tables->section[SITES_LINUX_LOCKS].bytes.size / LOCK_SIZE;
	uint64_t paravirt = tables->section[SITES_LINUX_PARAVIRT].bytes.size;
	/* Of the smallest size. */
	uint64_t alternatives = tables->section[SITES_LINUX_ALTERNATIVES].bytes.size / 12;

	/* The last one may be cut short. */
	paravirt = paravirt / PARAVIRT_SIZE + (paravirt % PARAVIRT_SIZE != 0);
	if (most < paravirt)
		most = paravirt;
	return most < alternatives ? alternatives : most;
}

uint64_t sites_linux_verify_space(const struct sites_linux *tables)
{
	uint64_t most = most_records(tables);

	/* Two arrays of keys and one of lengths. */
	return most * (8 + 8) + ((most + 7) & ~UINT64_C(7));
}

struct error sites_linux_verify(const struct sites_linux *tables, struct arena *arena, struct sites_linux_found *found)
{
	struct verifier verifier = { .tables = tables };
	uint64_t space = sites_linux_verify_space(tables), most = most_records(tables);

	*found = (struct sites_linux_found){ 0 };
	TRY(check_addresses(tables, &verifier.base, &verifier.extent));
	if (arena->size - arena->used < space)
		return error_make(ERROR_SITE_MEMORY, SITES_LINUX_NAME, space, arena->size - arena->used);
	verifier.key = arena_take(arena, most * 8);
	verifier.scratch = arena_take(arena, most * 8);
	verifier.width = arena_take(arena, most);
	found->unsound[SITES_LINUX_ALTERNATIVES] = verify_alternatives(&verifier, found);
	found->unsound[SITES_LINUX_PARAVIRT] = verify_paravirt(&verifier, found);
	found->unsound[SITES_LINUX_LOCKS] = verify_locks(&verifier, found);
	if (!failed(found->unsound[SITES_LINUX_LOCKS]))
		found->unsound[SITES_LINUX_LOCKS] = check_locks_apart(&verifier, found);
	if (!failed(found->unsound[SITES_LINUX_LOCKS])) {
		found->lock = verifier.sorted;
		found->lock_base = verifier.base;
	}
	found->elsewhere = verifier.elsewhere;
	return error_none();
}
