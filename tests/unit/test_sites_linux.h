/* SPDX-License-Identifier: MIT */
/* A small kernel for the tests of Linux's tables: seven sections in one image, filled record by record. */
#ifndef LULL_TESTS_SITES_LINUX_H
#define LULL_TESTS_SITES_LINUX_H

#include "test_engine.h"

#include <pv/engine/linux/linux_alternatives.h>
#include <pv/engine/linux/sites_linux.h>

#define KERNEL UINT64_C(0xffffffff81000000)
#define IMAGE_SIZE 0x10000
#define TEXT (KERNEL + 0x100)
#define INIT (KERNEL + 0x4000)
#define SLOTS (KERNEL + 0x800000)
#define BUG (KERNEL + 0x3000)

/* Numbers of cpufeatures.h. */
#define POPCNT (4 * 32 + 23)
#define CX16   (4 * 32 + 13)
#define RDTSCP (1 * 32 + 27)
#define PREFETCH (6 * 32 + 8)
#define ERMS   (9 * 32 + 9)
#define FSRM   (18 * 32 + 4)
#define CLWB   (9 * 32 + 24)
#define CLFLUSHOPT (9 * 32 + 23)
/* A feature that Linux decides. */
#define REP_GOOD (3 * 32 + 16)

static const struct {
	uint32_t offset;
	uint32_t size;
} places[SITES_LINUX_SECTIONS] = {
	[SITES_LINUX_TEXT] = { 0x100, 0x1000 },
	[SITES_LINUX_INIT_TEXT] = { 0x4000, 0x100 },
	[SITES_LINUX_EXIT_TEXT] = { 0x5000, 0x40 },
	[SITES_LINUX_ALTERNATIVES] = { 0x6000, 0 },
	[SITES_LINUX_REPLACEMENTS] = { 0x8000, 0 },
	[SITES_LINUX_PARAVIRT] = { 0xa000, 0 },
	[SITES_LINUX_LOCKS] = { 0xc000, 0 },
};

static struct {
	uint8_t image[IMAGE_SIZE] __attribute__((aligned(16)));
	/* Of a record of .altinstructions. */
	unsigned record_size;
	struct sites_linux tables;
	struct arena arena;
	struct sites_linux_found found;
} k;

static inline struct linked_bytes *section(enum sites_linux_section which) { return &k.tables.section[which]; }

static inline uint8_t *at(uint64_t address) { return k.image + (address - KERNEL); }

/* Starts again with text and no tables. */
static inline void kernel_begin(unsigned record_size)
{
	free(k.arena.at);
	memset(&k, 0, sizeof(k));
	k.record_size = record_size;
	k.arena = arena_make(1 << 16);
	for (unsigned i = 0; i < SITES_LINUX_SECTIONS; i++)
		k.tables.section[i] = (struct linked_bytes){
			span(k.image + places[i].offset, places[i].size), KERNEL + places[i].offset,
		};
}

/* For cmocka, before and behind each case. */
static inline int begin(void **state)
{
	(void)state;
	kernel_begin(14);
	return 0;
}

static inline int kernel_end(void **state)
{
	(void)state;
	free(k.arena.at);
	k.arena.at = NULL;
	return 0;
}

static inline void put(uint64_t address, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at(address)[i] = (uint8_t)(value >> (8 * i));
}

/* Takes bytes at the end of a table; returns their address. */
static inline uint64_t extend(enum sites_linux_section which, unsigned bytes)
{
	struct linked_bytes *window = section(which);
	uint64_t address = window->address + window->bytes.size;

	window->bytes.size += bytes;
	return address;
}

/* Adds a record of .altinstructions and its replacement; returns the record's address. */
static inline uint64_t add_alternative(uint64_t site, unsigned feature, unsigned flags, unsigned length,
				       const void *replacement, unsigned replacement_length)
{
	uint64_t record = extend(SITES_LINUX_ALTERNATIVES, k.record_size);
	uint64_t bytes = extend(SITES_LINUX_REPLACEMENTS, replacement_length);
	unsigned word = k.record_size == 24 ? 8 : 4, lengths = k.record_size == 24 ? 18 : k.record_size == 14 ? 12 : 10;

	memcpy(at(bytes), replacement, replacement_length);
	put(record, word == 8 ? site : site - record, word);
	put(record + word, word == 8 ? bytes : bytes - (record + word), word);
	if (k.record_size == 14)
		put(record + 10, flags, 2);
	else if (flags != 0)
		feature |= 0x8000;
	put(record + 2 * word, feature, 2);
	put(record + lengths, length, 1);
	put(record + lengths + 1, replacement_length, 1);
	return record;
}

/* A direct call of Linux 6.8: call *slot(%rip) at the site, call BUG_func as its replacement. */
static inline uint64_t add_direct_call(uint64_t site, uint64_t slot)
{
	uint64_t from = section(SITES_LINUX_REPLACEMENTS)->address + section(SITES_LINUX_REPLACEMENTS)->bytes.size;
	uint8_t call[5] = { 0xe8 };
	uint32_t displacement = (uint32_t)(BUG - (from + 5));

	memcpy(call + 1, &displacement, 4);
	put(site, 0x15ff, 2);
	put(site + 2, slot - (site + 6), 4);
	return add_alternative(site, ALTERNATIVE_ALWAYS, ALTERNATIVE_CALL, 6, call, 5);
}

static inline uint64_t add_paravirt(uint64_t site, unsigned type)
{
	uint64_t record = extend(SITES_LINUX_PARAVIRT, 16);

	put(record, site, 8);
	put(record + 8, type, 1);
	put(record + 9, 6, 1);
	put(site, 0x15ff, 2);
	put(site + 2, SLOTS + 8 * type - (site + 6), 4);
	return record;
}

static inline uint64_t add_lock(uint64_t site, uint8_t byte)
{
	uint64_t record = extend(SITES_LINUX_LOCKS, 4);

	put(record, site ? site - record : 0, 4);
	if (site)
		put(site, byte, 1);
	return record;
}

/* What is wrong with all tables, or else with the first that is not sound. */
static inline struct error verify(void)
{
	struct error error;

	k.arena.used = 0;
	error = sites_linux_verify(&k.tables, &k.arena, &k.found);
	assert_true(k.arena.used <= sites_linux_verify_space(&k.tables));
	for (unsigned i = 0; i < SITES_LINUX_SECTIONS && !failed(error); i++)
		error = k.found.unsound[i];
	return error;
}

/* Another section that is executed, beside the texts. */
static inline void add_executable(uint64_t address, uint64_t size)
{
	k.tables.executable[k.tables.executable_count++] = (struct linked_bytes){ span(at(address), size), address };
}

/* The table is refused for this record. */
static inline void refused(enum error_code code, enum sites_linux_section table, uint64_t record, uint64_t found)
{
	struct error error = verify();

	assert_error(error, code);
	assert_string_equal(error.subject, sites_linux_name[table]);
	assert_int_equal(error.expected, record);
	assert_true(error.found == found);
}

#endif
