/* SPDX-License-Identifier: MIT */
/* The verifier of Linux's tables: what it finds in sound ones, and each way in which one can be unsound. */
#include "test_sites_linux.h"

static const unsigned sizes[] = { 12, 13, 14, 24 };

static int begin(void **state)
{
	(void)state;
	kernel_begin(14);
	return 0;
}

/* The table is refused for this record. */
static void refused(enum error_code code, enum sites_linux_section table, uint64_t record, uint64_t found)
{
	struct error error = verify();

	assert_error(error, code);
	assert_string_equal(error.subject, sites_linux_name[table]);
	assert_int_equal(error.expected, record);
	assert_true(error.found == found);
}

static void nothing(void **state)
{
	(void)state;
	assert_fine(verify());
	assert_int_equal(k.found.record_size + k.found.alternatives + k.found.paravirt + k.found.locks, 0);
	/* Not even text. */
	memset(&k.tables, 0, sizeof(k.tables));
	assert_fine(verify());
	assert_int_equal(sites_linux_verify_space(&k.tables), 0);
}

static void record_sizes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		kernel_begin(sizes[i]);
		add_alternative(TEXT + 16, 7, 0, 9, "abc", 3);
		add_alternative(TEXT + 16, 8, 0, 5, "defg", 4);
		add_alternative(INIT, 9, 0, 2, "", 0);
		add_alternative(TEXT, 10, 0, 16, "0123456789abcdef", 16);
		assert_fine(verify());
		assert_int_equal(k.found.record_size, sizes[i]);
		assert_int_equal(k.found.alternatives, 4);
		assert_int_equal(k.found.alternative_sites, 3);
		assert_int_equal(k.found.direct_calls, 0);
		assert_false(k.found.feature_inverts);
	}
}

static void inverted_features(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		kernel_begin(sizes[i]);
		add_alternative(TEXT, 7, ALTERNATIVE_NOT, 9, "abc", 3);
		if (sizes[i] == 24) {
			refused(ERROR_LINUX_FEATURE, SITES_LINUX_ALTERNATIVES, 0, 0x8007);
			continue;
		}
		assert_fine(verify());
		assert_int_equal(k.found.feature_inverts, sizes[i] != 14);
	}
}

static void broken_chains(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t record;

		kernel_begin(sizes[i]);
		add_alternative(TEXT, 7, 0, 9, "abc", 3);
		record = add_alternative(TEXT + 16, 8, 0, 9, "defg", 4);
		add_alternative(TEXT + 32, 9, 0, 9, "hij", 3);
		/* A hole behind the last one. */
		extend(SITES_LINUX_REPLACEMENTS, 1);
		refused(ERROR_LINUX_CHAIN, SITES_LINUX_ALTERNATIVES, 2, KERNEL + 0x8000 + 10);
		section(SITES_LINUX_REPLACEMENTS)->bytes.size--;
		/* The last record is missing. */
		section(SITES_LINUX_ALTERNATIVES)->bytes.size -= sizes[i];
		refused(ERROR_LINUX_CHAIN, SITES_LINUX_ALTERNATIVES, 1, KERNEL + 0x8000 + 7);
		section(SITES_LINUX_ALTERNATIVES)->bytes.size += sizes[i];
		/* The second one begins a byte later. */
		at(record + (sizes[i] == 24 ? 8 : 4))[0]++;
		refused(ERROR_LINUX_CHAIN, SITES_LINUX_ALTERNATIVES, 1, KERNEL + 0x8000 + 4);
	}
}

static void replacements_of_no_record(void **state)
{
	(void)state;
	extend(SITES_LINUX_REPLACEMENTS, 5);
	refused(ERROR_LINUX_CHAIN, SITES_LINUX_ALTERNATIVES, 0, KERNEL + 0x8000);
}

static void torn_tables(void **state)
{
	(void)state;
	add_alternative(TEXT, 7, 0, 9, "abc", 3);
	section(SITES_LINUX_ALTERNATIVES)->bytes.size++;
	refused(ERROR_LINUX_TABLE, SITES_LINUX_ALTERNATIVES, 12, 15);
	kernel_begin(14);
	add_paravirt(TEXT, 1);
	section(SITES_LINUX_PARAVIRT)->bytes.size = 9;
	refused(ERROR_LINUX_TABLE, SITES_LINUX_PARAVIRT, 16, 9);
	section(SITES_LINUX_PARAVIRT)->bytes.size = 25;
	refused(ERROR_LINUX_TABLE, SITES_LINUX_PARAVIRT, 16, 25);
	kernel_begin(14);
	add_lock(TEXT, 0xf0);
	extend(SITES_LINUX_LOCKS, 3);
	refused(ERROR_LINUX_TABLE, SITES_LINUX_LOCKS, 4, 7);
}

/* More records than their numbers can tell, refused before one is read. */
static void endless_tables(void **state)
{
	const uint64_t alternatives = UINT64_C(12 * 13 * 14) << 32, paravirt = UINT64_C(16) << 32;
	const uint64_t memory = k.arena.size;

	(void)state;
	k.arena.size = UINT64_C(1) << 46;
	section(SITES_LINUX_ALTERNATIVES)->bytes.size = alternatives;
	/* The sections would be further apart than a window may be long. */
	assert_error(verify(), ERROR_TEXT_WINDOW);
	section(SITES_LINUX_ALTERNATIVES)->bytes.size = 0;
	section(SITES_LINUX_PARAVIRT)->bytes.size = paravirt;
	refused(ERROR_LINUX_TABLE, SITES_LINUX_PARAVIRT, 16, paravirt);
	k.arena.size = memory;
}

/* A table that means one thing with records of 12 bytes, and another with records of 24. */
static void two_record_sizes(void **state)
{
	const uint64_t table = 0x7f0000, images = 0x800000;
	static const uint8_t no_image;

	(void)state;
	*section(SITES_LINUX_ALTERNATIVES) = (struct image_window){ span(k.image + 0x6000, 24), table };
	*section(SITES_LINUX_REPLACEMENTS) = (struct image_window){ span(&no_image, 0), images };
	for (unsigned i = 0; i < SITES_LINUX_ALTERNATIVES; i++)
		section((enum sites_linux_section)i)->bytes.size = 0;
	put(KERNEL + 0x6000 + 4, images - (table + 4), 4);
	put(KERNEL + 0x6000 + 8, images, 8);
	put(KERNEL + 0x6000 + 16, images - (table + 16), 4);
	refused(ERROR_LINUX_RECORD_SIZE, SITES_LINUX_ALTERNATIVES, 1, 2);
}

static void lengths(void **state)
{
	uint64_t record;

	(void)state;
	record = add_alternative(TEXT, 7, 0, 3, "abc", 3);
	put(record + 12, 2, 1);
	refused(ERROR_LINUX_LENGTH, SITES_LINUX_ALTERNATIVES, 0, 2);
	kernel_begin(14);
	add_alternative(TEXT, 7, 0, 1, "a", 1);
	add_alternative(TEXT + 2, 7, 0, 0, "", 0);
	refused(ERROR_LINUX_LENGTH, SITES_LINUX_ALTERNATIVES, 1, 0);
	kernel_begin(13);
	record = add_alternative(TEXT, 7, 0, 3, "abc", 3);
	put(record + 12, 3, 1);
	assert_fine(verify());
	put(record + 12, 4, 1);
	refused(ERROR_LINUX_LENGTH, SITES_LINUX_ALTERNATIVES, 0, 3);
}

static void features(void **state)
{
	uint64_t record;

	(void)state;
	record = add_alternative(TEXT, 1023, 0, 3, "abc", 3);
	assert_fine(verify());
	put(record + 8, 1024, 2);
	refused(ERROR_LINUX_FEATURE, SITES_LINUX_ALTERNATIVES, 0, 1024);
	put(record + 8, 7, 2);
	put(record + 10, 4, 2);
	refused(ERROR_LINUX_FEATURE, SITES_LINUX_ALTERNATIVES, 0, 4);
}

static void sites_outside(void **state)
{
	const uint64_t end = TEXT + places[SITES_LINUX_TEXT].size;
	static const uint64_t outside[] = {
		TEXT - 1, KERNEL + 0x6000, KERNEL + 0x8000, INIT - 1, INIT + 0xfe, 0, KERNEL - 0x70000000,
	};

	(void)state;
	add_alternative(end - 3, 7, 0, 3, "abc", 3);
	add_alternative(INIT + 0xfd, 7, 0, 3, "abc", 3);
	add_alternative(KERNEL + 0x503d, 7, 0, 3, "abc", 3);
	assert_fine(verify());
	for (unsigned i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		kernel_begin(24);
		add_alternative(TEXT + 9, 7, 0, 3, "abc", 3);
		add_alternative(outside[i], 7, 0, 3, "abc", 3);
		refused(ERROR_LINUX_SITE, SITES_LINUX_ALTERNATIVES, 1, outside[i]);
	}
	kernel_begin(14);
	add_alternative(end - 2, 7, 0, 3, "abc", 3);
	refused(ERROR_LINUX_SITE, SITES_LINUX_ALTERNATIVES, 0, end - 2);
	kernel_begin(14);
	add_lock(KERNEL + 0x8000, 0xf0);
	refused(ERROR_LINUX_SITE, SITES_LINUX_LOCKS, 0, KERNEL + 0x8000);
	kernel_begin(14);
	put(add_paravirt(TEXT, 1), KERNEL, 8);
	refused(ERROR_LINUX_SITE, SITES_LINUX_PARAVIRT, 0, KERNEL);
}

static void shared_sites(void **state)
{
	(void)state;
	/* Two that overlap, in either order. */
	add_alternative(TEXT, 7, 0, 3, "abc", 3);
	add_alternative(TEXT + 2, 7, 0, 3, "abc", 3);
	refused(ERROR_LINUX_SHARED, SITES_LINUX_ALTERNATIVES, 1, TEXT);
	kernel_begin(14);
	add_alternative(TEXT + 2, 7, 0, 3, "abc", 3);
	add_alternative(TEXT, 7, 0, 3, "abc", 3);
	refused(ERROR_LINUX_SHARED, SITES_LINUX_ALTERNATIVES, 0, TEXT);
	/* One that begins inside the longer record of a nest. */
	kernel_begin(14);
	add_alternative(TEXT, 7, 0, 9, "abc", 3);
	add_alternative(TEXT, 7, 0, 3, "abc", 3);
	add_alternative(TEXT + 8, 7, 0, 3, "abc", 3);
	refused(ERROR_LINUX_SHARED, SITES_LINUX_ALTERNATIVES, 2, TEXT);
	/* One site whose records do not follow one another. */
	kernel_begin(14);
	add_alternative(TEXT, 7, 0, 3, "abc", 3);
	add_alternative(TEXT + 3, 7, 0, 3, "abc", 3);
	add_alternative(TEXT, 7, 0, 3, "abc", 3);
	refused(ERROR_LINUX_SHARED, SITES_LINUX_ALTERNATIVES, 2, TEXT);
	/* The other tables too. */
	kernel_begin(14);
	add_lock(TEXT, 0xf0);
	add_lock(TEXT + 1, 0xf0);
	add_lock(TEXT, 0xf0);
	refused(ERROR_LINUX_SHARED, SITES_LINUX_LOCKS, 2, TEXT);
	kernel_begin(14);
	for (unsigned i = 0; i < 2; i++) {
		add_paravirt(TEXT, 1);
		add_paravirt(TEXT + 6, 2);
	}
	refused(ERROR_LINUX_SHARED, SITES_LINUX_PARAVIRT, 2, TEXT);
}

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
		*section(tables[i]) = (struct image_window){ .address = KERNEL };
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

/* Virtual addresses that a key cannot hold. */
static void addresses(void **state)
{
	(void)state;
	section(SITES_LINUX_EXIT_TEXT)->address = TEXT - 0x80000000;
	assert_fine(verify());
	section(SITES_LINUX_EXIT_TEXT)->address = UINT64_MAX - 3;
	assert_error(verify(), ERROR_TEXT_WINDOW);
	section(SITES_LINUX_EXIT_TEXT)->address = TEXT - UINT64_C(0x100000000);
	assert_error(verify(), ERROR_TEXT_WINDOW);
}

/* The window is of memory, not of virtual addresses. */
static void windows(void **state)
{
	struct text_window text;

	(void)state;
	section(SITES_LINUX_EXIT_TEXT)->address = 5;
	assert_fine(sites_linux_window(&k.tables, &text));
	assert_ptr_equal(text.run, k.image + 0x100);
	assert_ptr_equal(text.write, text.run);
	assert_true(text.address == (uint64_t)text.run);
	assert_int_equal(text.length, 0x5040 - 0x100);
	section(SITES_LINUX_EXIT_TEXT)->bytes.at += UINT64_C(0x100000000);
	assert_error(sites_linux_window(&k.tables, &text), ERROR_TEXT_WINDOW);
	memset(&k.tables, 0, sizeof(k.tables));
	assert_fine(sites_linux_window(&k.tables, &text));
	assert_int_equal(text.length, 0);
}

static void memory(void **state)
{
	(void)state;
	add_lock(TEXT, 0xf0);
	add_lock(TEXT + 1, 0xf0);
	assert_int_equal(sites_linux_verify_space(&k.tables), 2 * 16 + 8);
	k.arena.size = 2 * 16 + 8;
	assert_fine(verify());
	k.arena.size--;
	assert_error(verify(), ERROR_SITE_MEMORY);
	/* The largest table counts. */
	add_paravirt(TEXT + 6, 1);
	add_alternative(TEXT + 16, 7, 0, 3, "abc", 3);
	assert_int_equal(sites_linux_verify_space(&k.tables), 2 * 16 + 8);
	for (unsigned i = 2; i < 5; i++)
		add_paravirt(TEXT + 6 * i, i);
	assert_int_equal(sites_linux_verify_space(&k.tables), 4 * 16 + 8);
	section(SITES_LINUX_PARAVIRT)->bytes.size -= 6;
	assert_int_equal(sites_linux_verify_space(&k.tables), 4 * 16 + 8);
	for (unsigned i = 1; i < 5; i++)
		add_alternative(TEXT + 16 + 3 * i, 7, 0, 3, "abc", 3);
	assert_int_equal(sites_linux_verify_space(&k.tables), 5 * 16 + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing, begin),
		cmocka_unit_test_setup(record_sizes, begin),
		cmocka_unit_test_setup(inverted_features, begin),
		cmocka_unit_test_setup(broken_chains, begin),
		cmocka_unit_test_setup(replacements_of_no_record, begin),
		cmocka_unit_test_setup(torn_tables, begin),
		cmocka_unit_test_setup(endless_tables, begin),
		cmocka_unit_test_setup(two_record_sizes, begin),
		cmocka_unit_test_setup(lengths, begin),
		cmocka_unit_test_setup(features, begin),
		cmocka_unit_test_setup(sites_outside, begin),
		cmocka_unit_test_setup(shared_sites, begin),
		cmocka_unit_test_setup(paravirt_calls, begin),
		cmocka_unit_test_setup(paravirt_forms, begin),
		cmocka_unit_test_setup(direct_calls, begin),
		cmocka_unit_test_setup(locks, begin),
		cmocka_unit_test_setup(sites_elsewhere, begin),
		cmocka_unit_test_setup(each_by_itself, begin),
		cmocka_unit_test_setup(locks_in_unsound_sites, begin),
		cmocka_unit_test_setup(addresses, begin),
		cmocka_unit_test_setup(windows, begin),
		cmocka_unit_test_setup_teardown(memory, begin, kernel_end),
	};

	return cmocka_run_group_tests_name("sites_linux", tests, NULL, NULL);
}
