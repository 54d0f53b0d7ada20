/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of tools/page/, as they are. */
	.section .rodata
.macro file name, path
	.globl \name, \name\()_end
\name:
	.incbin "\path"
\name\()_end:
	.byte 0
.endm

	file page_html, "tools/page/page.html"
	file page_css, "tools/page/page.css"
	file words_js, "tools/page/words.js"
	file page_js, "tools/page/page.js"

	.section .note.GNU-stack, "", @progbits
