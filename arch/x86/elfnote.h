/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One Xen ELF note (xen/include/public/elfnote.h); each stands beside the entry that it describes. */
#ifndef LULL_ARCH_ELFNOTE_H
#define LULL_ARCH_ELFNOTE_H

.macro xen_note type, directive, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 11f - 10f, \type
	.asciz "Xen"
10:	\directive \value
11:	.balign 4
	.popsection
.endm

#endif
