/* SPDX-License-Identifier: MIT */
/* The verifier of Linux's tables: what it finds in sound ones, and each way in which one can be unsound. */
#include "test_sites_linux.h"

static const unsigned sizes[] = { 12, 13, 14, 24 };

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

/* A record of which one byte is missing is not read at all. */
static void torn_record(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct alternative none = { 0 };
		struct alternative record;

		kernel_begin(sizes[i]);
		add_alternative(TEXT + 16, 7, 0, 9, "abc", 3);
		record = alternative_read(&k.tables, alternative_layout(sizes[i]), 0);
		assert_int_equal(record.site, TEXT + 16);
		section(SITES_LINUX_ALTERNATIVES)->bytes.size--;
		record = alternative_read(&k.tables, alternative_layout(sizes[i]), 0);
		assert_memory_equal(&record, &none, sizeof(none));
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
	*section(SITES_LINUX_ALTERNATIVES) = (struct linked_bytes){ span(k.image + 0x6000, 24), table };
	*section(SITES_LINUX_REPLACEMENTS) = (struct linked_bytes){ span(&no_image, 0), images };
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
	struct patched_text text;

	(void)state;
	section(SITES_LINUX_EXIT_TEXT)->address = 5;
	assert_fine(sites_linux_text(&k.tables, &text));
	assert_ptr_equal(text.run, k.image + 0x100);
	assert_ptr_equal(text.write, text.run);
	assert_true(text.address == (uint64_t)text.run);
	assert_int_equal(text.length, 0x5040 - 0x100);
	section(SITES_LINUX_EXIT_TEXT)->bytes.at += UINT64_C(0x100000000);
	assert_error(sites_linux_text(&k.tables, &text), ERROR_TEXT_WINDOW);
	memset(&k.tables, 0, sizeof(k.tables));
	assert_fine(sites_linux_text(&k.tables, &text));
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
	return RUN_TESTS_WITH(begin, kernel_end, "sites_linux", nothing, record_sizes, torn_record,
			      inverted_features, broken_chains, replacements_of_no_record, torn_tables,
			      endless_tables, two_record_sizes, lengths, features, sites_outside, shared_sites, addresses,
			      windows, memory);
}
