/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starts the lab's Xen by multiboot2, where it was loaded. QEMU's -kernel knows multiboot1 only, and a Xen started by that
 * first moves itself, byte by byte: emulated, a quarter of a start in the dom0 tier. So QEMU starts this, which says by
 * multiboot2 what QEMU has said by multiboot1. xen_image.py makes one file of this and of Xen, and says XEN_BASE, where Xen's
 * lowest byte is, and XEN_ENTRY.
 *
 * Multiboot 0.6.96, sections 3.1 to 3.3; Multiboot2 2.0, sections 3.3 and 3.6.
 */
#include <stddef.h>
#include <stdint.h>

#define AS_TEXT(number) #number
#define TEXT(number) AS_TEXT(number)

/* The header (modules begin at pages, memory is told), and right behind it the entry. */
asm(".text\n"
    "	.long	0x1badb002, 3, -(0x1badb002 + 3)\n"
    "	mov	$stack + 4096, %esp\n"
    "	push	%ebx\n"
    "	call	told_by_multiboot2\n"
    "	mov	%eax, %ebx\n"
    "	mov	$0x36d76289, %eax\n"
    "	mov	$" TEXT(XEN_ENTRY) ", %ecx\n"
    "	jmp	*%ecx\n");

struct multiboot1_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
	uint32_t drives[2], config_table, boot_loader_name;
};
_Static_assert(offsetof(struct multiboot1_info, mmap_addr) == 48, "Multiboot 3.3");
_Static_assert(offsetof(struct multiboot1_info, boot_loader_name) == 64, "Multiboot 3.3");

struct multiboot1_module {
	uint32_t start, end, string, reserved;
};

/* SIZE is of what follows it. */
struct multiboot1_range {
	uint32_t size;
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct multiboot1_range) == 24, "Multiboot 3.3");

enum tag { TAG_END, TAG_CMDLINE, TAG_LOADER, TAG_MODULE, TAG_MEMORY_SIZES, TAG_MEMORY_MAP = 6, TAG_LOAD_BASE = 21 };

char stack[4096] __attribute__((aligned(16)));
static uint8_t information[32768] __attribute__((aligned(8)));
static uint32_t used = 8; /* Behind the whole size and a reserved word. */

static void put(const void *bytes, uint32_t size)
{
	if (size > sizeof(information) - used)
		asm volatile("ud2"); /* A triple fault, which the lab notices. */
	for (uint32_t i = 0; i < size; i++)
		information[used++] = ((const uint8_t *)bytes)[i];
}

static void put_word(uint32_t word)
{
	put(&word, sizeof(word));
}

/* The size is known where the tag ends. */
static uint32_t *begin(enum tag type)
{
	used = (used + 7) & ~7u;
	put_word(type);
	put_word(0);
	return (uint32_t *)&information[used - sizeof(uint32_t)];
}

static void end(uint32_t *size)
{
	*size = &information[used] - (uint8_t *)(size - 1);
}

static void put_text(uint32_t address)
{
	const char *text = (const char *)address;

	do
		put(text, 1);
	while (*text++);
}

static void put_string(enum tag type, uint32_t address)
{
	uint32_t *size = begin(type);

	put_text(address);
	end(size);
}

static void put_memory(const struct multiboot1_info *info)
{
	uint32_t *size = begin(TAG_MEMORY_SIZES);

	put_word(info->mem_lower);
	put_word(info->mem_upper);
	end(size);
	size = begin(TAG_MEMORY_MAP);
	put_word(24); /* Bytes an entry, */
	put_word(0);  /* of version 0. */
	for (uint32_t at = info->mmap_addr; at < info->mmap_addr + info->mmap_length;) {
		const struct multiboot1_range *range = (const void *)at;

		put(&range->base, sizeof(range->base));
		put(&range->length, sizeof(range->length));
		put_word(range->type);
		put_word(0);
		at += sizeof(range->size) + range->size;
	}
	end(size);
}

static void put_modules(const struct multiboot1_info *info)
{
	const struct multiboot1_module *modules = (const void *)info->mods_addr;

	for (uint32_t i = 0; i < info->mods_count; i++) {
		uint32_t *size = begin(TAG_MODULE);

		put_word(modules[i].start);
		put_word(modules[i].end);
		put_text(modules[i].string);
		end(size);
	}
}

const void *told_by_multiboot2(const struct multiboot1_info *info)
{
	uint32_t *size;

	put_string(TAG_CMDLINE, info->cmdline);
	put_string(TAG_LOADER, info->boot_loader_name);
	put_memory(info);
	put_modules(info);
	size = begin(TAG_LOAD_BASE);
	put_word(XEN_BASE);
	end(size);
	end(begin(TAG_END));
	*(uint32_t *)information = used;
	return information;
}
