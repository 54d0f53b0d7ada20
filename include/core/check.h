/* SPDX-License-Identifier: MIT */
/*
 * The two failure verbs of lull.
 *
 * Whatever comes from outside (a boot loader, a file, a hypervisor) and is wrong gives a struct error (error.h).
 * CHECK() is for what only a mistake of our own can make false; it ends in the framed error block and a crash status.
 */
#ifndef LULL_CORE_CHECK_H
#define LULL_CORE_CHECK_H

/* Prints the framed block for a broken invariant and ends the machine (shim/say/panic.c; aborts in host programs). */
_Noreturn void check_failed(const char *condition, const char *file, unsigned line);

#define CHECK(condition) \
	do { \
		if (__builtin_expect(!(condition), 0)) \
			check_failed(#condition, __FILE__, __LINE__); \
	} while (0)

#endif
