/* SPDX-License-Identifier: MIT */
/*
 * CPUID's hypervisor leaves (0x40000000 and every 0x100 above: one hypervisor may offer another's interface first and
 * its own behind it, as Xen with viridian and KVM with Hyper-V leaves do).
 */
#ifndef LULL_PV_HYPERVISOR_H
#define LULL_PV_HYPERVISOR_H

#include <stdint.h>

/*
 * The base leaf whose signature (twelve bytes in ebx, ecx, edx) is this one; 0 when there is none, or when CPUID leaf 1
 * says that no hypervisor is there.
 */
uint32_t hypervisor_base(const char signature[12]);

#endif
