/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <shim/disk/fs.h>

/* The bytes that tell each of them, and where they lie. */
static const struct unread {
	const char *name;
	uint32_t offset;
	uint32_t size;
	const char *magic;
} known[] = {
	{ "crypto_LUKS", 0, 6, "LUKS\xba\xbe" },
	/* The label of a physical volume is in one of the first four sectors; pvcreate takes the second. */
	{ "LVM2_member", 512, 8, "LABELONE" },
	{ "LVM2_member", 0, 8, "LABELONE" },
	{ "LVM2_member", 1024, 8, "LABELONE" },
	{ "LVM2_member", 1536, 8, "LABELONE" },
	/* Metadata 1.2 and 1.1; in front of 1.0 and 0.90 lies what the array holds, which is read as it is. */
	{ "linux_raid_member", 4096, 4, "\xfc\x4e\x2b\xa9" },
	{ "linux_raid_member", 0, 4, "\xfc\x4e\x2b\xa9" },
	/* At the end of a page, which has 4096 bytes on x86. */
	{ "swap", 4086, 10, "SWAPSPACE2" },
	{ "ntfs", 3, 8, "NTFS    " },
	{ "exfat", 3, 8, "EXFAT   " },
	{ "squashfs", 0, 4, "hsqs" },
	{ "erofs", 1024, 4, "\xe2\xe1\xf5\xe0" },
	{ "f2fs", 1024, 4, "\x10\x20\xf5\xf2" },
	{ "bcachefs", 4096 + 24, 8, "\xc6\x85\x73\xf6\x66\xce\x90\xa9" },
	{ "udf", 32769, 5, "BEA01" },
};

const char *fs_unread_name(struct disk *disk)
{
	uint8_t bytes[10];

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!failed(disk_read(disk, known[i].offset, bytes, known[i].size)) &&
		    span_is(span(bytes, known[i].size), 0, known[i].magic, known[i].size))
			return known[i].name;
	return NULL;
}
