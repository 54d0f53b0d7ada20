/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bsd_symbols.c: the symbol table that a BSD kernel wants behind itself (BSD_SYMTAB), as Xen's libelf makes it
 * (elf_load_bsdsyms()): a size of 32 bits, then a small ELF file of a header, three section headers, the symbols and
 * their strings.
 */
#ifndef LULL_SHIM_PAYLOAD_BSD_SYMBOLS_H
#define LULL_SHIM_PAYLOAD_BSD_SYMBOLS_H

#include <shim/payload/elf.h>

/* The size, an Elf64_Ehdr and three Elf64_Shdr. */
#define BSD_SYMBOLS_HEAD (4 + 64 + 3 * 64)

struct bsd_symbols {
	/* False: the kernel was stripped, and gets none; the rest is empty. */
	bool present;
	/* Where the table belongs, in the address space of the `end` that was asked about: from there on, rounded up to 8 bytes. */
	struct range memory;
	/* What belongs there: the head at memory.start, the symbols at symbols_at, and their strings at strings_at. */
	uint8_t head[BSD_SYMBOLS_HEAD];
	struct span symbols, strings;
	uint64_t symbols_at, strings_at;
};

/*
 * Finds a kernel's symbols and gives them their places behind `end`, where the kernel ends; writes none of it.
 * Errors: ELF_TRUNCATED, ELF_KIND (the section table), ELF_PV_NOTE (a class of 32 bits, for which libelf's headers are wrong;
 * symbols without strings).
 */
struct error bsd_symbols_find(const struct elf_image *elf, uint64_t end, struct bsd_symbols *out);

#endif
