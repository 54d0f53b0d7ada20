/* SPDX-License-Identifier: MIT */
/*
 * Every error, included by error.h once for each use: ERROR_CODE(NAME, number, title, expected, found, action).
 * 1-19 doors, 20-59 payloads and containers, 60-79 placement and hand-over, 80-99 the engine, 100-119 the machine.
 */
/* Doors. */
ERROR_CODE(START_INFO_MAGIC, 1, "start-info-magic",
	   "the PVH start_info magic %E", "%F",
	   "start this file by its PVH entry (xl type=\"pvh\", QEMU -kernel); another loader needs another door")
ERROR_CODE(START_INFO_REACH, 2, "start-info-reach",
	   "%S of the PVH start_info below 4 GiB and inside memory", "address %F",
	   "the loader handed over a broken start_info; report it to the loader")
ERROR_CODE(MEMORY_MAP_EMPTY, 3, "memory-map-empty",
	   "a memory map with at least one region of RAM", "%F regions and no RAM",
	   "give the guest memory, or fix the loader that passes the memory map")
ERROR_CODE(MEMORY_MAP_ENTRIES, 4, "memory-map-entries",
	   "at most %E regions in the memory map", "%F regions",
	   "use a loader or firmware that merges its memory map")
ERROR_CODE(MEMORY_MAP_ORDER, 5, "memory-map-order",
	   "memory regions in ascending order", "region %F begins below the one before it",
	   "fix the loader that passes the memory map")
ERROR_CODE(MEMORY_MAP_OVERLAP, 6, "memory-map-overlap",
	   "memory regions that do not overlap", "region %F begins inside the one before it",
	   "fix the loader that passes the memory map")
ERROR_CODE(MEMORY_MAP_WRAP, 7, "memory-map-wrap",
	   "memory regions that end below 2^64", "region %F wraps around",
	   "fix the loader that passes the memory map")
ERROR_CODE(MODULE_NONE, 8, "module-none",
	   "a kernel: a module, or an image inside lull.elf", "no module",
	   "pass a kernel or a UKI as ramdisk=/-initrd/module2, or build one image with lull pack")
ERROR_CODE(MODULE_REACH, 9, "module-reach",
	   "module %E inside the memory map", "it ends at %F",
	   "the loader handed over a module outside memory; report it to the loader")
ERROR_CODE(MULTIBOOT_MAGIC, 10, "multiboot-magic",
	   "the multiboot2 magic %E in eax", "%F",
	   "start this file with GRUB's multiboot2 command, not multiboot")
ERROR_CODE(MULTIBOOT_TAG, 11, "multiboot-tag",
	   "multiboot2 tags that lie inside their %E bytes", "a tag at offset %F that does not",
	   "the loader handed over broken boot information; report it to the loader")
ERROR_CODE(MODULE_COUNT, 12, "module-count",
	   "at most %E modules", "%F modules",
	   "pass the kernel as module 0 and the initrd as module 1, or one UKI")
ERROR_CODE(DOOR_CMDLINE, 13, "door-cmdline",
	   "a command line of the loader that ends within %E bytes", "no end",
	   "the loader handed over a broken command line; report it to the loader")
