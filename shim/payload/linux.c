/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header" and "Details of Header Fields". */
#include <shim/payload/linux.h>

/* Offsets of the fields in the file; the comment is the protocol from which on a field exists. */
enum {
	SETUP_SECTS = 0x1f1,
	SYSSIZE = 0x1f4,             /* 32 bits wide from 2.04 */
	BOOT_FLAG = 0x1fe,
	HEADER_MAGIC = 0x202,        /* 2.00 */
	PROTOCOL_VERSION = 0x206,    /* 2.00 */
	KERNEL_VERSION = 0x20e,      /* 2.00 */
	LOADFLAGS = 0x211,           /* 2.00 */
	CODE32_START = 0x214,        /* 2.00 */
	INITRD_ADDR_MAX = 0x22c,     /* 2.03 */
	KERNEL_ALIGNMENT = 0x230,    /* 2.05 */
	RELOCATABLE_KERNEL = 0x234,  /* 2.05 */
	XLOADFLAGS = 0x236,          /* 2.12 */
	CMDLINE_SIZE = 0x238,        /* 2.06 */
	PAYLOAD_OFFSET = 0x248,      /* 2.08 */
	PAYLOAD_LENGTH = 0x24c,      /* 2.08 */
	PREF_ADDRESS = 0x258,        /* 2.10 */
	INIT_SIZE = 0x260,           /* 2.10 */
	HEADER_END_2_00 = 0x220,
	HEADER_END_2_12 = 0x264,
	/* Where the zero page has something else (zero-page.rst, edd_mbr_sig_buffer). */
	HEADER_END_MOST = 0x290,

	SECTOR = 512,
	PARAGRAPH = 16,
};

_Static_assert(LINUX_SETUP_HEADER == SETUP_SECTS, "the setup header begins with setup_sects");
_Static_assert(LINUX_HEADER_JUMP + 1 == LINUX_HEADER_BASE, "the jump's one byte of offset counts from its end");

#define BOOT_FLAG_MAGIC         0xaa55
#define LOADED_HIGH             (1u << 0)
/* Longest version string looked at; real ones have about 100 bytes. */
#define MAX_VERSION             256
/* What boot.rst says for kernels whose header does not, because it is older, or was left 0 by its builder. */
#define OLD_INITRD_ADDR_MAX     0x37ffffff
#define OLD_CMDLINE_SIZE        255
#define OLD_SETUP_SECTS         4
#define OLD_PREF_ADDRESS        0x100000
/* Of a relocatable kernel that asks for no alignment. */
#define OLD_ALIGNMENT           0x1000

bool linux_is(struct span file)
{
	return span_is(file, HEADER_MAGIC, "HdrS", 4);
}

static struct error linux_need(struct span file, uint64_t end, const char *subject)
{
	return end <= file.size ? error_none() : error_make(ERROR_LINUX_TRUNCATED, subject, end, file.size);
}

/* The field, or `otherwise` when the kernel's protocol does not have it yet, or its builder left it 0. */
static uint64_t field(struct span file, const struct linux_kernel *kernel, unsigned since, unsigned offset,
		      unsigned bytes, uint64_t otherwise)
{
	uint64_t value = kernel->protocol >= since ? span_number(file, offset, bytes) : 0;

	return value != 0 ? value : otherwise;
}

/*
 * What of the header belongs into the zero page: as far as its jump goes, which is over the header, but at least what
 * the protocol has.  In an image that is never entered in real mode, anything may be where the jump is.  All of it is in the
 * file, which has a sector of setup code behind it.
 */
static struct span setup_header(struct span file, const struct linux_kernel *kernel)
{
	uint32_t end = LINUX_HEADER_BASE + span_u8(file, LINUX_HEADER_JUMP);
	struct span header;

	if (kernel->protocol >= 0x20c && end < HEADER_END_2_12)
		end = HEADER_END_2_12;
	if (end > HEADER_END_MOST)
		end = HEADER_END_MOST;
	span_cut(file, LINUX_SETUP_HEADER, end - LINUX_SETUP_HEADER, &header);
	return header;
}

static struct error check_header(struct span file, struct linux_kernel *out)
{
	TRY(linux_need(file, HEADER_END_2_00, "setup header"));
	if (span_u16(file, BOOT_FLAG) != BOOT_FLAG_MAGIC)
		return error_make(ERROR_LINUX_FIELD, "boot_flag 0xaa55", BOOT_FLAG_MAGIC, span_u16(file, BOOT_FLAG));
	if (!linux_is(file))
		return error_make(ERROR_LINUX_FIELD, "the magic HdrS", 0, span_u32(file, HEADER_MAGIC));
	out->protocol = span_u16(file, PROTOCOL_VERSION);
	if (out->protocol >> 8 != 2)
		return error_make(ERROR_LINUX_FIELD, "boot protocol 2.x", 2, out->protocol);
	return error_none();
}

static struct error read_setup_size(struct span file, struct linux_kernel *out)
{
	uint64_t sectors = span_u8(file, SETUP_SECTS);

	if (!(span_u8(file, LOADFLAGS) & LOADED_HIGH))
		return error_make(ERROR_LINUX_FIELD, "the flag LOADED_HIGH of a bzImage", 1, span_u8(file, LOADFLAGS));
	if (sectors == 0)
		sectors = OLD_SETUP_SECTS;
	out->code_offset = (sectors + 1) * SECTOR;
	return linux_need(file, out->code_offset, "setup code");
}

/*
 * Finds the code: what is behind the setup code.  No loader insists on syssize, in paragraphs of 16 bytes: builders round it up
 * though the file ends inside the last paragraph (memtest86+, iPXE), or leave it 0 (memdisk).  A file that ends before its last
 * paragraph was cut.  One that goes on behind it has a signature there (Debian's kernels have one of 1472 bytes).
 */
static struct error read_code(struct span file, struct linux_kernel *out)
{
	uint64_t rest = file.size - out->code_offset, declared;

	/* Before 2.04 it has 16 bits and "cannot be trusted" (boot.rst, syssize). */
	declared = field(file, out, 0x204, SYSSIZE, 4, 0) * PARAGRAPH;
	if (declared >= PARAGRAPH)
		TRY(linux_need(file, out->code_offset + declared - PARAGRAPH + 1, "kernel code"));
	out->code_size = declared != 0 && declared < rest ? declared : rest;
	if (out->code_size <= LINUX_ENTRY_64)
		return error_make(ERROR_LINUX_FIELD, "more code than 512 bytes", LINUX_ENTRY_64, out->code_size);
	if (out->init_size < out->code_size)
		out->init_size = out->code_size;
	return error_none();
}

static struct error read_memory_fields(struct span file, struct linux_kernel *out)
{
	out->relocatable = field(file, out, 0x205, RELOCATABLE_KERNEL, 1, 0) != 0;
	out->pref_address = field(file, out, 0x20a, PREF_ADDRESS, 8, OLD_PREF_ADDRESS);
	/* "If relocatable_kernel is true" (boot.rst, kernel_alignment). */
	out->kernel_alignment = out->relocatable ? field(file, out, 0x205, KERNEL_ALIGNMENT, 4, OLD_ALIGNMENT) : 1;
	out->init_size = field(file, out, 0x20a, INIT_SIZE, 4, 0);
	if ((out->kernel_alignment & (out->kernel_alignment - 1)) != 0)
		return error_make(ERROR_LINUX_FIELD, "kernel_alignment as a power of two", 0, out->kernel_alignment);
	return error_none();
}

/* The compressed kernel; its offset counts from the protected-mode code (boot.rst, payload_offset). */
static void read_compressed(struct span file, struct linux_kernel *out)
{
	struct span code;

	out->payload_offset = field(file, out, 0x208, PAYLOAD_OFFSET, 4, 0);
	out->payload_length = field(file, out, 0x208, PAYLOAD_LENGTH, 4, 0);
	span_cut(file, out->code_offset, out->code_size, &code);
	span_cut(code, out->payload_offset, out->payload_length, &out->compressed);
	out->compression = compression_of(out->compressed);
}

/* A string in the setup code, 0x200 bytes above where the field points; no terminator or no string is no error. */
static struct span read_version(struct span file, const struct linux_kernel *kernel)
{
	uint64_t pointer = span_u16(file, KERNEL_VERSION);
	uint64_t start = pointer + SECTOR, size = 0;
	struct span text;

	if (pointer == 0 || start >= kernel->code_offset)
		return span(file.at, 0);
	while (size < MAX_VERSION && start + size < kernel->code_offset && span_u8(file, start + size) != 0)
		size++;
	span_cut(file, start, size, &text);
	return text;
}

struct error linux_parse_setup(struct span file, struct linux_kernel *out)
{
	*out = (struct linux_kernel){ 0 };
	TRY(check_header(file, out));
	TRY(read_setup_size(file, out));
	TRY(read_memory_fields(file, out));
	out->initrd_addr_max = field(file, out, 0x203, INITRD_ADDR_MAX, 4, OLD_INITRD_ADDR_MAX);
	out->cmdline_size = (uint32_t)field(file, out, 0x206, CMDLINE_SIZE, 4, OLD_CMDLINE_SIZE);
	out->xloadflags = (uint16_t)field(file, out, 0x20c, XLOADFLAGS, 2, 0);
	out->setup_header = setup_header(file, out);
	out->version = read_version(file, out);
	return error_none();
}

struct error linux_parse(struct span file, struct linux_kernel *out)
{
	TRY(linux_parse_setup(file, out));
	TRY(read_code(file, out));
	read_compressed(file, out);
	return error_none();
}

struct error linux_check_entry64(const struct linux_kernel *kernel)
{
	if (kernel->protocol < 0x20c)
		return error_make(ERROR_LINUX_PROTOCOL, NULL, 0x0c, kernel->protocol & 0xff);
	if (!(kernel->xloadflags & LINUX_XLF_KERNEL_64))
		return error_make(ERROR_LINUX_ENTRY, NULL, LINUX_XLF_KERNEL_64, kernel->xloadflags);
	return error_none();
}

struct error linux_check_compressed(const struct linux_kernel *kernel)
{
	if (kernel->payload_length == 0)
		return error_make(ERROR_LINUX_NO_PAYLOAD, NULL, 0, 0);
	if (kernel->compressed.size == 0)
		return error_make(ERROR_LINUX_FIELD, "payload_offset and payload_length inside the code", kernel->code_size,
				  kernel->payload_offset + kernel->payload_length);
	return error_none();
}

struct linux_header linux_header_read(struct span file)
{
	return (struct linux_header){
		.setup_sectors = span_u8(file, SETUP_SECTS),
		.boot_flag = span_u16(file, BOOT_FLAG),
		.jump = span_u8(file, LINUX_HEADER_JUMP),
		.has_magic = linux_is(file),
		.protocol = span_u16(file, PROTOCOL_VERSION),
		.loadflags = span_u8(file, LOADFLAGS),
		.code32_start = span_u32(file, CODE32_START),
		.kernel_alignment = span_u32(file, KERNEL_ALIGNMENT),
		.relocatable = span_u8(file, RELOCATABLE_KERNEL),
		.xloadflags = span_u16(file, XLOADFLAGS),
		.payload_offset = span_u32(file, PAYLOAD_OFFSET),
		.payload_length = span_u32(file, PAYLOAD_LENGTH),
		.pref_address = span_u64(file, PREF_ADDRESS),
		.init_size = span_u32(file, INIT_SIZE),
	};
}
