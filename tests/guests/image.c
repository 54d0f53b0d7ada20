/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image itself: loaded whole, and every page of it ours.
 */
#include "guest.h"

#ifndef BIG_BSS
#define BIG_BSS (1u << 20)
#endif
#define TABLE_WORDS 65536u

extern uint32_t table[TABLE_WORDS];
extern uint8_t bss_start[], bss_end[];

/* Large, so that a loader that zeroes only the first pages is seen. */
static volatile uint8_t big_bss[BIG_BSS];
static volatile uint32_t data_words[4] = { 0x11223344, 0x55667788, 0x99aabbcc, 0xddeeff00 };

uintptr_t image_bss_wrong(void)
{
	for (const volatile uint8_t *at = bss_start; at < bss_end; at++)
		if (*at)
			return (uintptr_t)at;
	return 0;
}

static bool image_data_good(void)
{
	return data_words[0] == 0x11223344 && data_words[1] == 0x55667788 && data_words[2] == 0x99aabbcc &&
	       data_words[3] == 0xddeeff00;
}

/* The index of the first wrong word of table.S; TABLE_WORDS when all are right. */
static uint32_t image_table_wrong(void)
{
	const volatile uint32_t *words = table;
	uint32_t word = 0x4c554c4c;

	for (uint32_t i = 0; i < TABLE_WORDS; i++) {
		if (words[i] != word)
			return i;
		word = word * 1664525 + 1013904223;
	}
	return TABLE_WORDS;
}

void *image_table(void) { return table; }

/* The pages of .bss are this guest's own and hold nothing: each must keep what is written to it. */
static void check_own_bss(void)
{
	for (uint32_t i = 0; i < BIG_BSS; i += PAGE)
		big_bss[i] = (uint8_t)(i / PAGE | 1);
	if (fault("own-bss"))
		big_bss[BIG_BSS / 2] = 0;
	for (uint32_t i = 0; i < BIG_BSS; i += PAGE)
		if (big_bss[i] != (uint8_t)(i / PAGE | 1)) {
			wrong("a page of our own .bss does not keep what is written: %llx", (uint64_t)(uintptr_t)&big_bss[i]);
			return;
		}
}

void check_image(void)
{
	uint32_t bad;

	if (fault("data"))
		data_words[2] = 0;
	if (fault("table"))
		table[40000] ^= 0x100;
	bad = image_table_wrong();
	if (!image_data_good())
		wrong(".data does not have its initial values");
	if (bad != TABLE_WORDS)
		wrong("our own image is damaged at %llx", (uint64_t)(uintptr_t)&table[bad]);
	check_own_bss();
}
