/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks of the machine, as the story sees them.  pv/machine.c implements this over the drivers (pv/xen/, pv/virtio/).
 */
#ifndef LULL_CORE_DISKS_H
#define LULL_CORE_DISKS_H

#include <core/boot_info.h>
#include <core/disk.h>

/* A machine with more of them has them passed over. */
#define MACHINE_MAX_DISKS 8
/* "xvdaa15" and its terminator, with room to spare. */
#define DISK_NAME_SIZE 16

struct machine_disk {
	struct disk disk;
	char name[DISK_NAME_SIZE];
	/* Brings the disk into use; until then its size is not known.  NULL: it is.  Called by machine_disk_connect() alone. */
	struct error (*connect)(struct machine_disk *disk);
};

struct machine_disks {
	/* In the order in which the machine lists them. */
	uint32_t count;
	struct machine_disk disk[MACHINE_MAX_DISKS];
	/* Why a disk could not be given back, for the next kernel to find. */
	struct error left[MACHINE_MAX_DISKS];
	/* How many more the machine has. */
	uint32_t passed_over;
};

/*
 * Finds the machine's disks, and leaves them alone until each is connected.  Errors: those that concern all disks.
 */
struct error machine_disks_open(const struct boot_info *info, struct machine_disks *disks);

/*
 * Makes a disk readable, once or again.  What reads from it may write to any memory that machine_reach() has taken.
 * Errors: the driver's.
 */
static inline struct error machine_disk_connect(struct machine_disk *disk)
{
	return disk->connect ? disk->connect(disk) : error_none();
}

/*
 * Gives the disks back as if nobody had used them, also after an error of machine_disks_open().  Errors: what a device
 * does not give back, so that the machine cannot be handed over.
 */
struct error machine_disks_close(struct machine_disks *disks);

#endif
