/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack.c: lull pack, which puts a kernel, an initrd and a command line into one image.
 */
#ifndef LULL_TOOLS_PACK_H
#define LULL_TOOLS_PACK_H

/* Runs the command with its own arguments, argv[0] being "pack".  Returns an exit code. */
int pack_main(int argc, char **argv);

#endif
