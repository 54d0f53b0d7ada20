/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_disk.c: the kernel on the machine's own disks.  It is read into memory as if the loader had passed it as a module, and
 * from there the story is the same.
 */
#ifndef LULL_SHIM_BOOT_DISK_H
#define LULL_SHIM_BOOT_DISK_H

#include <core/boot_info.h>

/* Whether a disk is to be looked at: nothing else holds a kernel, or lull.disk= asks for it. */
bool boot_disk_is_wanted(const struct boot_info *info);

/*
 * Looks through the disks, reads the kernel that is chosen and its initrd, makes them the modules of `info`, and says so.  The
 * words of the loader are put behind the options of what was chosen.  Without a disk nothing happens.
 * Errors: BOOT_ENTRY_NONE, DISK_MEMORY, CMDLINE_BUFFER, and those of machine_disks_open() and machine_disks_close().
 */
struct error boot_disk(struct boot_info *info);

#endif
