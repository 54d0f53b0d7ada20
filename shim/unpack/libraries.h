/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libraries.c: what the libraries that unpack need of a C library to link.  Of it they call only malloc() and free().
 */
#ifndef LULL_SHIM_UNPACK_LIBRARIES_H
#define LULL_SHIM_UNPACK_LIBRARIES_H

/* Runs the libraries' constructors: liblzma chooses its CRC64 by one.  To be called once, before anything is unpacked. */
void libraries_start(void);

#endif
