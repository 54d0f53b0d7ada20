/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OFFSET
#define OFFSET BASE
#endif
ENTRY(start)
PHDRS
{
	text PT_LOAD FLAGS(7);
	note PT_NOTE FLAGS(4);
}
SECTIONS
{
	. = BASE + 0x100000;
	.text : AT(ADDR(.text) - OFFSET) { *(.text) } :text
	.rodata : AT(ADDR(.rodata) - OFFSET) { *(.rodata) } :text
	.note.Xen : AT(ADDR(.note.Xen) - OFFSET) { *(.note.Xen) } :text :note
	.bss : AT(ADDR(.bss) - OFFSET) { *(.bss) } :text
	image_end = .;
	__xen_guest 0 : { *(__xen_guest) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	/DISCARD/ : { *(.note.gnu.property) *(.comment) *(.note.GNU-stack) *(.data) }
}
