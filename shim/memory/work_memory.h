/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work_memory.c: memory that the story may use before anything is moved.
 */
#ifndef LULL_SHIM_MEMORY_WORK_MEMORY_H
#define LULL_SHIM_MEMORY_WORK_MEMORY_H

#include <core/boot_info.h>
#include <shim/memory/free_memory.h>
#include <shim/payload/payload.h>

/*
 * RAM from the first MiB to 4 GiB in which nothing lies that is still wanted: not the shim, its embedded image, a module,
 * or an unpacked kernel.  What is taken of it is to be asked for by machine_reach().
 */
struct free_memory work_memory(const struct boot_info *info, const struct payload *payload);

#endif
