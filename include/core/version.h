/* SPDX-License-Identifier: MIT */
/*
 * The version, here and nowhere else: the make files read it from this line, and the manual pages get it when they are
 * installed.  NEWS and debian/changelog begin with the same number; make check compares.
 */
#ifndef LULL_CORE_VERSION_H
#define LULL_CORE_VERSION_H

#define LULL_VERSION "0.1"

#endif
