/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISO images with one of each kind of file, for the tests and the fuzzers. */
#ifndef LULL_TESTS_ISO_TREE_H
#define LULL_TESTS_ISO_TREE_H

#include <string.h>

#include <shim/disk/iso.h>

#include "builder.h"

enum {
	/* Sectors. */
	ISO_PRIMARY = 16, ISO_BOOT, ISO_JOLIET, ISO_END, ISO_ROOT, ISO_SUB = 22, ISO_MOVED, ISO_JOLIET_ROOT, ISO_MORE, ISO_FILE = 30,
	ISO_FILE2 = 33, ISO_SECTORS = 40,
	/* Where the fields of the root's first record are, and that of the block size. */
	ISO_ROOT_FIELDS = ISO_ROOT * ISO_SECTOR + 34,
	ISO_BLOCK_SIZE = ISO_PRIMARY * ISO_SECTOR + 128,
};

static inline uint64_t iso_sector(unsigned sector) { return sector * UINT64_C(2048); }

/* A record; `fields` is what Rock Ridge says.  Returns where the next one is. */
static inline uint64_t iso_put(struct file image, uint64_t at, unsigned sector, uint32_t size, unsigned flags, struct span name,
			       struct span fields)
{
	const unsigned begin = (unsigned)(ISO_RECORD_NAME + name.size + 1) & ~1u;

	image.at[at] = (uint8_t)(begin + fields.size);
	file_put(image, at + ISO_RECORD_EXTENT, sector, 4);
	file_put(image, at + ISO_RECORD_SIZE, size, 4);
	image.at[at + ISO_RECORD_FLAGS] = (uint8_t)flags;
	image.at[at + ISO_RECORD_NAME_LENGTH] = (uint8_t)name.size;
	memcpy(image.at + at + ISO_RECORD_NAME, name.at, name.size);
	memcpy(image.at + at + begin, fields.at, fields.size);
	return at + begin + fields.size;
}

#define ISO_TEXT(text) span(text, sizeof(text) - 1)

static inline void iso_put_descriptor(struct file image, unsigned sector, unsigned type, unsigned root)
{
	const uint64_t at = iso_sector(sector);

	image.at[at] = (uint8_t)type;
	memcpy(image.at + at + 1, "CD001\1", 6);
	memset(image.at + at + 40, ' ', 32);
	memcpy(image.at + at + 40, "VOLUME", 6);
	file_put(image, at + 128, 2048, 2);
	iso_put(image, at + 156, root, 2048, ISO_FLAG_DIRECTORY, span("", 1), ISO_TEXT(""));
	memcpy(image.at + at + 813, "2026010203040506", 16);
	memcpy(image.at + at + 830, "2027111213141516", 16);
}

/* The root as Rock Ridge has it.  The file "long" has its name in two fields, of which one is in another area. */
static inline void iso_put_root(struct file image)
{
	uint64_t at = iso_sector(ISO_ROOT);

	at = iso_put(image, at, ISO_ROOT, 4096, 2, span("", 1), ISO_TEXT("SP\7\1\xbe\xef\0"));
	at = iso_put(image, at, ISO_ROOT, 4096, 2, span("\1", 1), ISO_TEXT(""));
	at = iso_put(image, at, ISO_FILE, 3000, 0, ISO_TEXT("PLAIN.TXT;1"), ISO_TEXT("PX\x8\1\xa4\x81\0\0NM\xa\1\0Plain"));
	at = iso_put(image, at, ISO_FILE, 3000, 4, ISO_TEXT("FORK.;1"), ISO_TEXT("NM\xa\1\0fork!"));
	at = iso_put(image, at, ISO_SUB, 2048, 2, ISO_TEXT("SUB"), ISO_TEXT("XX\4\1PX\x8\1\xed\x41\0\0NM\x8\1\0sub"));
	at = iso_put(image, at, 0, 0, 0, ISO_TEXT("LINK.;1"), ISO_TEXT("PX\x8\1\xff\xa1\0\0NM\x9\1\0linkSL\x17\1\0\0\3sub\4\0\2\0\1\2Pl\0\3ain"));
	iso_put(image, at, ISO_FILE, 10, 0, ISO_TEXT("LONG.;1"), ISO_TEXT("PX\x8\1\xa4\x81\0\0NM\xa\1\1abcdeCE\x1c\1\x19\0\0\0\0\0\0\0\x10"
			"\0\0\0\0\0\0\0\x17\0\0\0\0\0\0\0NM\x6\1\0x"));
	/* The second sector of the directory; "big" has two parts, of which the second is elsewhere. */
	at = iso_sector(ISO_ROOT + 1);
	at = iso_put(image, at, ISO_FILE, 4096, 0x80, ISO_TEXT("BIG.;1"), ISO_TEXT("NM\x8\1\0big"));
	at = iso_put(image, at, ISO_FILE2, 1000, 0, ISO_TEXT("BIG.;1"), ISO_TEXT("NM\x8\1\0big"));
	at = iso_put(image, at, 0, 0, 0, ISO_TEXT("DEEP"), ISO_TEXT("NM\x9\1\0deepCL\xc\1\x17\0\0\0\0\0\0\0"));
	at = iso_put(image, at, ISO_MOVED, 2048, 2, ISO_TEXT("DEEP2"), ISO_TEXT("NM\x9\1\0deepRE\4\1"));
	at = iso_put(image, at, ISO_FILE, 100, 0, ISO_TEXT("PACKED.;1"), ISO_TEXT("NM\xb\1\0packedZF\x10\1pz\4\x0f\0\0\0\0\0\0\0\0"));
	at = iso_put(image, at, 0, 0, 0, ISO_TEXT("FAR.;1"), ISO_TEXT("PX\x8\1\xff\xa1\0\0NM\x8\1\0farSL\xf\1\1\x8\0\0\4deep"
			"\0\0ST\4\1SL\4\1\0"));
	iso_put(image, at, ISO_FILE2, 5, 0, ISO_TEXT("NAME.ME;1"), ISO_TEXT(""));
	/* What stands in the other area: the rest of the name, and the end of all fields. */
	memcpy(image.at + iso_sector(ISO_MORE) + 0x10, "NM\xa\1\0fghijST\4\1NM\x9\1\0nope", 23);
}

static inline void iso_put_joliet(struct file image)
{
	uint64_t at = iso_sector(ISO_JOLIET_ROOT);

	iso_put_descriptor(image, ISO_JOLIET, 2, ISO_JOLIET_ROOT);
	memcpy(image.at + iso_sector(ISO_JOLIET) + 88, "%/E", 3);
	at = iso_put(image, at, ISO_JOLIET_ROOT, 2048, 2, span("", 1), ISO_TEXT(""));
	at = iso_put(image, at, ISO_JOLIET_ROOT, 2048, 2, span("\1", 1), ISO_TEXT(""));
	at = iso_put(image, at, ISO_FILE, 3000, 0, ISO_TEXT("\0P\0l\0\xe4\0n\xd8\x3d\xde\0\0;\0001"), ISO_TEXT(""));
	at = iso_put(image, at, ISO_FILE, 3000, 0, ISO_TEXT("\0d\0o\0t\0.\0."), ISO_TEXT(""));
	iso_put(image, at, ISO_FILE2, 1, 0, ISO_TEXT("\0x\0."), ISO_TEXT(""));
}

static inline struct file build_iso_tree(bool has_rock, bool has_joliet)
{
	struct file image = file_new(iso_sector(ISO_SECTORS));
	uint64_t at = iso_sector(ISO_SUB);

	iso_put_descriptor(image, ISO_PRIMARY, 1, ISO_ROOT);
	file_put(image, iso_sector(ISO_PRIMARY) + 156 + ISO_RECORD_SIZE, 4096, 4);
	iso_put_descriptor(image, ISO_BOOT, 0, 0);
	iso_put_descriptor(image, ISO_JOLIET, 2, ISO_ROOT);
	iso_put_descriptor(image, ISO_END, 255, 0);
	if (has_joliet)
		iso_put_joliet(image);
	iso_put_root(image);
	if (!has_rock)
		memset(image.at + ISO_ROOT_FIELDS, 0, 2);
	at = iso_put(image, at, ISO_SUB, 2048, 2, span("", 1), ISO_TEXT(""));
	iso_put(image, at, ISO_FILE2, 5, 0, ISO_TEXT("A.;1"), ISO_TEXT("NM\x6\1\0a"));
	at = iso_put(image, iso_sector(ISO_MOVED), ISO_MOVED, 2048, 2, span("", 1), ISO_TEXT(""));
	iso_put(image, at, ISO_FILE2, 5, 0, ISO_TEXT("A.;1"), ISO_TEXT("NM\x6\1\0b"));
	memset(image.at + iso_sector(ISO_FILE), 'p', 3 * 2048);
	memset(image.at + iso_sector(ISO_FILE2), 'q', 2048);
	return image;
}

#endif
