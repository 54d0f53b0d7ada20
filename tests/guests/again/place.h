/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the kernel is linked: this far above its physical addresses; and how far away its alias is. */
#ifdef AGAIN_HIGH
#define OFFSET 0xffffffff80000000
#define ALIAS  -OFFSET
#else
#define OFFSET 0
#define ALIAS  0xffffffff80000000
#endif
