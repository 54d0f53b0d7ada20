/* SPDX-License-Identifier: MIT */
/* The verifier of Linux's tables: paravirtual calls, lock prefixes, and tables of which only some are sound. */
#include "test_sites_linux.h"

static void paravirt_calls(void **state)
{
	uint64_t record;

	(void)state;
	add_paravirt(TEXT, 0);
	record = add_paravirt(INIT, 80);
	add_paravirt(TEXT + 100, 255);
	assert_fine(verify());
	assert_int_equal(k.found.paravirt, 3);
	assert_int_equal(k.found.paravirt_sites, 3);
	assert_true(k.found.paravirt_table == SLOTS);

	put(record + 8, 79, 1);
	refused(ERROR_LINUX_CALL_TABLE, SITES_LINUX_PARAVIRT, 1, SLOTS + 8);
	put(record + 8, 80, 1);
	put(record + 9, 7, 1);
	refused(ERROR_LINUX_CALL, SITES_LINUX_PARAVIRT, 1, INIT);
	put(record + 9, 6, 1);
	put(INIT, 0x14ff, 2);
	refused(ERROR_LINUX_CALL, SITES_LINUX_PARAVIRT, 1, INIT);
	put(INIT, 0x15fe, 2);
	refused(ERROR_LINUX_CALL, SITES_LINUX_PARAVIRT, 1, INIT);
}

/* As Linux had them until 6.0: through an absolute address, and jumps. */
static void paravirt_forms(void **state)
{
	static const struct { unsigned opcode, size; bool absolute; } forms[] = {
		{ 0x15ff, 6, false }, { 0x25ff, 6, false }, { 0x2514ff, 7, true }, { 0x2524ff, 7, true },
	};
	const unsigned count = sizeof(forms) / sizeof(*forms);

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t site = TEXT + 16 * i, record = add_paravirt(site, i + 3), slot = SLOTS + 8 * (i + 3);

		put(record + 9, forms[i].size, 1);
		put(site, forms[i].opcode, forms[i].size - 4);
		put(site + forms[i].size - 4, forms[i].absolute ? slot : slot - (site + forms[i].size), 4);
	}
	assert_fine(verify());
	assert_int_equal(k.found.paravirt_sites, count);
	assert_true(k.found.paravirt_table == SLOTS);
	/* The last record may lack its padding, and C code's two bytes before that. */
	section(SITES_LINUX_PARAVIRT)->bytes.size -= 4;
	assert_fine(verify());
	section(SITES_LINUX_PARAVIRT)->bytes.size -= 2;
	assert_fine(verify());
	assert_int_equal(k.found.paravirt, count);
	section(SITES_LINUX_PARAVIRT)->bytes.size += 6;
	put(TEXT + 32 + 2, 0x24, 1);
	refused(ERROR_LINUX_CALL, SITES_LINUX_PARAVIRT, 2, TEXT + 32);
	put(TEXT + 32, 0x250cff, 3);
	refused(ERROR_LINUX_CALL, SITES_LINUX_PARAVIRT, 2, TEXT + 32);
}

static void direct_calls(void **state)
{
	uint64_t record, image = KERNEL + 0x8005;

	(void)state;
	add_direct_call(TEXT, SLOTS);
	record = add_direct_call(INIT, SLOTS + 8);
	add_alternative(INIT, 7, ALTERNATIVE_NOT, 6, "", 0);
	assert_fine(verify());
	assert_int_equal(k.found.direct_calls, 2);
	assert_int_equal(k.found.alternative_sites, 2);

	put(image, 0xe9, 1);
	refused(ERROR_LINUX_CALL_IMAGE, SITES_LINUX_ALTERNATIVES, 1, image);
	put(image, 0xe8, 1);
	at(image)[1]++;
	refused(ERROR_LINUX_CALL_IMAGE, SITES_LINUX_ALTERNATIVES, 1, BUG + 1);
	at(image)[1]--;
	put(INIT, 0x14ff, 2);
	refused(ERROR_LINUX_CALL, SITES_LINUX_ALTERNATIVES, 1, INIT);
	put(INIT, 0x15ff, 2);
	put(record + 12, 7, 1);
	refused(ERROR_LINUX_CALL, SITES_LINUX_ALTERNATIVES, 1, INIT);

	kernel_begin(14);
	put(TEXT, 0x15ff, 2);
	add_alternative(TEXT, 7, ALTERNATIVE_CALL, 6, "\xe8" "abc", 4);
	refused(ERROR_LINUX_CALL_IMAGE, SITES_LINUX_ALTERNATIVES, 0, KERNEL + 0x8000);
}

static void locks(void **state)
{
	(void)state;
	add_lock(0, 0);
	add_lock(TEXT + 9, 0xf0);
	add_lock(TEXT + 3, 0x3e);
	add_lock(TEXT + 5, 0x66);
	add_lock(KERNEL + 0x5000, 0xf0);
	add_lock(INIT, 0x67);
	add_lock(0, 0);
	assert_fine(verify());
	assert_int_equal(k.found.locks, 5);
	assert_int_equal(k.found.lock_sites, 5);
	assert_int_equal(k.found.locks_there, 2);
	assert_int_equal(k.found.locks_gone, 1);
	assert_int_equal(k.found.locks_other, 2);
	assert_true(k.found.first_other == TEXT + 5);
}

/* A site in another section that is executed: since 6.14, in .data. */
static void sites_elsewhere(void **state)
{
	const uint64_t code = KERNEL + 0xe000;

	(void)state;
	add_alternative(code + 12, 7, 0, 4, "abcd", 4);
	add_lock(code, 0xf0);
	add_lock(TEXT, 0xf0);
	refused(ERROR_LINUX_SITE, SITES_LINUX_ALTERNATIVES, 0, code + 12);
	add_executable(TEXT, places[SITES_LINUX_TEXT].size);
	add_executable(code, 15);
	refused(ERROR_LINUX_SITE, SITES_LINUX_ALTERNATIVES, 0, code + 12);
	k.tables.executable[1].bytes.size++;
	assert_fine(verify());
	assert_int_equal(k.found.elsewhere, 2);
	assert_int_equal(k.found.locks_there, 2);
	/* One that is too far away for any site. */
	add_executable(KERNEL, 1);
	k.tables.executable[2].address = KERNEL - UINT64_C(0x100000000);
	assert_error(verify(), ERROR_TEXT_WINDOW);
	k.tables.executable[2].address = UINT64_MAX;
	assert_error(verify(), ERROR_TEXT_WINDOW);
}

/* Every table has records that are sound, and locks that touch none of the others'. */
static void three_tables(void)
{
	kernel_begin(14);
	add_alternative(TEXT + 0x40, POPCNT, 0, 4, "abcd", 4);
	add_alternative(TEXT + 0x50, POPCNT, 0, 4, "abcd", 4);
	add_paravirt(TEXT + 0x60, 1);
	add_lock(TEXT + 9, 0xf0);
	add_lock(TEXT + 0x80, 0xf0);
	assert_fine(verify());
}

/* The tables that are not sound. */
static void assert_unsound(bool alternatives, bool paravirt, bool locks)
{
	assert_fine(sites_linux_verify(&k.tables, &k.arena, &k.found));
	assert_int_equal(failed(k.found.unsound[SITES_LINUX_ALTERNATIVES]), alternatives);
	assert_int_equal(failed(k.found.unsound[SITES_LINUX_PARAVIRT]), paravirt);
	assert_int_equal(failed(k.found.unsound[SITES_LINUX_LOCKS]), locks);
}

static void each_by_itself(void **state)
{
	static const enum sites_linux_section tables[] = {
		SITES_LINUX_ALTERNATIVES, SITES_LINUX_REPLACEMENTS, SITES_LINUX_PARAVIRT, SITES_LINUX_LOCKS,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		three_tables();
		section(tables[i])->bytes.size--;
		assert_unsound(i < 2, false, i == 3);
		three_tables();
		k.tables.wrong[tables[i]] = error_make(ERROR_LINUX_SECTION_TWICE, sites_linux_name[tables[i]], 1, 7);
		*section(tables[i]) = (struct linked_bytes){ .address = KERNEL };
		assert_unsound(i < 2, i == 2, i == 3);
		assert_error(verify(), ERROR_LINUX_SECTION_TWICE);
	}
	/* A table that is far away is its own trouble too. */
	three_tables();
	section(SITES_LINUX_ALTERNATIVES)->address -= UINT64_C(1) << 33;
	assert_unsound(true, false, false);
	three_tables();
	at(TEXT + 0x60)[0] = 0;
	assert_unsound(false, true, false);
	assert_int_equal(k.found.lock_sites, 2);
}

/* Sound lock prefixes are not to be touched where a table that is not sound has one of its sites. */
static void locks_in_unsound_sites(void **state)
{
	static const uint64_t alternatives[] = { TEXT + 9, TEXT + 6, TEXT + 0x80, TEXT + 0x7d };
	static const uint64_t apart[] = { TEXT + 5, TEXT + 10, TEXT + 0x81, 0, UINT64_C(1) << 40 };
	uint64_t record;

	(void)state;
	for (unsigned i = 0; i < sizeof(alternatives) / sizeof(*alternatives); i++) {
		three_tables();
		record = section(SITES_LINUX_ALTERNATIVES)->address;
		put(record, alternatives[i] - record, 4);
		/* Both sound: PLAN makes one image of them. */
		assert_unsound(false, false, false);
		/* The second record is odd, but the chain proves both. */
		put(record + 14 + 8, 0x7fff, 2);
		assert_unsound(true, false, true);
		assert_int_equal(k.found.unsound[SITES_LINUX_LOCKS].code, ERROR_LINUX_SHARED);
		assert_int_equal(k.found.unsound[SITES_LINUX_LOCKS].expected, i / 2);
		assert_true(k.found.unsound[SITES_LINUX_LOCKS].found == TEXT + (i < 2 ? 9 : 0x80));
		/* The chain breaks behind the first record, and before it. */
		at(record + 14 + 4)[0]++;
		assert_unsound(true, false, true);
		at(record + 4)[0]++;
		assert_unsound(true, false, false);
		/* A paravirtual call. */
		three_tables();
		put(section(SITES_LINUX_PARAVIRT)->address, alternatives[i], 8);
		assert_unsound(false, true, true);
	}
	for (unsigned i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
		three_tables();
		record = section(SITES_LINUX_PARAVIRT)->address;
		put(record, apart[i], 8);
		put(record + 9, 4, 1);
		assert_unsound(false, true, false);
	}
}

int main(void)
{
	return RUN_TESTS_WITH(begin, NULL, "sites_linux_calls", paravirt_calls, paravirt_forms, direct_calls,
			 locks, sites_elsewhere, each_by_itself, locks_in_unsound_sites);
}
