/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pc.c: members of struct platform that more than one PC-like platform has.
 */
#ifndef LULL_PV_PC_H
#define LULL_PV_PC_H

#include <stdint.h>

/*
 * The frequency of the time stamp counter in kHz that a hypervisor states in leaf 0x10 (VMware KB 1009458, "Mechanisms to
 * determine if software is running in a VM"; QEMU's vmware-cpuid-freq for KVM); 0 where it
 * does not.
 */
uint64_t stated_khz(void);

#endif
