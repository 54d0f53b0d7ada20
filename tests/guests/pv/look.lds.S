/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One layout for both images; place.h says where.
 */
#include "place.h"

ENTRY(pv_entry)

PHDRS
{
	note   PT_NOTE FLAGS(4);
	text   PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data   PT_LOAD FLAGS(6);
	stack  PT_GNU_STACK FLAGS(6);
}

SECTIONS
{
	. = VIRT_BASE + IMAGE_PADDR;
	image_start = .;
	.text : AT(ADDR(.text) - VIRT_BASE) { KEEP(*(.text.head)) *(.text .text.*) text_end = .; } :text
	. = ALIGN(4096);
	.note : AT(ADDR(.note) - VIRT_BASE) ALIGN(4) { KEEP(*(.note.Xen)) KEEP(*(.note.lull)) } :note :rodata
	.rodata : AT(ADDR(.rodata) - VIRT_BASE) { *(.rodata .rodata.*) } :rodata
	.lull_sites : AT(ADDR(.lull_sites) - VIRT_BASE) { sites_start = .; KEEP(*(.lull_sites)) sites_end = .; } :rodata
	.lull_images : AT(ADDR(.lull_images) - VIRT_BASE) { images_start = .; KEEP(*(.lull_images)) images_end = .; } :rodata
	. = ALIGN(4096);
	.data : AT(ADDR(.data) - VIRT_BASE) { *(.data .data.*) } :data
	. = ALIGN(4096);
	.bss : AT(ADDR(.bss) - VIRT_BASE) {
		bss_start = .;
		/* Pages whose own frames are swapped for others while the guest looks at these. */
		scratch_start = .;
		*(.bss.scratch)
		. = ALIGN(4096);
		scratch_end = .;
		*(.bss .bss.*) *(COMMON)
		. = ALIGN(4096);
		bss_end = .;
	} :data
	/* The stack, in use before .bss is looked at. */
	.noinit (NOLOAD) : AT(ADDR(.noinit) - VIRT_BASE) { *(.noinit) . = ALIGN(4096); } :data
	image_end = .;
	/* Named for --orphan-handling=error; nothing is in them. */
	.got : { *(.got .got.plt .igot.plt) } :data
	.plt : { *(.plt .iplt) } :data
	.rel : { *(.rel.* .rela.*) } :data
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	/DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.note.gnu.property) *(.eh_frame) }
}

ASSERT(SIZEOF(.plt) == 0 && SIZEOF(.rel) == 0, "the guest is linked at a fixed address")
