/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread.c: what the libraries that unpack, compiled for Linux programs, expect at the FS base.
 */
#ifndef LULL_ARCH_THREAD_H
#define LULL_ARCH_THREAD_H

#include <stdint.h>

/* The block that the FS base points to, filled.  A Xen PV guest sets the base by hypercall. */
uint64_t thread_block(void);

/*
 * Points the FS base at a block that holds the stack protector's canary where x86-64's ABI has it, 0x28 bytes in (GCC
 * manual, -mstack-protector-guard=tls).  The shim's own canary is a global, and leaving puts the FS base back to 0.
 * Returns the base that was before, which thread_end() puts back where somebody else's code goes on: in firmware.
 */
uint64_t thread_start(void);
void thread_end(uint64_t before);

#endif
