/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As that of the example, at either end of the address space; and with the window named. */
#include "place.h"
ENTRY(start)
PHDRS { note PT_NOTE FLAGS(4); text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); stack PT_GNU_STACK FLAGS(6); }
SECTIONS
{
	. = OFFSET + 2M;
	text_start = .;
	.text : AT(ADDR(.text) - OFFSET) {
		*(.text.start)
		window_start = .;
		*(.text.window)
		window_end = .;
		*(.text .text.*)
	} :text
	text_end = .;
	. = ALIGN(4096);
	.note : AT(ADDR(.note) - OFFSET) { KEEP(*(.note.Xen)) KEEP(*(.note.lull)) } :note :data
	.rodata : AT(ADDR(.rodata) - OFFSET) { *(.rodata .rodata.*) } :data
	.lull_sites : AT(ADDR(.lull_sites) - OFFSET) { sites_start = .; KEEP(*(.lull_sites)) sites_end = .; }
	.lull_images : AT(ADDR(.lull_images) - OFFSET) { images_start = .; KEEP(*(.lull_images)) images_end = .; }
	.data : AT(ADDR(.data) - OFFSET) { data_start = .; *(.data .data.*) data_end = .; }
	.bss : AT(ADDR(.bss) - OFFSET) { *(.bss .bss.*) *(COMMON) }
	/DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.note.gnu.property) *(.eh_frame) }
}
