/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.c: unpacks a kernel, into memory that nothing present lies in, and makes it the payload.
 */
#ifndef LULL_SHIM_UNPACK_KERNEL_H
#define LULL_SHIM_UNPACK_KERNEL_H

#include <core/boot_info.h>
#include <shim/payload/payload.h>

/*
 * Unpacks the kernel inside a PAYLOAD_LINUX_BZIMAGE as high as there is room below 4 GiB, clear of the shim, its
 * embedded image and the modules, and makes `payload` the ELF kernel that it is from then on.  The libraries' heap lies
 * below it and is free again afterwards.
 * Errors: UNPACK_MEMORY, REACH, and those of unpack() and payload_take_vmlinux().
 */
struct error unpack_kernel(const struct boot_info *info, struct payload *payload);

/*
 * The same for a payload that came packed.  What lull pack stored goes to where its segments are linked, if there is room:
 * then most of it is not moved any more.
 * Errors: UNPACK_MEMORY, REACH, and those of unpack_extents(), unpack_file() and payload_take_unpacked().
 */
struct error unpack_packed(const struct boot_info *info, struct payload *payload);

#endif
