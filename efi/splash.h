/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * splash.c: shows the picture of the section .splash while the next kernel starts.  A machine without a screen does without.
 */
#ifndef LULL_EFI_SPLASH_H
#define LULL_EFI_SPLASH_H

/* Reads the picture; warns of one that cannot be shown. */
void splash_read(void);

/*
 * Clears the screen, and shows the picture in its middle; of one that is larger, its middle.  What is printed on the screen
 * afterwards stands upon it.
 */
void splash_show(void);

#endif
