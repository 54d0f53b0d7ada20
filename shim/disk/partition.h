/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * partition.c, gpt.c, mbr.c: where the partitions of a disk are (UEFI specification 2.10, chapter 5).
 */
#ifndef LULL_SHIM_DISK_PARTITION_H
#define LULL_SHIM_DISK_PARTITION_H

#include <stdbool.h>

#include <core/disk.h>
#include <core/span.h>

enum partition_scheme {
	/* No table: the disk may be a file system as a whole. */
	PARTITION_NONE,
	PARTITION_GPT,
	PARTITION_MBR,
};

/* What a partition is for, of what matters to a boot loader (UAPI.3, UAPI.1). */
enum partition_role {
	PARTITION_OTHER,
	PARTITION_ESP,
	PARTITION_XBOOTLDR,
};

struct partition {
	/* As Linux counts: from 1; logical ones from 5. */
	uint32_t number;
	enum partition_role role;
	/* In bytes, inside the disk. */
	uint64_t start;
	uint64_t size;
	/* Of GPT: its own GUID as the table has it. */
	uint8_t guid[16];
};

/* More than a disk has; what is beyond is counted only. */
#define PARTITION_MOST 128

struct partition_table {
	enum partition_scheme scheme;
	uint32_t count;
	uint32_t left_out;
	/* A GPT whose first copy is broken, so that the second counts. */
	bool is_backup;
	struct partition partition[PARTITION_MOST];
};

/*
 * Reads the table of a disk.  No table is no error.  On an error, `out` holds the partitions before what is broken.
 * A partition that ends behind the disk ends with it; one that begins there is none.
 * Errors: GPT_FIELD, GPT_CHECKSUM (both copies are broken; of the second), MBR_CHAIN, and what disk_read() returns.
 */
struct error partition_table_read(struct disk *disk, struct partition_table *out);

/* A partition as a disk. */
struct disk_part {
	/* To read through; its context is this structure, which must stay where it is. */
	struct disk disk;
	struct disk *whole;
	uint64_t start;
	/* Linux's name: "xvda2", "nvme0n1p2"; cut where it is too long. */
	char name[40];
};

/* Makes a disk of a partition.  `part` and `whole` must stay where they are; what is returned is `part`'s own disk. */
struct disk *disk_part_open(struct disk_part *part, struct disk *whole, const struct partition *partition);

/* Of partition.c, for the readers of the two tables. */

/* Adds a partition that is given in sectors, unless it has none inside the disk. */
void partition_add(struct partition_table *table, const struct disk *disk, struct partition partition, uint64_t first,
		   uint64_t count, uint32_t sector_size);

/* gpt.c.  Reads the table of a disk whose first sector has an entry of type 0xee.  Errors: as partition_table_read(). */
struct error partition_read_gpt(struct disk *disk, struct partition_table *out);

/* mbr.c.  Reads a table in a disk's first sector, and the chain of logical partitions behind it.  Errors: MBR_CHAIN, the disk's. */
struct error partition_read_mbr(struct disk *disk, struct span first_sector, struct partition_table *out);

/* Of an entry of an MBR: its place in the sector, and its fields. */
#define MBR_ENTRIES    446
#define MBR_ENTRY_SIZE 16

struct mbr_entry {
	uint8_t flag;
	uint8_t type;
	uint32_t first;
	uint32_t count;
};

/* Entry `index` (0 to 3) of the table in a sector of at least 512 bytes as it stands there. */
struct mbr_entry mbr_entry(struct span sector, unsigned index);

#endif
