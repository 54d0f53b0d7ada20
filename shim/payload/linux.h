/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.c: reads the setup header of a bzImage (Linux, Documentation/arch/x86/boot.rst, "the boot protocol").
 */
#ifndef LULL_SHIM_PAYLOAD_LINUX_H
#define LULL_SHIM_PAYLOAD_LINUX_H

#include <core/error.h>
#include <core/span.h>
#include <shim/payload/compression.h>

/* Offsets in the file, which are those in the zero page too (boot.rst, "The Real-Mode Kernel Header"). */
#define LINUX_SETUP_HEADER      0x1f1
#define LINUX_HEADER_JUMP       0x201
#define LINUX_HEADER_BASE       0x202

/* xloadflags (offset 0x236). */
#define LINUX_XLF_KERNEL_64     (1u << 0)
#define LINUX_XLF_ABOVE_4G      (1u << 1)

/* The 64-bit entry point lies this far into the protected-mode code (boot.rst, "64-bit Boot Protocol"). */
#define LINUX_ENTRY_64          0x200

struct linux_kernel {
	/* Version of the boot protocol: 0x20c is 2.12. */
	uint16_t protocol;
	/*
	 * The setup header, which belongs in the zero page at LINUX_SETUP_HEADER: up to 0x202 + byte 0x201, but all that the
	 * protocol has, and no further than the zero page has room for.  Empty where there is none (a zeroed structure).
	 */
	struct span setup_header;
	/* Where the protected-mode code begins in the file, and its bytes: syssize * 16, or as many as there are. */
	uint64_t code_offset;
	uint64_t code_size;
	bool relocatable;
	uint64_t pref_address;
	/* A power of two; 1 for a kernel that is not relocatable. */
	uint64_t kernel_alignment;
	/* Memory that the kernel needs from its run-time start until it has read the memory map; at least code_size. */
	uint64_t init_size;
	/* Address of the last byte that an initrd may take; below 4 GiB. */
	uint64_t initrd_addr_max;
	/* Longest command line, its terminator not counted. */
	uint32_t cmdline_size;
	uint16_t xloadflags;
	/* Where the header says that the compressed kernel is, in the code. */
	uint64_t payload_offset;
	uint64_t payload_length;
	/* The compressed kernel; empty when the header names none, or one that is not inside the code. */
	struct span compressed;
	enum compression compression;
	/* "6.1.0-56-amd64 (debian-kernel@...) #1 SMP ..."; empty when the header has none. */
	struct span version;
};

/* The setup header as it is in the file, nothing of it judged, and no field missing because its protocol is older. */
struct linux_header {
	uint8_t setup_sectors;
	uint16_t boot_flag;
	uint8_t jump;
	/* "HdrS". */
	bool has_magic;
	uint16_t protocol;
	uint8_t loadflags;
	uint32_t code32_start;
	uint32_t kernel_alignment;
	uint8_t relocatable;
	uint16_t xloadflags;
	uint32_t payload_offset;
	uint32_t payload_length;
	uint64_t pref_address;
	uint32_t init_size;
};

/* What lies outside the file is 0. */
struct linux_header linux_header_read(struct span file);

/* True when the file has the magic "HdrS" of the setup header. */
bool linux_is(struct span file);

/*
 * Reads the setup header; any protocol from 2.00 on, so that an old kernel can still be described.  Fields that its
 * protocol does not have, and those that a builder left 0, have the values that boot.rst gives for them, or are 0.
 * Errors: LINUX_TRUNCATED (the file ends inside a header or inside its code), LINUX_FIELD (a value no kernel has).
 */
struct error linux_parse(struct span file, struct linux_kernel *out);

/*
 * The same for a bzImage's setup code alone, all that is before its protected-mode code: nothing of that code is known, nor of
 * the compressed kernel in it, and init_size is what the header says.  Errors: as linux_parse().
 */
struct error linux_parse_setup(struct span setup, struct linux_kernel *out);

/* Whether the 64-bit entry can be used.  Errors: LINUX_PROTOCOL (older than 2.12), LINUX_ENTRY (a 32-bit kernel). */
struct error linux_check_entry64(const struct linux_kernel *kernel);

/* Whether there is a kernel to unpack.  Errors: LINUX_NO_PAYLOAD, LINUX_FIELD (it is not inside the code). */
struct error linux_check_compressed(const struct linux_kernel *kernel);

#endif
